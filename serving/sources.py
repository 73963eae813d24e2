"""A passage as a sentence is checked against it, and the stretch of it that supports one."""

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Source:
    """A passage as it was given: what a citation of it can rest on."""

    document: str
    page: str
    """As printed on it; empty where none is known."""
    text: str
    section: str = ""
    """As cited: ``§ 4.2(b)``; empty where none is in force."""

    @property
    def shown(self) -> str:
        """The passage under its place; the text alone where it has no document."""
        place = [self.document, f"p. {self.page}", self.section]
        head = ", ".join(part for part in place if part)
        return f"{head}\n{self.text}" if self.document else self.text


@dataclass(frozen=True, slots=True)
class Span:
    """Where a passage supports a sentence: ``text[start:end]`` of passage ``number``."""

    number: int
    start: int
    end: int


def source_of(shown: str) -> Source:
    """Gives a passage from its text under its place (``lease.pdf, p. 3``), all of it its text."""
    page = re.match(r"[^\n]*, p\. (\S+)\n", shown)
    return Source("", page[1] if page else "", shown)
