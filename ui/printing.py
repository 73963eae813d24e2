"""What the commands print: tables and prose for people, JSON for programs; notes go to stderr."""

import json
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from rich.table import Table
from rich.text import Text

from retrieval.evidence import ABSTAINED, WEAK
from retrieval.hidden import told as told_hidden
from serving.outputs import told
from serving.prompts import OTHER_FORM
from serving.questions import UNANSWERED
from ui.terminal import PlainConsole, harmless, harmless_json

if TYPE_CHECKING:
    from retrieval.documents import Document, Passage, RankedPassage
    from retrieval.verdicts import Ingested
    from serving.answered import Answer
    from serving.review import Row

out = PlainConsole(highlight=False)
note = PlainConsole(stderr=True, highlight=False)


def stream(text: str) -> None:
    """Prints a piece of a memorandum as it is written."""
    sys.stdout.write(harmless(text))
    sys.stdout.flush()


def print_check(answer: "Answer") -> None:
    """Prints, under the memorandum, its passages and the sentences that were not verified.

    What was corrected comes first: the memorandum was printed as it was written.
    """
    out.print("\n")
    for number, passage in enumerate(answer.passages, start=1):
        out.print(f"[dim]\\[{number}][/] ", end="")
        out.print(passage.place, markup=False, soft_wrap=True)
    if answer.abstained:
        out.print(f"\n{ABSTAINED}", markup=False, soft_wrap=True)
        note.print("--answer-anyway asks the model all the same", style="dim")
        return
    changed = sum(answer.receipt.get(name, 0) for name in ("repaired", "left_out", "cut"))
    if changed:
        out.print(f"\n{changed} sentences were changed or left out since; it now reads:\n")
        out.print(answer.text, markup=False, soft_wrap=True)
    if answer.other_form:
        out.print(f"\n{OTHER_FORM}", markup=False, soft_wrap=True)
    if answer.weak:
        out.print(f"\n{WEAK}", markup=False, soft_wrap=True)
    doubtful = [sentence for sentence in answer.sentences if sentence.reason]
    out.print(f"\n{answer.verified} of {len(answer.sentences)} sentences verified")
    for sentence in answer.sentences:
        if sentence.change:
            text = " ".join(answer.text[sentence.start : sentence.end].split())
            out.print(f"  corrected: {text} ({sentence.change})", markup=False)
    for sentence in doubtful:
        text = " ".join(answer.text[sentence.start : sentence.end].split())
        out.print(f"  {sentence.verdict}: {text} ({sentence.reason})", markup=False)
    if taken_out := told(answer.receipt.get("taken_out", {})):
        out.print(f"taken out of what the model wrote: {taken_out}")
    speed = answer.receipt["tokens_per_second"]
    first = answer.receipt["first_token_seconds"]
    model = answer.receipt.get("adapter") or answer.receipt.get("base")
    note.print(f"{model}: first token after {first:.1f} s, then {speed} tokens/s", style="dim")


def print_unanswered(questions: Sequence[str]) -> None:
    """Prints, before the memorandum, which of several questions the file does not answer."""
    for question in questions:
        note.print(f"{UNANSWERED}{question}", markup=False, soft_wrap=True)


def print_broken(answer: "Answer") -> None:
    """Prints, where the model broke off, that nothing was checked, and the passages themselves."""
    if answer.text:
        out.print("\n")
        out.print("The memorandum above is incomplete, and no sentence of it was checked.\n")
    for number, passage in enumerate(answer.passages, start=1):
        out.print(f"[{number}] {passage.place}", markup=False, soft_wrap=True)
        out.print("   " + " ".join(passage.text.split()) + "\n", markup=False)


def print_table(head: list[str], rows: list[list[str]]) -> None:
    """Prints rows under their head; long cells are folded."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in head:
        table.add_column(title, overflow="fold")
    for row in rows:
        table.add_row(*map(Text, row))
    out.print(table)


def print_documents(documents: Sequence["Document"]) -> None:
    """Prints the documents of a matter as a table, then which are nearly the same."""
    print_table(
        ["document", "kind", "date", "title", "pages", "passages"],
        [
            [
                one.path,
                one.description.kind,
                one.description.date or "",
                one.description.title or "",
                str(one.pages),
                str(one.passages),
            ]
            for one in documents
        ],
    )
    for one in documents:
        if one.hidden:
            out.print(
                f"{one.path}: {told_hidden(one.hidden, one.pages)}", markup=False, soft_wrap=True
            )
        if one.near is not None:
            out.print(f"{one.path}: {one.near.told}", markup=False, soft_wrap=True)


def print_description(document: "Document") -> None:
    """Prints what a document is taken to be."""
    said = document.description
    hidden = [["left out", told_hidden(document.hidden, document.pages)]] if document.hidden else []
    print_table(
        ["", "described as"],
        [
            ["document", document.path],
            ["title", said.title or "-"],
            ["kind", said.kind],
            ["date", said.date or "-"],
            ["parties", "; ".join(said.parties) or "-"],
            *hidden,
        ],
    )


def print_review_row(row: "Row") -> None:
    """Prints what one document says to the question of a review."""
    out.print(row.document.name, style="bold", markup=False, soft_wrap=True)
    out.print(f"   {row.answer}", markup=False, soft_wrap=True)
    if row.pin_cites:
        cites = "; ".join(row.pin_cites)
        out.print(
            f"   {row.how}, {row.verdict}: {cites}", style="dim", markup=False, soft_wrap=True
        )


def print_json(value: Any) -> None:
    """Prints a value as indented JSON."""
    print(harmless_json(json.dumps(value, ensure_ascii=False, indent=2)))


def print_json_line(value: Any) -> None:
    """Prints a value as one line of JSON."""
    print(harmless_json(json.dumps(value, ensure_ascii=False)))


def ingest_totals(files: Sequence["Ingested"], seconds: float) -> dict[str, Any]:
    """Gives what an ingest came to: files by verdict, and what was read and indexed by it."""
    read = [file for file in files if file.verdict == "indexed"]
    pages = sum(file.pages for file in read)
    return {
        "files": len(files),
        "verdicts": dict(Counter(file.verdict for file in files)),
        "pages": pages,
        "passages": sum(file.passages for file in read),
        "seconds": round(seconds, 2),
        "pages_per_second": round(pages / seconds, 2),
    }


def print_ingested(matter: str, files: Sequence["Ingested"], totals: dict[str, Any]) -> None:
    """Prints why files were not indexed, then what the ingest came to."""
    for file in files:
        if file.reason:
            note.print(f"{file.verdict}: {file.reason}", markup=False, soft_wrap=True)
    counted = ", ".join(f"{count} {verdict}" for verdict, count in totals["verdicts"].items())
    line = f"{matter}: {totals['files']} files ({counted})"
    if totals["pages"]:
        line += (
            f"; {totals['pages']:,} pages, {totals['passages']:,} passages in "
            f"{totals['seconds']:.1f} s ({totals['pages_per_second']:.1f} pages/s)"
        )
    out.print(line, markup=False, soft_wrap=True)


def passage_row(ranked: "RankedPassage") -> dict[str, Any]:
    """Gives a ranked passage as ``search`` prints it in JSON."""
    passage = ranked.passage
    return {
        "document": passage.document,
        "path": passage.path,
        "page": passage.page,
        "section": passage.section,
        "start": passage.start,
        "end": passage.end,
        "score": round(ranked.score, 6),
        "text": passage.text,
    }


def place_row(passage: "Passage") -> dict[str, Any]:
    """Gives where a passage stands, as tables print it in JSON."""
    return {
        "document": passage.document,
        "path": passage.path,
        "page": passage.page,
        "label": passage.label,
        "section": passage.section,
        "start": passage.start,
        "end": passage.end,
    }


def answer_row(answer: "Answer") -> dict[str, Any]:
    """Gives an answer as ``ask`` prints it in JSON."""
    return {
        "question": answer.question,
        "unanswered": list(answer.unanswered),
        "memorandum": answer.text,
        "sentences": [asdict(sentence) for sentence in answer.sentences],
        "passages": [
            {
                "number": number,
                "document": p.document,
                "page": p.page,
                "section": p.section,
                "text": p.text,
            }
            for number, p in enumerate(answer.passages, start=1)
        ],
        "receipt": answer.receipt,
        "fault": answer.fault,
    }
