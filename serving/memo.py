"""A memorandum as a lawyer's document: its sections, and its Word and Markdown forms."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from retrieval.errors import CasewrightError
from serving.citations import CheckedSentence
from serving.prompts import HEADINGS

if TYPE_CHECKING:
    from serving.answer import Answer


class UnknownForm(CasewrightError):
    """A file form that a memorandum is not written in."""


class NotWritten(CasewrightError):
    """A memorandum that could not be written to its file."""


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a memorandum: its heading (empty where none was written) and its span."""

    heading: str
    start: int
    end: int


def sections(memorandum: str) -> list[Section]:
    """Gives the parts of a memorandum in the order written; spans leave the heading out."""
    marks = [
        match
        for match in re.finditer(r"^[ \t*#]*([A-Z][A-Z ]+?)[ \t*:]*$", memorandum, re.MULTILINE)
        if match.group(1) in HEADINGS
    ]
    found = []
    opening = marks[0].start() if marks else len(memorandum)
    if memorandum[:opening].strip():
        found.append(Section("", 0, opening))
    for mark, following in zip(marks, [*marks[1:], None], strict=False):
        end = len(memorandum) if following is None else following.start()
        found.append(Section(mark.group(1), mark.end(), end))
    return found


def headings_in_order(memorandum: str) -> bool:
    """Whether the five headings stand in the memorandum, each once, in the house's order."""
    return [section.heading for section in sections(memorandum) if section.heading] == [*HEADINGS]


def headings_written(memorandum: str) -> int:
    """Gives how many of the five headings stand in the house's order, others passed over."""
    expected = iter(HEADINGS)
    written = [section.heading for section in sections(memorandum)]
    found = 0
    wanted = next(expected)
    for heading in written:
        if heading == wanted:
            found += 1
            wanted = next(expected, "")
    return found


def write_memo(answer: "Answer", target: Path) -> None:
    """Writes the memorandum as ``.docx`` or ``.md``, by the ending of the target.

    Raises:
        UnknownForm: another ending.
        NotWritten: the folder is missing or closed.
    """
    forms: dict[str, Callable[[Answer], bytes]] = {".docx": as_docx, ".md": as_markdown}
    form = forms.get(target.suffix.lower())
    if form is None:
        raise UnknownForm(f"{target}: a memorandum is written as .docx or .md; name one of these")
    try:
        target.write_bytes(form(answer))
    except OSError as error:
        raise NotWritten(
            f"{target}: cannot be written ({error.strerror}); name a file in a folder of yours"
        ) from None


def as_markdown(answer: "Answer") -> bytes:
    """Gives the memorandum in Markdown: unverified sentences marked, then the passages cited."""
    lines = ["# Memorandum", "", f"**Question:** {_escaped(answer.question)}", ""]
    for section in sections(answer.text):
        if section.heading:
            lines += [f"## {section.heading.title()}", ""]
        for paragraph in _paragraphs(answer, section):
            parts = []
            for text, mark in paragraph:
                parts.append(
                    _escaped(text) + (f" **[unverified: {_escaped(mark)}]**" if mark else "")
                )
            lines += [" ".join(parts), ""]
    lines += ["## Passages", ""]
    for number, passage in enumerate(answer.passages, start=1):
        quoted = _escaped(" ".join(passage.text.split()))
        lines += [f"{number}. {_escaped(passage.place)}: “{quoted}”"]
    return ("\n".join(lines) + "\n").encode()


def as_docx(answer: "Answer") -> bytes:
    """Gives the memorandum as a Word document, with the same content as the Markdown form."""
    import docx
    from docx.shared import RGBColor

    document = docx.Document()
    document.add_heading("Memorandum", level=0)
    document.add_paragraph().add_run(_printable(answer.question)).italic = True
    for section in sections(answer.text):
        if section.heading:
            document.add_heading(section.heading.title(), level=1)
        for paragraph in _paragraphs(answer, section):
            block = document.add_paragraph()
            for text, mark in paragraph:
                block.add_run(_printable(text) + " ")
                if mark:
                    warning = block.add_run(f"[unverified: {_printable(mark)}] ")
                    warning.bold = True
                    warning.font.color.rgb = RGBColor(0xA0, 0x3A, 0x00)
    document.add_heading("Passages", level=1)
    for number, passage in enumerate(answer.passages, start=1):
        block = document.add_paragraph()
        source = f"[{number}] {_printable(passage.place)}. "
        block.add_run(source).bold = True
        block.add_run(_printable(" ".join(passage.text.split())))
    file = BytesIO()
    document.save(file)
    return file.getvalue()


def _paragraphs(answer: "Answer", section: Section) -> list[list[tuple[str, str]]]:
    """Paragraphs of a section as (sentence, why it is not verified) pairs."""
    inside: Sequence[CheckedSentence] = [
        sentence
        for sentence in answer.sentences
        if section.start <= sentence.start and sentence.end <= section.end
    ]
    paragraphs: list[list[tuple[str, str]]] = []
    last_end = None
    for sentence in inside:
        if last_end is None or "\n" in answer.text[last_end : sentence.start]:
            paragraphs.append([])
        paragraphs[-1].append((answer.text[sentence.start : sentence.end].strip(), sentence.reason))
        last_end = sentence.end
    return paragraphs


def _printable(text: str) -> str:
    """Text without the control characters that XML cannot hold; some PDFs are full of them."""
    return re.sub(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]", "", text)


def _escaped(text: str) -> str:
    """Text without the power to become a link, an image or HTML in Markdown."""
    return re.sub(r"([\\`*_<>#|!]|\[(?!\d+\](?![(:]))|(?<!\d)\])", r"\\\1", text)
