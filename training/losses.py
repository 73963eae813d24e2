"""The loss curve of a run, as a picture."""

from collections.abc import Sequence
from pathlib import Path

import matplotlib

Point = tuple[int, float]
"""An optimizer step and a loss per token of the memorandum."""


def draw_losses(
    losses: Sequence[Point],
    held_out: Sequence[Point],
    *,
    before: float,
    after: float,
    target: Path,
) -> None:
    """Draws the training loss by step and the held-out loss: before, on the way, after."""
    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(7, 4), layout="constrained")
    axes.plot(*zip(*losses, strict=True), color="#8a97a8", linewidth=1, label="training")
    points = [(losses[0][0], before), *held_out, (losses[-1][0], after)]
    label = "held out" if held_out else "held out, before and after"
    axes.plot(*zip(*points, strict=True), "o--", color="#1f3a5f", label=label)
    axes.set(xlabel="optimizer step", ylabel="loss per token of the memorandum")
    axes.legend(frameon=False)
    figure.savefig(target, dpi=120)
    pyplot.close(figure)
