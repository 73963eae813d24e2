"""The ``casewright`` command.

Prints a table or prose for people and JSON with ``--json``; progress and notes go to stderr.
Exit status: 0 done, 1 something the user can act on (one line says what), 2 wrong usage.
"""

import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from retrieval.errors import CasewrightError
from ui import (
    adapter_commands,
    answering,
    ask_command,
    audit_commands,
    backup_commands,
    dataset_commands,
    diagnose_commands,
    evaluate_commands,
    member_commands,
    metrics_command,
    migrate_command,
    serve_command,
    table_commands,
    train_command,
)
from ui.options import DocumentNames, JsonFlag, Kinds, MatterName, Query, Refused, Since, Until
from ui.printing import (
    ingest_totals,
    note,
    out,
    passage_row,
    print_description,
    print_documents,
    print_ingested,
    print_json,
    print_json_line,
    print_table,
)
from ui.privacy import keep_to_ourselves
from ui.settings import (
    library_settings,
    model_settings,
    open_library,
    server_address,
    vllm_server,
)

app = typer.Typer(
    help="A self-hosted legal assistant: tuned for how it writes, retrieval for what it knows.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(table_commands.app)
app.add_typer(dataset_commands.app, name="dataset")
app.add_typer(train_command.app)
app.add_typer(adapter_commands.app)
app.add_typer(serve_command.app)
app.add_typer(evaluate_commands.app)
app.add_typer(diagnose_commands.app)
app.add_typer(audit_commands.app)
app.add_typer(backup_commands.app)
app.add_typer(metrics_command.app)
app.add_typer(member_commands.app)
app.add_typer(migrate_command.app)


@app.command()
def ingest(
    matter: MatterName,
    paths: Annotated[list[Path], typer.Argument(help="Files, folders, archives.")],
    workers: Annotated[
        str | None, typer.Option(help="How many files are read at once, or ray.")
    ] = None,
    no_ocr: Annotated[bool, typer.Option("--no-ocr", help="Leave scanned pages unread.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """Read files and folders into a matter (made if new)."""
    from ui.ingesting import ingest_with
    from ui.progress import reading_bar

    started = time.monotonic()
    library, number = open_library(), workers or str(library_settings().workers)
    with reading_bar(note) as advance:
        files = ingest_with(number, library, matter, paths, ocr=not no_ocr, report=advance)
    unread = [file for file in files if file.verdict in ("needs OCR", "refused")]
    if len(files) == len(unread) == 1:
        raise Refused(unread[0].reason)
    totals = ingest_totals(files, time.monotonic() - started)
    if as_json:
        print_json({"files": [asdict(file) for file in files], "totals": totals})
    else:
        print_ingested(matter, files, totals)
    if files and len(files) == len(unread):
        raise Refused(f"{matter}: none of the {len(files)} files could be read; see above")


@app.command()
def search(
    matter: MatterName,
    query: Query = None,
    queries: Annotated[Path | None, typer.Option(help="A file with one question a line.")] = None,
    k: Annotated[int, typer.Option("-k", min=1, help="How many passages.")] = 8,
    document: DocumentNames = None,
    kind: Kinds = None,
    since: Since = "",
    until: Until = "",
    as_json: JsonFlag = False,
) -> None:
    """Find the passages of a matter that best answer a question."""
    from retrieval.evidence import WEAK
    from retrieval.scope import scope_of
    from retrieval.search import find
    from ui.counting import counted, timed_search

    if (query is None) == (queries is None):
        raise typer.BadParameter("give either a question or --queries FILE")
    library = open_library()
    scope = scope_of(documents=document or (), kinds=kind or (), since=since, until=until)
    if queries is not None:
        for line in _questions(queries):
            with counted(library.home, "search") as counts, timed_search(counts):
                found = find(library, matter, line, k, scope)
            rows = [passage_row(one) for one in found.passages]
            print_json_line({"query": line, "passages": rows})
        return
    with counted(library.home, "search") as counts, timed_search(counts):
        found = find(library, matter, str(query), k, scope)
    if as_json:
        print_json([passage_row(passage) for passage in found.passages])
        return
    for number, hit in enumerate(found.passages, start=1):
        place, score = f" {hit.passage.place}  ", (f"{hit.score:.3f}", "dim")
        out.print(Text.assemble((f"{number}.", "bold"), place, score))
        out.print("   " + " ".join(hit.passage.text.split()) + "\n", markup=False)
    if found.evidence.weak:
        note.print(WEAK, markup=False, soft_wrap=True)


ask_command.add_to(app)
answering.add_to(app)


@app.command()
def matters(as_json: JsonFlag = False) -> None:
    """List the matters."""
    found = open_library().matters()
    if as_json:
        print_json([asdict(matter) for matter in found])
        return
    print_table(
        ["matter", "documents", "passages"],
        [[matter.id, str(matter.documents), str(matter.passages)] for matter in found],
    )


@app.command()
def documents(matter: MatterName, as_json: JsonFlag = False) -> None:
    """List the documents of a matter."""
    found = open_library().documents(matter)
    if as_json:
        print_json([asdict(document) for document in found])
        return
    print_documents(found)


@app.command()
def describe(
    matter: MatterName,
    document: Annotated[str, typer.Argument(help="A document by its path, id or name.")],
    title: Annotated[str | None, typer.Option(help='Its title; "" for none.')] = None,
    date: Annotated[str | None, typer.Option(help='Its date, as 2019-03-14; "" for none.')] = None,
    kind: Annotated[str | None, typer.Option(help="Its kind, as lease or pleading.")] = None,
    parties: Annotated[
        str | None, typer.Option(help='Its parties, with ; between them; "" for none.')
    ] = None,
    forget: Annotated[
        bool, typer.Option("--forget", help="Take back what was set; read it off the text.")
    ] = False,
    as_json: JsonFlag = False,
) -> None:
    """Show what a document is taken to be, or set it: it helps the search."""
    from retrieval.edits import edits_of

    library = open_library()
    names = None if parties is None else parties.split(";")
    edits = edits_of(title=title, parties=names, date=date, kind=kind)
    if forget and edits:
        raise typer.BadParameter("--forget goes without other options")
    if forget or edits:
        found = library.describe(matter, document, None if forget else edits)
    else:
        found = library.document(matter, document)
    if as_json:
        print_json(asdict(found))
    else:
        print_description(found)


@app.command()
def delete(
    matter: MatterName,
    document: Annotated[str | None, typer.Argument(help="A document; without, all.")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """Delete a document, or a whole matter, with its originals and passages; certified."""
    from ui import deletions

    library = open_library()
    if document is not None:
        done, entry = deletions.delete_document(library, matter, document)
        what = f"{done.documents[0].name} deleted ({done.passages} passages)"
    else:
        count = len(library.documents(matter))
        if not yes and not typer.confirm(f"Delete {matter} with its {count} documents?", err=True):
            raise Refused(f"{matter}: not deleted; confirm, or pass --yes")
        done, entry = deletions.delete_matter(library, matter)
        what = f"deleted with its {len(done.documents)} documents"
    if as_json:
        print_json({"certificate": entry, **done.record()})
        return
    out.print(f"{matter}: {what}", markup=False, soft_wrap=True)
    note.print(deletions.certificate(done, entry), markup=False, soft_wrap=True)


@app.command()
def demo(
    again: Annotated[bool, typer.Option("--again", help="Ask again what was asked.")] = False,
) -> None:
    """The whole story on the sample matter: train, ingest, ask, compare."""
    from training.config import read_config
    from ui.demo import run_demo

    run_demo(
        open_library(),
        model_settings(),
        read_config(Path("demo.toml")),
        train_command.run_training,
        lambda home, adapter: adapter_commands.prove(home, adapter, quick=True),
        console=out,
        again=again,
    )


@app.command("app")
def run_app(
    port: Annotated[int, typer.Option(help="The port on this machine.")] = 8501,
    address: Annotated[
        str, typer.Option(help="Listen on another address than loopback, as in a container.")
    ] = "127.0.0.1",
) -> None:
    """Open the app in the browser."""
    from ui.launch import launch

    launch(library_settings().home, port, address)


@app.command()
def doctor(as_json: JsonFlag = False) -> None:
    """Say what this machine has and which shape will run."""
    from ui.doctor import examine

    findings = examine(library_settings().home, model_settings(), server_address(), vllm_server())
    if as_json:
        print_json([asdict(finding) for finding in findings])
        return
    print_table(
        ["", "what", "found"],
        [["ok" if one.good else "!", one.what, one.found] for one in findings],
    )


def main() -> None:
    """Runs the command; an error that the user can act on is one line and exit status 1."""
    keep_to_ourselves()
    try:
        app()
    except CasewrightError as error:
        note.print(" ".join(str(error).split()), markup=False, soft_wrap=True)
        sys.exit(1)


def _questions(file: Path) -> list[str]:
    """The questions of a file, one a line; blank lines are passed over."""
    if not file.is_file():
        raise Refused(f"{file}: no such file; name a text file with one question a line")
    try:
        text = file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise Refused(f"{file}: is not UTF-8; save it as UTF-8, one question a line") from None
    return [line for line in text.split("\n") if line.strip()]


if __name__ == "__main__":
    main()
