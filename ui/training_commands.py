"""The commands around a training: ``dataset`` before it, ``adapters`` after it."""

from pathlib import Path
from typing import Annotated, Any

import typer

from serving import adapters as registry
from ui import train_command
from ui.options import JsonFlag, Refused
from ui.printing import note, out, print_json, print_table
from ui.settings import library_settings, model_settings

app = typer.Typer()
app.add_typer(train_command.app)
adapters_app = typer.Typer(
    help="List, verify and promote style adapters.", invoke_without_command=True
)
app.add_typer(adapters_app, name="adapters")
dataset_app = typer.Typer(help="Make training examples from memoranda, and check them.")
app.add_typer(dataset_app, name="dataset")


@dataset_app.command("build")
def build_dataset(
    memoranda: Annotated[Path, typer.Argument(help="JSONL, one memorandum in sections a line.")],
    output: Annotated[Path, typer.Option(help="The JSONL of examples to write.")],
    held_out: Annotated[Path | None, typer.Option(help="The same, for the held-out part.")] = None,
    most: Annotated[int | None, typer.Option(min=1, help="Train on at most so many.")] = None,
) -> None:
    """Make cited training examples from memoranda given as sections."""
    from training.examples import write_examples
    from training.sections import build

    parts = [build(memoranda, split_name="train", most=most)]
    if held_out is not None:
        parts.append(build(held_out, split_name="held-out"))
    write_examples(output, [example for part in parts for example in part.examples])
    for name, part in zip(("train", "held-out"), parts, strict=False):
        out.print(f"{name}: {len(part.examples)} examples", markup=False)
        for reason, count in part.refused.most_common():
            note.print(f"  {count} memoranda left out: {reason}", markup=False)


@dataset_app.command("check")
def check_dataset(data: Annotated[Path, typer.Argument(help="JSONL of examples.")]) -> None:
    """Check examples: headings, citations, fact closure, split, duplicates."""
    from training.examples import check_examples, read_examples

    examples = read_examples(data)
    faults = check_examples(examples)
    for fault in faults:
        out.print(f"{fault.example}: {fault.check}: {fault.detail}", markup=False, soft_wrap=True)
    if faults:
        raise Refused(f"{data}: {len(faults)} faults in {len(examples)} examples; correct them")
    out.print(f"{data}: {len(examples)} examples, no fault", markup=False)


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


def _base_model() -> Any:
    from serving.models import resolve

    settings = model_settings()
    return resolve(settings.base, settings.base_sha256)
