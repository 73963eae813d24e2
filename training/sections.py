"""Where memoranda come from: their sections, and the case file that each was written from.

Three sources: JSONL of sections (``id``, ``question``, ``conclusion``, ``facts``, ``analysis``), as
an archive or a scanner leaves them, whose facts and analysis are then the case file; a folder of
memoranda with the matter's files beside them (``archive``); and chat JSONL in the form that serving
sends, whose prompt has the passages.
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from serving.house import HEADINGS, house
from serving.prompts import Excerpt
from training.cleaning import cleaned
from training.jsonl import BadExamples, rows

_FIELDS = ("id", "question", "conclusion", "facts", "analysis")
_DEFAULT = {
    "QUESTION PRESENTED": ("QUESTION", "QUESTIONS PRESENTED", "ISSUE", "ISSUES"),
    "BRIEF ANSWER": ("SHORT ANSWER", "ANSWER", "SUMMARY OF ADVICE"),
    "FACTS": ("STATEMENT OF FACTS", "FACTUAL BACKGROUND", "BACKGROUND"),
    "DISCUSSION": ("ANALYSIS", "LEGAL ANALYSIS", "ARGUMENT"),
    "CONCLUSION": ("CONCLUSIONS", "RECOMMENDATION"),
}
ALIASES: Mapping[str, str] = {
    other: heading for heading, others in _DEFAULT.items() for other in (heading, *others)
}
"""What a memorandum's own headings are called among Casewright's; the house's come to them."""


@dataclass(frozen=True, slots=True)
class Memorandum:
    """A memorandum by its sections, cleaned, and what it was written from: one of the three."""

    id: str
    matter: str
    question: str
    sections: Mapping[str, str]
    """By heading, but for the question; one that is not there is missing or empty."""
    documents: tuple[tuple[str, str], ...] = ()
    """The case file as names and texts."""
    files: tuple[Path, ...] = ()
    """The case file as files."""
    passages: tuple[Excerpt, ...] = ()
    """The passages that its prompt already has."""


def read_jsonl(path: Path) -> list[Memorandum]:
    """Gives the memoranda of a JSONL file of sections or of chats.

    Raises:
        BadExamples: the file is missing, or a line is neither; the message names it.
    """
    return [
        _chat(row, path, number) if "messages" in row else _of_sections(row, path, number)
        for number, row in rows(path)
    ]


def read_aliases(path: Path) -> dict[str, str]:
    """Gives what else headings are called, from a TOML file, added to ``known_aliases()``.

        "THE POINT" = "QUESTION PRESENTED"

    Raises:
        BadExamples: no such file, no TOML, or a value that is none of ``HEADINGS``.
    """
    try:
        own = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError:
        raise BadExamples(f"{path}: no such file; name a TOML file of headings") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadExamples(f"{path}: not a TOML file ({error}); correct it") from None
    for name, heading in own.items():
        if heading not in HEADINGS:
            raise BadExamples(
                f"{path}: {name} is called {heading!r}, which is none of {', '.join(HEADINGS)}"
            )
    return {**known_aliases(), **{_bare(name): heading for name, heading in own.items()}}


def known_aliases() -> dict[str, str]:
    """Gives ``ALIASES`` with what the house calls the parts."""
    return {**ALIASES, **dict(zip(house().headings, HEADINGS, strict=True))}


def in_sections(text: str, aliases: Mapping[str, str] | None = None) -> dict[str, str]:
    """Gives a memorandum's text by its headings, which stand on lines of their own.

    What stands before the first heading (addresses, a salutation) is left out. ``aliases`` says
    what a heading, in capitals, is called among ``HEADINGS``; without, ``known_aliases()``.
    """
    aliases = known_aliases() if aliases is None else aliases
    found: dict[str, list[str]] = {}
    heading = None
    for line in text.split("\n"):
        name = aliases.get(_bare(line))
        if name is not None:
            heading = name
            found.setdefault(heading, [])
        elif heading is not None:
            found[heading].append(line)
    return {name: cleaned("\n".join(lines)) for name, lines in found.items()}


def _bare(line: str) -> str:
    """A line as a heading would stand in ``ALIASES``: no Markdown, number or colon; capitals."""
    bare = re.sub(r"^[#*\s]*(?:[IVX]+\.|\d+\.|[A-Z]\.)?\s*|[\s*:.]+$", "", line)
    return " ".join(bare.upper().split())


def _of_sections(row: Mapping[str, Any], path: Path, number: int) -> Memorandum:
    lacking = [field for field in _FIELDS if field not in row]
    if lacking:
        raise BadExamples(f"{path}, line {number}: lacks the section {lacking[0]}; add it")
    name = str(row["id"])
    text = {field: cleaned(str(row[field] or "")) for field in _FIELDS}
    return Memorandum(
        id=name,
        matter=name,
        question=text["question"],
        sections={
            "BRIEF ANSWER": text["conclusion"],
            "FACTS": text["facts"],
            "DISCUSSION": text["analysis"],
        },
        documents=(
            (f"Request for Advice {name}.txt", text["facts"]),
            (f"Law and Analysis {name}.txt", text["analysis"]),
        ),
    )


def _chat(row: Mapping[str, Any], path: Path, number: int) -> Memorandum:
    try:
        said = {message["role"]: str(message["content"]) for message in row["messages"]}
        asked, memorandum = said["user"], said["assistant"]
    except (TypeError, KeyError):
        raise BadExamples(
            f"{path}, line {number}: a chat needs a message of the user and one of the assistant"
        ) from None
    form = _PROMPT.search(asked)
    if form is None:
        raise BadExamples(
            f"{path}, line {number}: the user's message has not the form that serving sends "
            "(Passages: [1] document, p. 1 ... Question: ...); give sections instead"
        )
    sections = in_sections(memorandum)
    name = str(row.get("id", number))
    return Memorandum(
        id=name,
        matter=str(row.get("matter", name)),
        question=form["question"].strip(),
        sections=sections,
        passages=tuple(
            Excerpt(one["document"], int(one["page"]), one["text"].strip())
            for one in _PASSAGE.finditer(form["passages"])
        ),
    )


_PROMPT = re.compile(
    r"Passages:\n\n(?P<passages>.*)\n\nQuestion: (?P<question>.*?)(?:\n\n|$)", re.DOTALL
)
_PASSAGE = re.compile(
    r"^\[\d+\] (?P<document>[^\n]+), p\. (?P<page>\d+)\n(?P<text>.*?)(?=\n\n\[\d+\] |\Z)",
    re.DOTALL | re.MULTILINE,
)

assert list(_DEFAULT) == list(HEADINGS)
