"""The questions that a text puts: numbered, in lines, or one sentence behind the other.

*When does the term begin, and what is the rent?* is one: it is one sentence, and asks of one thing.
"""

import re
from collections.abc import Iterator

UNANSWERED = "The case file does not seem to answer this question: "
"""What a reader is told, before the question, of one of several that the file does not answer."""

_NUMBER = re.compile(r"(?:^|(?<=\s))\(?(?P<mark>\d{1,2}|[a-h])[.)]\s+(?=[A-Z“\"])")
_BULLET = re.compile(r"^\s*[-*•–]\s+", re.MULTILINE)
_ENDING = re.compile(r"(?<=\?)\s+(?=[A-Z0-9“\"])")
_BRACKETS = re.compile(r"\([^()]*\)")


def questions(text: str) -> list[str]:
    """Gives the questions of a text in their order, each once, without numbers or bullets.

    What is said before a question belongs to it; a request behind the last one (*Give the dates.*)
    to that. A text that puts one question, or none, is given as it is.
    """
    parts = _numbered(text) or _bulleted(text) or _sentences(text)
    found = list(dict.fromkeys(" ".join(part.split()) for part in parts))
    return found if len(found) > 1 else [text]


def _numbered(text: str) -> list[str]:
    """Behind 1. and 2., or (a) and (b); nothing where these do not follow each other."""
    marks = list(_NUMBER.finditer(text))
    order = [match["mark"] for match in marks]
    counted = [str(number) for number in range(1, len(marks) + 1)]
    if len(marks) < 2 or order not in (counted, list("abcdefgh"[: len(marks)])):
        return []
    ends = [*(match.start() for match in marks[1:]), len(text)]
    lead = text[: marks[0].start()].strip()
    first = [lead] if lead.endswith("?") else []
    return first + [text[mark.end() : end] for mark, end in zip(marks, ends, strict=True)]


def _bulleted(text: str) -> list[str]:
    lead, *items = _BULLET.split(text)
    if len(items) < 2:
        return []
    return [lead, *items] if lead.strip().endswith("?") else items


def _sentences(text: str) -> Iterator[str]:
    """Cut behind question marks, but not inside brackets."""
    masked = _BRACKETS.sub(lambda match: "x" * len(match.group()), text)
    start, last = 0, ""
    for end in [match.start() for match in _ENDING.finditer(masked)] + [len(text)]:
        part = text[start:end].strip()
        if masked[start:end].rstrip().endswith("?"):
            if last:
                yield last
            last = part
        else:
            last = f"{last} {part}".strip()
        start = end
    yield last
