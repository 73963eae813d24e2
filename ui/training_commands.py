"""The commands that make a style adapter: ``dataset`` and ``train``.

torch and its libraries are loaded only when a training starts.
"""

from pathlib import Path
from typing import Annotated, Any

import typer

from serving import adapters as registry
from ui.libraries import training_libraries
from ui.options import JsonFlag, Refused
from ui.printing import note, out, print_json
from ui.settings import library_settings

app = typer.Typer()
dataset_app = typer.Typer(help="Make training examples from memoranda, and check them.")
app.add_typer(dataset_app, name="dataset")


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


def run_training(config: Any, data: Path) -> registry.Adapter:
    """Trains with a progress bar. torch and its libraries are loaded only here."""
    from ui.progress import bar

    note.print("Loading torch, transformers, peft, bitsandbytes and trl")
    with training_libraries():
        from training.train import Progress, train

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
