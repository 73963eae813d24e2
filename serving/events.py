"""The dates in a sentence on which something happened, or is to happen.

A date counts with its month and year at least. What only looks like an event is left out: the date
of a decision or statute that is cited, of a form or a printout, of a filing stamp, of an agreement
that is only named; one that days are counted from; and words that are a date alone.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Literal

from serving.authorities import unknown
from serving.quantities import Key, quantities

Precision = Literal["day", "month"]

LEAST = 2
"""Words beside its date that an event has."""
FIRST, LAST = 1600, 2200
"""Years between which a date lies; others are misread."""


@dataclass(frozen=True, slots=True)
class Day:
    """A date in a sentence."""

    iso: str
    """``2019-03-14``; ``2019-03`` where only the month is told."""
    written: str
    """As it stands in the sentence."""

    @property
    def precision(self) -> Precision:
        """How exactly it is told."""
        return "day" if len(self.iso) == 10 else "month"


def day_first(texts: Iterable[str]) -> bool:
    """Whether a document writes 14/3/2019 and never 3/14/2019; else its months come first."""
    found = [match for text in texts for match in _NUMERIC.finditer(text)]
    days = any(int(match[1]) > 12 for match in found)
    return days and not any(int(match[2]) > 12 for match in found)


def event_days(sentence: str, *, day_first: bool = False) -> list[Day]:
    """Gives the dates of events in a sentence on one line, in order, each once."""
    if not _LIKELY.search(sentence) or sentence.endswith("?") or _NO_EVENT.search(sentence):
        return []
    found = [
        (one.start, one.end, iso)
        for one in quantities(sentence)
        if (iso := _iso(one.readings, sentence[one.start : one.end], day_first))
    ]
    if not found or len(_words(sentence, found)) < LEAST:
        return []
    _, rest = unknown(sentence, [sentence])
    blank = sentence
    for start, end, _ in found:
        blank = blank[:start] + "_" * (end - start) + blank[end:]
    if sentence.isupper() and re.search(r"_ ?[-–] ?_", blank):
        return []  # the heading of a table
    days: dict[str, Day] = {}
    for start, end, iso in found:
        cited = "_" in rest[start:end] and "_" not in sentence[start:end]
        if not cited and not _names_alone(blank, start, end):
            days.setdefault(iso, Day(iso, sentence[start:end].strip(" ,.")))
    # Beside a day, a month alone tells what it was for: the rent of March, paid on March 3.
    exact = [day for day in days.values() if day.precision == "day"]
    return exact or list(days.values())


def _iso(readings: Iterable[frozenset[Key]], written: str, day_first: bool) -> str:
    """The date of a quantity in ISO 8601; empty where it is none, or lacks its year."""
    numeric = _NUMERIC.fullmatch(written)
    if numeric:
        first, second, year = (int(part) for part in numeric.groups())
        month, day = (second, first) if day_first or first > 12 else (first, second)
        if year < 100:
            year += 2000 if year < 70 else 1900
        return _valid(year, month, day)
    keys = [key for reading in readings for key in sorted(reading)]
    dates = [key for key in keys if key[0] == "date"]
    if dates:
        return min(_valid(*(int(part) for part in key[1:])) for key in dates)
    months = [key for key in keys if key[0] == "month" and key[1]]
    return _valid(int(months[0][1]), int(months[0][2]), 1)[:7] if months else ""


def _valid(year: int, month: int, day: int) -> str:
    if not FIRST <= year <= LAST:
        return ""
    try:
        return date(year, month, day).isoformat()
    except ValueError:
        return ""


def _words(sentence: str, found: Iterable[tuple[int, int, str]]) -> list[str]:
    """The words of a sentence beside its dates, up to a signature."""
    for start, end, _ in found:
        sentence = sentence[:start] + "_" * (end - start) + sentence[end:]
    sentence = re.split(r"(?:^|\s)/?s/", sentence)[0]
    return [word for word in _WORD.findall(sentence) if word.lower() not in _IDLE]


def _names_alone(sentence: str, start: int, end: int) -> bool:
    """Whether a date only names something: a decision, a statute, a form, an agreement.

    The sentence's dates are blank.
    """
    before, after = sentence[:start], sentence[end:]
    if any(kind.search(before) for kind in (_AUTHORITY, _FORM, _COUNTED, _SPAN)):
        return True
    if re.match(r",? pp?\. ?[A-Z]?\d", after):
        return True  # a newspaper that is cited
    if _COURT.search(before) and re.match(r"[^()]{0,20}\)", after):
        return True
    return bool(_INSTRUMENT.search(before)) and not _MADE.search(sentence)


_MONTHS = "jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec"
_LIKELY = re.compile(rf"\b(?:{_MONTHS})|\d[/-]\d{{1,2}}[/-]\d", re.IGNORECASE)
_NUMERIC = re.compile(r"(?<![\d/.-])(\d{1,2})[/-](\d{1,2})[/-](\d{4}|\d{2})(?![\d/-])")
_WORD = re.compile(r"[^\W\d_]{2,}")
_IDLE = frozenset(
    "monday tuesday wednesday thursday friday saturday sunday mon tue tues wed thu thur thurs fri "
    "sat sun this the day of as on at am pm date dated in to from until through and est pst edt "
    "pdt utc gmt by signed signature page respectfully submitted".split()
)
"""Words that tell of a date, or of a signature, and of no event."""
_NO_EVENT = re.compile(
    # the head of a message; what a report was made from; a stamp of a filing; a printout's foot
    r"^(?:From|To|Cc|Bcc|Date|Sent|Subject|Re|RE):"
    r"|\b(?:Case|Document|Doc\.?|Docket)\b.{0,80}\b(?:Page(?:ID|s)?|Pg|Entry ID)\b"
    r"|^\W*(?:Page|Printed)\b|_{3,}",
)
_AUTHORITY = re.compile(
    r"(?:\b(?:Act|Code|Statutes?|Ordinance|Regulations?|Proclamation|Executive Order|"
    r"Instruction|Directive|Rule|Stat\.|"
    r"Fed\. ?Reg\.|C\.?F\.?R\.?|Pub\. ?L\.|Public Law)(?:\s(?:No\.\s?)?[\d.-]+[A-Z]?)?,?\s?\(?"
    r"(?:of|dated|approved|effective|enacted)?(?:\s?on)?\s?"
    r"|\b(?:WL|LEXIS)\s[\d, *]+[^.;]{0,30}\()$"
)
_COURT = re.compile(
    r"\((?:[^()]{0,40}\b)?(?:Cir|Ct|App|Dist|Div|Supp|[NSEWMC]\. ?D|D|Cal|Tex|N\. ?Y|Pa|Ill|Fla|"
    r"Ohio|Okla|Mass|Bankr|Sup|Mem)\.[^()]{0,30}$|\bv\.\s[^;()]{3,120}\([^()]{0,30}$"
)
_FORM = re.compile(
    r"(?:\b(?:Form|Rev\.?|Ver(?:sion)?\.?|Copyright|OMB|Printed|Last (?:modified|updated|revised))"
    r"|©)[^.;,]{0,16}$|\bSource: [^:]{3,80}$",
)
_SPAN = re.compile(
    r"\b(?:years?|quarters?|months) (?:then )?(?:ended|ending)\s$|"
    r"\b(?:filter|range|periods?|run|exported|printed|generated):?\s(?:(?:of|from|on)\s)?"
    r"(?:\w+day,\s)?(?:_+\s(?:to|through|-|–|and)\s)?$",
    re.IGNORECASE,
)
_COUNTED = re.compile(
    r"\b(?:days?|weeks?|months?|years?)\s(?:\w+\s)?(?:after|before|from|following|prior to"
    r"|(?<=days )of|(?<=weeks )of)\s"
    r"(?:\w+day,\s)?$"
)
_INSTRUMENT = re.compile(
    r"\b(?:lease|agreement|contract|amendment|addendum|deed|policy|policies|will|trust|note|"
    r"guaranty|indenture|license|plan|mortgage|stipulation)s?\b[^.;]{0,40}?\bdated\s"
    r"(?:as\sof\s)?(?:\w+day,\s)?$",
    re.IGNORECASE,
)
_MADE = re.compile(
    r"^\W*(?:this|the)\b.{0,120}\b(?:is|are|was|were)\s(?:made|dated|entered|effective)\b"
    r"|\b(?:entered into|signed|executed)\b",
    re.IGNORECASE,
)
