"""The effects of adapter and retrieval as a picture: style on one side, facts on the other."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib

from training.effects import Effect
from training.measures import SCORES, EffectRow

CORNERS = (
    ("base", "base, none, plain", "base, retrieved, plain", "#8a97a8"),
    ("adapter", "adapter, none, plain", "adapter, retrieved, plain", "#1f3a5f"),
)


def draw_effects(
    table: Mapping[str, Mapping[str, Effect]], rows: Sequence[EffectRow], target: Path
) -> None:
    """Draws the four arms' means and the effects, with their 95 % intervals, as a PNG.

    Lines that lie apart show what the adapter does, lines that rise what retrieval does, and lines
    that are not parallel what they do together.
    """
    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, panels = pyplot.subplots(
        2, 2, figsize=(9, 6), layout="constrained", height_ratios=(3, 2)
    )
    for column, score in enumerate(SCORES):
        axes = panels[0][column]
        for name, without, retrieved, colour in CORNERS:
            means = [table[without][score], table[retrieved][score]]
            aside = 0.03 if name == "adapter" else -0.03  # so that neither hides the other's bar
            axes.errorbar(
                (aside, 1 + aside),
                [one.mean for one in means],
                yerr=[
                    [one.mean - one.low for one in means],
                    [one.high - one.mean for one in means],
                ],
                color=colour,
                marker="o",
                capsize=4,
                label=name,
            )
        axes.set(
            title=score, xticks=(0, 1), xticklabels=("no passages", "retrieved"), ylim=(-0.02, 1.02)
        )
        axes.set_xlim(-0.3, 1.3)
        axes.legend(frameon=False)
        _draw_intervals(panels[1][column], [row for row in rows if row.measure == score][:3])
    figure.savefig(target, dpi=120)
    pyplot.close(figure)


def _draw_intervals(axes: Any, rows: Sequence[EffectRow]) -> None:
    """Draws the main effects and the interaction beside zero."""
    for place, row in enumerate(reversed(rows)):
        one = row.effect
        axes.errorbar(
            one.mean,
            place,
            xerr=[[one.mean - one.low], [one.high - one.mean]],
            color="#1f3a5f" if one.certain else "#8a97a8",
            marker="o",
            capsize=4,
        )
    axes.axvline(0, color="#444444", linewidth=0.8)
    axes.set(
        yticks=range(len(rows)),
        yticklabels=[row.what for row in reversed(rows)],
        ylim=(-0.6, len(rows) - 0.4),
        xlabel="effect with 95 % interval",
    )
