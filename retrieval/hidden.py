"""Hidden text: what a reader of a document does not see, and a model would read.

Whoever sends a document can hide words in it for whoever reads it by machine. They are left out of
what is indexed, counted, and reported. What is hidden is told by format: ``hidden_pdf``,
``hidden_docx``, ``hidden_html``; invisible characters, in any text, here.
"""

import re
from dataclasses import dataclass
from typing import Self

SMALLEST = 2.0
"""Points: letters that are smaller are no letters to a reader."""

_FLAG = "\U0001f3f4[\U000e0030-\U000e007a]{1,6}\U000e007f"
"""The flag of a part of a country, spelt in tags (Unicode Technical Standard 51, ED-14a)."""
_TAGS = "[\U000e0000-\U000e007f]+"
_VARIATIONS = "(?<=[\ufe00-\ufe0f\U000e0100-\U000e01ef])[\ufe00-\ufe0f\U000e0100-\U000e01ef]+"
"""One selects how the character before it is drawn; more have nothing to select."""
_WIDTHLESS = "[\u00ad\u034f\u061c\u180e\u200b-\u200f\u2060-\u2064\u206a-\u206f\ufeff]{8,}"
"""Eight that have no width are a byte, where one alone joins or parts letters."""
_INVISIBLE = re.compile(f"(?P<flag>{_FLAG})|{_TAGS}|{_VARIATIONS}|{_WIDTHLESS}")
_OVERRIDE = re.compile("\u202e([^\u202c\u2029\r\n]*)(\u202c?)")
"""Right to left, whatever the letters (Unicode Standard Annex 9, 2.2)."""
_TURNED = re.compile("[A-Za-z]{2}")


class Seen(str):
    """What a reader sees of a text: the text, with the count of what was left out of it."""

    hidden: int
    """Characters that are not blank and that they do not see."""

    def __new__(cls, text: str, hidden: int = 0) -> Self:
        """Gives the text with the count."""
        made = super().__new__(cls, text)
        made.hidden = hidden
        return made


@dataclass(frozen=True, slots=True)
class Hidden:
    """Characters of a page that a reader does not see, and that were left out."""

    page: int
    characters: int


def seen(text: str, hidden: int = 0) -> Seen:
    """Gives a text without its invisible characters, counted with the ``hidden`` ones before them.

    A blank stands for each, so that offsets stay. What is ordinary stays: one joiner, soft hyphen
    or mark of direction, the parts of an emoji, a run of the same (which says nothing). Letters
    turned round by an override of their direction are read as they are seen.
    """
    if text.isascii():
        return Seen(text, hidden)
    count = 0

    def blank(match: re.Match[str]) -> str:
        nonlocal count
        found = match[0]
        if match["flag"] or (len(set(found)) == 1 and not found[0] >= "\U000e0000"):
            return found
        count += len(found)
        return " " * len(found)

    def turned(match: re.Match[str]) -> str:
        nonlocal count
        if not _TURNED.search(match[1]):
            return match[0]
        count += 1 + len(match[2])
        return " " + match[1][::-1] + " " * len(match[2])

    text = _OVERRIDE.sub(turned, _INVISIBLE.sub(blank, text))
    return Seen(text, hidden + count)


def characters(text: str) -> int:
    """Gives how many characters of a text are not blank."""
    return sum(map(len, text.split()))


def told(hidden: tuple[Hidden, ...], pages: int) -> str:
    """Gives in words what was left out of a document of so many pages."""
    count = sum(one.characters for one in hidden)
    where = ", ".join(str(one.page) for one in hidden[:_NAMED])
    if len(hidden) > _NAMED:
        where += f" and {len(hidden) - _NAMED} more"
    place = f" on p. {where}" if pages > 1 else ""
    noun = "character" if count == 1 else "characters"
    return f"{count:,} hidden {noun}{place} left out"


_NAMED = 8
"""Pages that are named, at most."""
