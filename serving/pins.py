"""Pin cites in a sentence: the page and the section that it says its passage stands on."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

_PAGES = re.compile(
    r"\b(?:pp?\.|pages?)\s?(?P<first>\d{1,4}|[ivxl]{1,6}\b|[A-Z]-\d{1,3})"
    r"(?:\s?[-–]\s?(?P<last>\d{1,4}))?",
)
_SECTION = re.compile(
    r"(?:§§?\s?|\b(?:Section|Sec\.|Clause|clause|section)\s)(?P<number>\d{1,3}(?:\.\d{1,3})*)"
    r"(?P<items>(?:\s?\([a-zA-Z0-9]{1,4}\))*)(?![\d.]*\d)"
)
_CLOSES = re.compile(r"[\s,;)\]]*(?:\[\d{1,3}\]|\)|$|\bpp?\.)")
"""What stands behind a section that is a pin cite: its citation, a bracket, a page."""


@dataclass(frozen=True, slots=True)
class Pin:
    """A pin cite at ``sentence[start:end]``."""

    kind: str
    """``page`` or ``section``."""
    start: int
    end: int
    first: str
    last: str = ""


def pins(sentence: str) -> list[Pin]:
    """Gives the pin cites of a sentence, pages first.

    A section counts where the sentence closes with it or it stands before its citation, in brackets
    or before a page: "§ 4.2 [1]", "(Section 4.2, p. 3)". Elsewhere it is what is talked about.
    """
    found = [
        Pin("page", match.start(), match.end(), match["first"], match["last"] or "")
        for match in _PAGES.finditer(sentence)
    ]
    for match in _SECTION.finditer(sentence):
        bracketed = sentence[: match.start()].count("(") > sentence[: match.start()].count(")")
        before = sentence[: match.start()].rstrip()
        if (bracketed or before.endswith(",")) and _CLOSES.match(sentence, match.end()):
            number = match["number"] + re.sub(r"\s", "", match["items"])
            found.append(Pin("section", match.start(), match.end(), number))
    return found


def wrong(pin: Pin, written: str, places: Sequence[tuple[str, str]], text: str) -> str:
    """Gives the reason why a pin cite is wrong, or "".

    ``written`` is the pin as written; ``places`` are the page (as printed) and the section of each
    passage cited; ``text`` is what they say: a page that is named there may be talked about.
    """
    if pin.kind == "page":
        pages = [page for page, _ in places if page]
        if not pages or any(_on(page, pin) for page in pages) or _said(written, text):
            return ""
        return f"“{written}” is not the page of the passage cited, which stands on p. {pages[0]}"
    sections = [section for _, section in places]
    known = [section for section in sections if re.search(r"\d", section)]
    if not known or len(known) < len(sections) or any(_within(pin.first, one) for one in known):
        return ""
    return f"“{written}” is not the section of the passage cited, which is {known[0]}"


def _on(page: str, pin: Pin) -> bool:
    if pin.last and page.isdigit() and pin.first.isdigit():
        return int(pin.first) <= int(page) <= int(_whole(pin))
    return page.lower() == pin.first.lower()


def _whole(pin: Pin) -> str:
    """The last page of a range, of which pages 114-16 leave digits out."""
    short = len(pin.first) - len(pin.last)
    return pin.first[:short] + pin.last if short > 0 else pin.last


def _said(written: str, text: str) -> bool:
    plain = re.sub(r"\s+", " ", text.lower())
    return re.search(rf"(?<!\w){re.escape(written.lower())}(?!\w)", plain) is not None


def _within(number: str, section: str) -> bool:
    """Whether a section's number names that section, one around it or one in it."""
    for held in re.findall(r"\d[\d.]*(?:\([\w]{1,4}\))*", section):
        ours, theirs = _levels(number), _levels(held)
        if ours[: len(theirs)] == theirs or theirs[: len(ours)] == ours:
            return True
    return False


def _levels(number: str) -> list[str]:
    return re.findall(r"\w+", number.lower())
