"""The commands that make a style adapter of examples: ``train`` and ``adapters``.

torch and its libraries are loaded only when a training starts.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from serving import adapters as registry
from ui.options import JsonFlag, Refused
from ui.printing import note, out, print_json, print_table
from ui.settings import library_settings, model_settings

app = typer.Typer()
adapters_app = typer.Typer(
    help="List, verify and promote style adapters.", invoke_without_command=True
)
app.add_typer(adapters_app, name="adapters")


@app.command()
def train(
    config: Annotated[Path, typer.Argument(help="A TOML file, or the name of one that ships.")],
    data: Annotated[Path | None, typer.Option(help="JSONL of examples.")] = None,
    as_json: JsonFlag = False,
) -> None:
    """Train a style adapter by QLoRA."""
    from training.config import read_config
    from ui.samples import MEMORANDA

    settings = read_config(config)
    adapter = run_training(settings, data or MEMORANDA)
    if as_json:
        print_json({"name": adapter.name, **adapter.card})
        return
    held_out = adapter.card["held_out"]
    out.print(
        f"{adapter.name}: held-out loss {held_out['before']:.3f} -> {held_out['after']:.3f}, "
        f"{adapter.card['seconds']:.0f} s; its loss curve is {adapter.folder / 'loss.png'}",
        soft_wrap=True,
    )


@adapters_app.callback()
def adapters(context: typer.Context, as_json: JsonFlag = False) -> None:
    """List the adapters."""
    if context.invoked_subcommand is not None:
        return
    found = registry.adapters(library_settings().home)
    if as_json:
        print_json([{**one.card, "promoted": one.promoted} for one in found])
        return
    print_table(
        ["adapter", "base", "held-out loss", "live"],
        [
            [
                one.name,
                one.card["base"]["name"],
                "{before:.3f} -> {after:.3f}".format(**one.card["held_out"]),
                "yes" if one.promoted else "",
            ]
            for one in found
        ],
    )


@adapters_app.command("verify")
def verify_adapter(name: Annotated[str, typer.Argument(help="The adapter's name.")]) -> None:
    """Check an adapter's files and its base model."""
    adapter = registry.find(library_settings().home, name)
    registry.verify(adapter, _base_model())
    out.print(f"{adapter.name}: files as registered, trained on this base model", markup=False)


@adapters_app.command("promote")
def promote_adapter(name: Annotated[str, typer.Argument(help="The adapter's name.")]) -> None:
    """Make an adapter the one that answers by default."""
    home = library_settings().home
    adapter = registry.find(home, name)
    registry.promote(home, adapter, _base_model())
    out.print(f"{adapter.name}: answers from now on", markup=False)


def run_training(config: Any, data: Path) -> registry.Adapter:
    """Trains with a progress bar. torch and its libraries are loaded only here."""
    from ui.progress import bar

    note.print("Loading torch, transformers, peft, bitsandbytes and trl")
    with _quiet_training():
        try:
            from training.train import Progress, train
        except ImportError as error:
            raise Refused(
                f"{error.name}: not installed, training needs it; "
                "run `pip install 'casewright[train]'`"
            ) from None
        with bar("Training", note) as advance:

            def report(progress: Progress) -> None:
                loss = "" if progress.loss is None else f"loss {progress.loss:.3f}"
                advance(
                    progress.step,
                    progress.steps,
                    f"{loss}  {progress.tokens_per_second:.0f} tokens/s",
                    loss=progress.loss,
                )

            return train(config, data, library_settings().home, report=report)


@contextmanager
def _quiet_training() -> Iterator[None]:
    """Silences the libraries' own bars, notes and warnings: ours is the one that is shown."""
    import logging
    import os
    import warnings

    os.environ["TRANSFORMERS_VERBOSITY"] = "error"
    os.environ["HF_DATASETS_DISABLE_PROGRESS_BARS"] = "1"
    os.environ["TQDM_DISABLE"] = "1"
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(logging.NOTSET)


def _base_model() -> Any:
    from serving.models import resolve

    settings = model_settings()
    return resolve(settings.base, settings.base_sha256)
