"""Builds the sample matter, ``documents/`` and ``questions.jsonl``, from the texts beside it.

Run from the root of the repository: ``python -m retrieval.sample_matter.source.build``, or this
file with ``PYTHONPATH=.``. The same sources give the same bytes.

``NAME.KIND.md`` becomes ``NAME.KIND`` (``render`` tells the markup), ``NAME.pdf.txt`` becomes a
transcript, and the files named in ``VERBATIM`` are copied.
"""

import json
import re
import tomllib
from pathlib import Path
from typing import Any

from retrieval.read import read_text
from retrieval.sample_matter.source.render import (
    parse_blocks,
    split_head,
    to_eml,
    to_html,
    write_docx,
    write_pdf,
    write_transcript,
)

SOURCE = Path(__file__).parent
DOCUMENTS = SOURCE.parent / "documents"
VERBATIM = ("file_note.md", "tenant_ledger.txt", "text_messages.txt")


def build_document(source: Path) -> None:
    """Prints one source into ``documents/``, by the two endings of its name."""
    path = DOCUMENTS / source.stem
    head, body = split_head(source.read_text("utf-8"))
    match path.suffix, source.suffix:
        case ".pdf", ".txt":
            write_transcript(head, body, path)
        case ".pdf", _:
            write_pdf(head, parse_blocks(body), path)
        case ".docx", _:
            write_docx(head, parse_blocks(body), path)
        case ".html", _:
            path.write_text(to_html(head, parse_blocks(body)), "utf-8")
        case ".eml", _:
            path.write_bytes(to_eml(head, body))
        case _:
            raise ValueError(f"{source}: no way to build {path.suffix}")


_STRAIGHT = str.maketrans({"\u201c": '"', "\u201d": '"', "\u2019": "'"})


def find_span(document: str, quote: str) -> dict[str, Any]:
    """The one place where the quote stands in the document; spacing and quote marks may differ.

    Raises:
        ValueError: it stands nowhere, more than once, or across two pages.
    """
    read = read_text(DOCUMENTS / document)
    straight = read.text.translate(_STRAIGHT)
    found = list(re.finditer(r"\s+".join(map(re.escape, quote.split())), straight))
    if len(found) != 1:
        raise ValueError(f"{document}: found {len(found)} times, must be once: {quote!r}")
    start, end = found[0].span()
    pages = [page.number for page in read.pages if page.start <= start and end <= page.end]
    if not pages:
        raise ValueError(f"{document}: runs over two pages: {quote!r}")
    text = read.text[start:end]
    return {"document": document, "start": start, "end": end, "page": pages[0], "quote": text}


def build_questions() -> str:
    """The lines of ``questions.jsonl``.

    Raises:
        ValueError: a quote is not found exactly once, or a fact is in none of its quotes.
    """
    lines = []
    listed = tomllib.loads((SOURCE / "questions.toml").read_text("utf-8"))["questions"]
    for number, asked in enumerate(listed, start=1):
        spans = [find_span(quote["document"], quote["text"]) for quote in asked.get("quotes", [])]
        facts = asked.get("facts", [])
        for fact in facts:
            if not any(fact in " ".join(span["quote"].split()) for span in spans):
                raise ValueError(f"q{number:02}: the fact {fact!r} is in none of its quotes")
        if asked["answerable"] != bool(facts and spans):
            raise ValueError(f"q{number:02}: facts and quotes do not fit answerable")
        line = {
            "id": f"q{number:02}",
            "question": asked["question"],
            "answerable": asked["answerable"],
            "facts": facts,
            "spans": spans,
        }
        lines.append(json.dumps(line, ensure_ascii=False) + "\n")
    return "".join(lines)


def main() -> None:
    """Builds everything anew; a document whose source is gone goes too."""
    DOCUMENTS.mkdir(exist_ok=True)
    for stale in DOCUMENTS.iterdir():
        stale.unlink()
    for source in sorted(SOURCE.glob("*.*.*")):
        build_document(source)
    for name in VERBATIM:
        (DOCUMENTS / name).write_bytes((SOURCE / name).read_bytes())
    (SOURCE.parent / "questions.jsonl").write_text(build_questions(), "utf-8")


if __name__ == "__main__":
    main()
