"""The command ``train``: the plan of a run, the run, and its resumption.

torch and its libraries are loaded only when a training is planned or starts.
"""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from serving import adapters as registry
from ui.libraries import training_libraries
from ui.options import JsonFlag
from ui.printing import note, out, print_json, print_table
from ui.settings import library_settings

if TYPE_CHECKING:
    from training.plan import Plan

app = typer.Typer()


@app.command()
def train(
    config: Annotated[Path, typer.Argument(help="A TOML file, or the name of one that ships.")],
    data: Annotated[Path | None, typer.Option(help="JSONL of examples.")] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on from the last complete checkpoint.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Take fewer than 50 examples.")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print the plan: steps, tokens, time, memory.")
    ] = False,
    as_json: JsonFlag = False,
) -> None:
    """Train a style adapter by QLoRA."""
    from training.checks import refuse_few
    from training.config import read_config
    from training.examples import read_examples
    from ui.samples import MEMORANDA

    settings, examples = read_config(config), data or MEMORANDA
    if few := refuse_few(examples, read_examples(examples), force=force):
        note.print(few, markup=False, soft_wrap=True)
    if dry_run:
        _print_plan(settings.name, _planned(settings, examples), as_json=as_json)
        return
    adapter = run_training(settings, examples, resume=resume)
    if as_json:
        print_json({"name": adapter.name, **adapter.card})
        return
    held_out = adapter.card["held_out"]
    out.print(
        f"{adapter.name}: held-out loss {held_out['before']:.3f} -> {held_out['after']:.3f}, "
        f"{adapter.card['seconds']:.0f} s; its loss curve is {adapter.folder / 'loss.png'}",
        soft_wrap=True,
    )


def run_training(config: Any, data: Path, *, resume: bool = False) -> registry.Adapter:
    """Trains with a progress bar. torch and its libraries are loaded only here."""
    from ui.progress import bar

    with training_libraries():
        from training.status import Progress
        from training.train import train

        with bar("Training", note) as advance:

            def report(progress: Progress) -> None:
                loss = "" if progress.loss is None else f"loss {progress.loss:.3f}"
                advance(
                    progress.step,
                    progress.steps,
                    f"{loss}  {progress.tokens_per_second:.0f} tokens/s",
                    loss=progress.loss,
                )

            return train(config, data, library_settings().home, report=report, resume=resume)


def _planned(config: Any, data: Path) -> "Plan":
    with training_libraries():
        from training.plan import make_plan

        return make_plan(config, data, library_settings().home)


def _print_plan(name: str, plan: "Plan", *, as_json: bool) -> None:
    if as_json:
        told = asdict(plan)
        told["memory"]["total"] = plan.memory.total
        print_json({"name": name, **told, "fits": plan.fits})
        return
    speed = "" if plan.tokens_per_second is None else f"{plan.tokens_per_second:.0f} tokens/s, "
    seconds = "unknown" if plan.seconds is None else _lasting(plan.seconds)
    rows = [
        ["examples", f"{plan.examples:,} trained on, {plan.held_out:,} held out"],
        ["optimizer steps", f"{plan.steps:,}"],
        [
            "tokens",
            f"{plan.tokens:,}, of which {plan.trained_tokens:,} are trained on; "
            f"the longest example has {plan.longest:,}",
        ],
        ["time", f"{seconds} ({speed}{plan.speed_from})"],
        ["where", f"{plan.device}, {plan.dtype}"],
    ]
    rows += [[f"memory: {part}", _size(size)] for part, size in asdict(plan.memory).items()]
    rows.append(["memory", f"{_size(plan.memory.total)} of {_size(plan.available)} free"])
    print_table(["", name], rows)
    if plan.resumable_from is not None:
        note.print(f"An unfinished run stopped after step {plan.resumable_from}: --resume goes on")
    if not plan.fits:
        note.print(
            "It does not fit: lower data.max_tokens or optimizer.batch_examples, or take a smaller "
            "base",
            soft_wrap=True,
        )


def _size(size: int) -> str:
    return f"{size / 2**30:.2f} GiB" if size >= 2**30 else f"{size / 2**20:.0f} MiB"


def _lasting(seconds: float) -> str:
    return f"{seconds / 60:.0f} min" if seconds >= 90 else f"{seconds:.0f} s"
