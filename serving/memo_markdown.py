"""The memorandum in Markdown, with footnotes ([^1]), a table of sources and its receipt."""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from serving.memo import Sentence, Source, marks, note_text, parts, receipt_rows, sources, tally

if TYPE_CHECKING:
    from serving.answered import Answer


def as_markdown(answer: "Answer") -> bytes:
    """Gives the memorandum in Markdown: unverified sentences marked, pin cites as footnotes.

    What documents and the model wrote is text there: no link, image, HTML or table's cell.
    """
    notes: list[str] = []
    given = sources(answer)
    lines = ["# Memorandum", "", f"**Question:** {escaped(answer.question)}", ""]
    lines += [f"*{escaped(tally(answer))}*", ""]
    for part in parts(answer):
        if part.heading:
            lines += [f"## {part.heading}", ""]
        for paragraph in part.paragraphs:
            lines += [" ".join(_sentence(one, given, notes) for one in paragraph), ""]
    if given:
        lines += ["## Sources", "", "| | source | file | notes | text |", "|---|---|---|---|---|"]
        lines += [
            f"| {one.number} | {escaped(one.pin_cite)} | {escaped(one.passage.document)} | "
            f"{', '.join(map(str, one.notes)) or 'not cited'} | {escaped(one.passage.text)} |"
            for one in given
        ]
        lines += [""]
    lines += ["## Receipt", "", "| | |", "|---|---|"]
    lines += [f"| {name} | {escaped(value)} |" for name, value in receipt_rows(answer)]
    if notes:
        lines += ["", *notes]
    return ("\n".join(lines) + "\n").encode()


def _sentence(sentence: Sentence, given: Sequence[Source], notes: list[str]) -> str:
    """A sentence in Markdown; its footnotes are added to the notes."""
    written = []
    for words in sentence.words:
        written.append(escaped(words.text, keep_space=True))
        if words.note:
            notes.append(f"[^{len(notes) + 1}]: {escaped(note_text(words.note, given))}")
            written.append(f"[^{len(notes)}]")
    return "".join(
        ["".join(written).strip(), *(f" **[{escaped(mark)}]**" for mark in marks(sentence))]
    )


def escaped(text: str, *, keep_space: bool = False) -> str:
    """Gives text on one line without the power to become a link, an image, HTML, a list or a table.

    A word joiner (U+2060, invisible) keeps readers from making links of bare addresses, which they
    look for in the finished text, where escapes are gone.
    """
    line = re.sub(r"\s+", " ", text) if keep_space else " ".join(text.split())
    line = re.sub(
        r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", "", line
    )
    line = re.sub(r"([\\`*_<>#|!~\[\]&^$])", r"\\\1", line)
    line = re.sub(r"^(\s*(?:[-+=]|\d+(?=[.)])))", _escaped_marker, line)
    return re.sub(r"(:(?=//)|(?<=\w)@|www(?=\.))", "\\1\u2060", line, flags=re.IGNORECASE)


def _escaped_marker(match: re.Match[str]) -> str:
    """What would open a list or a rule, escaped: a dash itself, a number's stop."""
    marker = match.group()
    return f"{marker}\\" if marker.strip().isdigit() else marker[:-1] + "\\" + marker[-1]
