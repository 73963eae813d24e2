"""The ``casewright`` command.

Prints a table or prose for people and JSON with ``--json``; progress and notes go to stderr.
Exit status: 0 done, 1 something the user can act on (one line says what), 2 wrong usage.
"""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from retrieval.errors import CasewrightError
from serving import adapters as registry
from ui import uploads
from ui.settings import library_settings, model_settings

if TYPE_CHECKING:
    from retrieval.documents import RankedPassage
    from retrieval.library import Library
    from serving.answer import Answer

app = typer.Typer(
    help="A self-hosted legal assistant: tuned for how it writes, retrieval for what it knows.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
adapters_app = typer.Typer(
    help="List, verify and promote style adapters.", invoke_without_command=True
)
app.add_typer(adapters_app, name="adapters")
dataset_app = typer.Typer(help="Make training examples from memoranda, and check them.")
app.add_typer(dataset_app, name="dataset")

JsonFlag = Annotated[bool, typer.Option("--json", help="Print JSON.")]
MatterName = Annotated[str, typer.Argument(help="The matter's name.")]

out = Console(highlight=False)
note = Console(stderr=True, highlight=False)


class Refused(CasewrightError):
    """A request that a command does not carry out as it was put."""


@app.command()
def ingest(
    matter: MatterName,
    paths: Annotated[list[Path], typer.Argument(help="Files and folders.")],
    as_json: JsonFlag = False,
) -> None:
    """Read files and folders into a matter (made if new)."""
    from ui.progress import bar

    with bar("Reading", note) as advance:
        verdicts = _library().ingest(
            matter, paths, report=lambda last, done, of: advance(done, of, Path(last.path).name)
        )
    if len(verdicts) == 1 and verdicts[0].verdict == "refused":
        raise Refused(verdicts[0].reason)
    if as_json:
        _print_json([asdict(verdict) for verdict in verdicts])
    else:
        for verdict in verdicts:
            if verdict.reason:
                note.print(f"{verdict.verdict}: {verdict.reason}", markup=False, soft_wrap=True)
        counted = ", ".join(
            f"{sum(verdict.verdict == kind for verdict in verdicts)} {kind}"
            for kind in ("indexed", "unchanged", "duplicate", "refused")
        )
        out.print(f"{matter}: {len(verdicts)} files ({counted})", markup=False, soft_wrap=True)
    if all(verdict.verdict == "refused" for verdict in verdicts):
        raise Refused(f"{matter}: none of the {len(verdicts)} files could be read; see above")


@app.command()
def search(
    matter: MatterName,
    query: Annotated[str | None, typer.Argument(help="The question.")] = None,
    queries: Annotated[Path | None, typer.Option(help="A file with one question a line.")] = None,
    k: Annotated[int, typer.Option("-k", min=1, help="How many passages.")] = 8,
    as_json: JsonFlag = False,
) -> None:
    """Find the passages of a matter that best answer a question."""
    from retrieval.search import search as search_matter

    if (query is None) == (queries is None):
        raise typer.BadParameter("give either a question or --queries FILE")
    library = _library()
    if queries is not None:
        for line in _questions(queries):
            rows = [_row(ranked) for ranked in search_matter(library, matter, line, k)]
            print(json.dumps({"query": line, "passages": rows}, ensure_ascii=False))
        return
    ranked = search_matter(library, matter, str(query), k)
    if as_json:
        _print_json([_row(passage) for passage in ranked])
        return
    for number, hit in enumerate(ranked, start=1):
        place = f"{hit.passage.document}, p. {hit.passage.page}".replace("[", "\\[")
        out.print(f"[bold]{number}.[/] {place}  [dim]{hit.score:.3f}[/]")
        out.print("   " + " ".join(hit.passage.text.split()) + "\n", markup=False)


@app.command()
def ask(
    matter: MatterName,
    question: Annotated[str, typer.Argument(help="The question.")],
    adapter: Annotated[str | None, typer.Option(help="An adapter by name.")] = None,
    base: Annotated[bool, typer.Option("--base", help="The base model, no adapter.")] = False,
    no_retrieval: Annotated[bool, typer.Option(help="Ask without passages.")] = False,
    output: Annotated[Path | None, typer.Option(help="Also write .docx or .md.")] = None,
    as_json: JsonFlag = False,
) -> None:
    """Ask a matter; a memorandum with checked citations is streamed."""
    from ui.asking import engine_for

    if output is not None and output.suffix.lower() not in (".docx", ".md"):
        raise Refused(f"{output}: a memorandum is written as .docx or .md; name one of these")
    library = _library()
    library.documents(matter)  # an unknown matter is told before a model is loaded
    settings = model_settings()
    # The model loads in a thread from here on, while the rest is imported and searched.
    engine, chosen = engine_for(library.home, settings, adapter=adapter, base_only=base)

    from serving.answer import ask_matter
    from serving.memo import write_memo

    answer = ask_matter(
        library,
        matter,
        question,
        engine,
        adapter=chosen,
        k=library_settings().passages,
        max_tokens=settings.memo_tokens,
        retrieve=not no_retrieval,
        on_text=(lambda text: None) if as_json else _stream,
    )
    if output is not None:
        write_memo(answer, output)
    if as_json:
        _print_json(_answer_row(answer))
    else:
        _print_check(answer)


@app.command()
def matters(as_json: JsonFlag = False) -> None:
    """List the matters."""
    found = _library().matters()
    if as_json:
        _print_json([asdict(matter) for matter in found])
        return
    _print_table(
        ["matter", "documents", "passages"],
        [[matter.id, str(matter.documents), str(matter.passages)] for matter in found],
    )


@app.command()
def documents(matter: MatterName, as_json: JsonFlag = False) -> None:
    """List the documents of a matter."""
    found = _library().documents(matter)
    if as_json:
        _print_json([asdict(document) for document in found])
        return
    _print_table(
        ["document", "pages", "passages", "path"],
        [[one.name, str(one.pages), str(one.passages), one.path] for one in found],
    )


@app.command()
def delete(
    matter: MatterName,
    document: Annotated[str | None, typer.Argument(help="A document; without, all.")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Delete a document, or a whole matter, with its originals and passages."""
    library = _library()
    if document is not None:
        gone = library.delete_document(matter, document)
        uploads.drop(library.home, gone)
        out.print(f"{matter}: {gone.name} deleted ({gone.passages} passages)", markup=False)
        return
    count = len(library.documents(matter))
    if not yes and not typer.confirm(f"Delete {matter} with its {count} documents?", err=True):
        raise Refused(f"{matter}: not deleted; confirm, or pass --yes")
    library.delete_matter(matter)
    uploads.drop_matter(library.home, matter)
    out.print(f"{matter}: deleted with its {count} documents", markup=False)


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
    adapter = _train(settings, data or MEMORANDA)
    if as_json:
        _print_json({"name": adapter.name, **adapter.card})
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


@adapters_app.callback()
def adapters(context: typer.Context, as_json: JsonFlag = False) -> None:
    """List the adapters."""
    if context.invoked_subcommand is not None:
        return
    found = registry.adapters(library_settings().home)
    if as_json:
        _print_json([{**one.card, "promoted": one.promoted} for one in found])
        return
    _print_table(
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


@app.command()
def demo(
    again: Annotated[bool, typer.Option("--again", help="Ask again what was asked.")] = False,
) -> None:
    """The whole story on the sample matter: train, ingest, ask, compare."""
    from training.config import read_config
    from ui.demo import run_demo

    run_demo(
        _library(),
        model_settings(),
        read_config(Path("demo.toml")),
        _train,
        console=out,
        again=again,
    )


@app.command("app")
def run_app(
    port: Annotated[int, typer.Option(help="The port on this machine.")] = 8501,
) -> None:
    """Open the app in the browser."""
    from ui.launch import launch

    launch(library_settings().home, port)


@app.command()
def doctor(as_json: JsonFlag = False) -> None:
    """Say what this machine has and which shape will run."""
    from ui.doctor import examine

    findings = examine(library_settings().home, model_settings())
    if as_json:
        _print_json([asdict(finding) for finding in findings])
        return
    _print_table(
        ["", "what", "found"],
        [["ok" if one.good else "!", one.what, one.found] for one in findings],
    )


def main() -> None:
    """Runs the command; an error that the user can act on is one line and exit status 1."""
    try:
        app()
    except CasewrightError as error:
        note.print(" ".join(str(error).split()), markup=False, soft_wrap=True)
        sys.exit(1)


def _train(config: Any, data: Path) -> registry.Adapter:
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


def _library() -> "Library":
    from retrieval.library import Library

    return Library(library_settings().home)


def _base_model() -> Any:
    from serving.models import resolve

    settings = model_settings()
    return resolve(settings.base, settings.base_sha256)


def _row(ranked: "RankedPassage") -> dict[str, Any]:
    passage = ranked.passage
    return {
        "document": passage.document,
        "path": passage.path,
        "page": passage.page,
        "start": passage.start,
        "end": passage.end,
        "score": round(ranked.score, 6),
        "text": passage.text,
    }


def _answer_row(answer: "Answer") -> dict[str, Any]:
    return {
        "question": answer.question,
        "memorandum": answer.text,
        "sentences": [asdict(sentence) for sentence in answer.sentences],
        "passages": [
            {"number": number, "document": p.document, "page": p.page, "text": p.text}
            for number, p in enumerate(answer.passages, start=1)
        ],
        "receipt": answer.receipt,
    }


def _questions(file: Path) -> list[str]:
    """The questions of a file, one a line; blank lines are passed over."""
    if not file.is_file():
        raise Refused(f"{file}: no such file; name a text file with one question a line")
    try:
        text = file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise Refused(f"{file}: is not UTF-8; save it as UTF-8, one question a line") from None
    return [line for line in text.split("\n") if line.strip()]


def _stream(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


def _print_check(answer: "Answer") -> None:
    """Prints, under the memorandum, its passages and the sentences that were not verified."""
    out.print("\n")
    for number, passage in enumerate(answer.passages, start=1):
        out.print(f"[dim]\\[{number}][/] {passage.document}, p. {passage.page}")
    doubtful = [sentence for sentence in answer.sentences if sentence.reason]
    out.print(f"\n{answer.verified} of {len(answer.sentences)} sentences verified")
    for sentence in doubtful:
        text = " ".join(answer.text[sentence.start : sentence.end].split())
        out.print(f"  {sentence.verdict}: {text} ({sentence.reason})", markup=False)
    speed = answer.receipt["tokens_per_second"]
    first = answer.receipt["first_token_seconds"]
    model = answer.receipt.get("adapter") or answer.receipt.get("base")
    note.print(f"{model}: first token after {first:.1f} s, then {speed} tokens/s", style="dim")


def _print_table(head: list[str], rows: list[list[str]]) -> None:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in head:
        table.add_column(title, overflow="fold")
    for row in rows:
        table.add_row(*(cell.replace("[", "\\[") for cell in row))
    out.print(table)


def _print_json(value: Any) -> None:
    print(json.dumps(value, ensure_ascii=False, indent=2))


if __name__ == "__main__":
    main()
