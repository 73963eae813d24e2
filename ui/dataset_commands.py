"""The ``dataset`` commands: training examples made from memoranda, and the checks on them."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ui.options import JsonFlag, Refused
from ui.printing import note, out, print_json, print_table
from ui.settings import library_settings

if TYPE_CHECKING:
    from training.config import TrainingConfig
    from training.examples import Example
    from training.report import Report
    from training.tokens import Lengths

app = typer.Typer(help="Make training examples from memoranda, and check them.")

SHOWN = 20
"""Faults, and warnings, that are printed; the report has all of them."""


@app.command("build")
def build_dataset(
    memoranda: Annotated[
        Path, typer.Argument(help="JSONL of sections or chats, or a folder of matters.")
    ],
    output: Annotated[Path, typer.Option(help="The JSONL of examples to write.")],
    held_out: Annotated[
        Path | None, typer.Option(help="The same, for the held-out part; else every tenth matter.")
    ] = None,
    most: Annotated[int | None, typer.Option(min=1, help="Train on at most so many.")] = None,
    headings: Annotated[
        Path | None, typer.Option(help="TOML of what else headings are called: name = heading.")
    ] = None,
) -> None:
    """Make cited training examples from memoranda and their case files."""
    from training.build import build, sound
    from training.examples import write_examples
    from training.sections import read_aliases
    from ui.progress import bar

    aliases = None if headings is None else read_aliases(headings)
    sources = [(memoranda, "train" if held_out else None, most)]
    if held_out is not None:
        sources.append((held_out, "held-out", None))
    parts = []
    for source, split, limit in sources:
        with bar("Aligning", note) as advance:
            parts.append(
                build(
                    source,
                    split_name=split,
                    home=library_settings().home,
                    most=limit,
                    aliases=aliases,
                    report=partial(advance, text=""),
                )
            )
    examples, faulted = sound([example for part in parts for example in part.examples])
    write_examples(output, examples)
    for split in ("train", "held-out"):
        of = [example for example in examples if example.split == split]
        withheld = sum(not example.answerable for example in of)
        out.print(
            f"{split}: {len(of)} examples, in {withheld} of which the file does not say",
            markup=False,
        )
    for check, count in faulted.most_common():
        note.print(f"  {count} examples left out: {check}, among all", markup=False)
    for part in parts:
        for reason, count in part.refused.most_common():
            note.print(f"  {count} memoranda left out: {reason}", markup=False)
        for line in part.unread:
            note.print(f"  {line}", markup=False, soft_wrap=True)


@app.command("check")
def check_dataset(
    data: Annotated[Path, typer.Argument(help="JSONL of examples.")],
    config: Annotated[
        Path, typer.Option(help="Whose base model and longest example count.")
    ] = Path("smollm2-cpu.toml"),
    report: Annotated[Path | None, typer.Option(help="An HTML file to write.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Take fewer than 50 examples.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """Check examples: facts, citations, split, repeats, lengths, boilerplate, personal data."""
    from training.config import read_config
    from training.examples import read_examples
    from training.report import checked
    from ui.dataset_report import page

    settings = read_config(config)
    examples = read_examples(data)
    found = checked(data, examples, _lengths(settings, examples), force=force)
    if report is not None:
        try:
            report.write_text(page(found, data.name), encoding="utf-8")
        except OSError as error:
            raise Refused(f"{report}: cannot be written ({error.strerror}); name another") from None
    if as_json:
        print_json(found.as_json())
    else:
        _print(found)
    if found.refused:
        raise Refused(found.refused)
    if found.faults:
        faults = "1 fault" if len(found.faults) == 1 else f"{len(found.faults)} faults"
        raise Refused(f"{data}: {faults} in {len(examples)} examples; correct the examples")
    if not as_json:
        out.print(f"{data}: {len(examples)} examples, no fault", markup=False, soft_wrap=True)


def _lengths(config: "TrainingConfig", examples: "list[Example]") -> "Lengths | None":
    """The lengths in tokens; None, with a note, where what counts tokens is not installed."""
    from serving.models import resolve
    from training.tokens import lengths, load_tokenizer

    try:
        tokenizer = load_tokenizer(resolve(config.base), library_settings().home)
    except ImportError as error:
        note.print(
            f"{error.name}: not installed, so tokens are not counted; "
            "run `pip install 'casewright[train]'`",
            markup=False,
        )
        return None
    return lengths(examples, tokenizer, config.data.max_tokens)


def _print(found: "Report") -> None:
    for kind, findings in (("fault", found.faults), ("warning", found.warnings)):
        for one in findings[:SHOWN]:
            out.print(
                f"{kind}: {one.example}: {one.check}: {one.detail}", markup=False, soft_wrap=True
            )
        if len(findings) > SHOWN:
            out.print(f"… and {len(findings) - SHOWN} more {kind}s; --report shows all of them")
    rows: list[list[str]] = [[name, text] for name, text in found.summary()]
    print_table(["", "found"], rows)
