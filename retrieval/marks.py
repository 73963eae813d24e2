"""The nouns of a document's structure: the marks found in it and the levels of a path."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Mark:
    """A place where a section may start.

    ``readings`` are the styles and numbers that the mark may have: ``(i)`` is both the ninth
    letter and the first numeral.
    """

    start: int
    end: int
    shown: str
    readings: tuple[tuple[str, tuple[int, ...]], ...]
    title: str

    @property
    def style(self) -> str:
        """The first reading's style."""
        return self.readings[0][0]

    @property
    def number(self) -> tuple[int, ...]:
        """The first reading's number."""
        return self.readings[0][1]


@dataclass(frozen=True, slots=True)
class Level:
    """One step of a path: its mark, and its title or nothing."""

    mark: str
    title: str = ""
    depth: int = 0
    """Of a Markdown heading."""


Opened = tuple[int, tuple[Level, ...]]
"""Where a path comes into force, and its levels."""
