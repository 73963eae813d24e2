"""How the house writes, as figures: what its own memoranda measure, and how far another is off.

Only the form is measured: a text is seen without its facts (``factless``).
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from serving.citations import sentences
from serving.facts import PASSAGE_NUMBER
from serving.house import house
from serving.memo import sections
from training.examples import Example
from training.factless import without_facts

FEATURES = {
    "hedges": re.compile(
        r"\b(?:probabl[ey]|likel(?:y|ihood)|may(?! [0-9])|might|perhaps|possibl[ey]|arguabl[ey]|"
        r"appears?|seems?|suggests?|presumably|should|could|would)\b"
    ),
    "first person": re.compile(r"\b(?:I|me|my|mine|we|us|our|ours)\b"),
    "second person": re.compile(r"\b(?:you|your|yours)\b", re.IGNORECASE),
    "contractions": re.compile(r"\b\w+(?:n['’]t|['’](?:ll|re|ve|d|m))\b", re.IGNORECASE),
    "connectives": re.compile(
        r"\b(?:however|therefore|because|although|though|since|thus|hence|accordingly|moreover|"
        r"nevertheless|unless|whereas|whether|if|but|yet|nor|so|while|until|only)\b",
        re.IGNORECASE,
    ),
    "passive": re.compile(r"\b(?:is|are|was|were|been|being|be) (?:\w+ly )?\w+ed\b"),
}
"""Of the register, what is counted in a hundred words. Hedges stand in lower case: a name may be
May, or Will."""
SENTENCE_LENGTH = "sentence length"
"""Words in a sentence, on average: the last feature of the register."""

FLOORS = {SENTENCE_LENGTH: 4.0}
FLOOR, SECTION_FLOOR = 1.0, 20.0
"""The least width of a spread: where a house never varies, a little is no fault."""


@dataclass(frozen=True, slots=True)
class Spread:
    """Where nine of ten of the house's memoranda lie."""

    low: float
    high: float

    def closeness(self, value: float, floor: float = FLOOR) -> float:
        """Gives 1 within the spread; outside, e to the minus of how many half spreads it is off."""
        off = max(self.low - value, value - self.high, 0.0)
        return math.exp(-off / (max(self.high - self.low, floor) / 2))


@dataclass(frozen=True, slots=True)
class Profile:
    """The house's spreads."""

    memoranda: int
    lengths: dict[str, Spread]
    """By heading: words of the section."""
    register: dict[str, Spread]
    """By feature."""


def profile(memoranda: Sequence[str]) -> Profile:
    """Gives the house's profile from its memoranda, facts taken out, under the house's headings."""
    lengths = [section_lengths(one) for one in memoranda]
    registers = [register(one) for one in memoranda]
    return Profile(
        memoranda=len(memoranda),
        lengths={
            heading: _spread([one.get(heading, 0) for one in lengths])
            for heading in house().headings
        },
        register={
            feature: _spread([one[feature] for one in registers])
            for feature in (*FEATURES, SENTENCE_LENGTH)
        },
    )


def profile_of(memoranda: Sequence[Example]) -> Profile:
    """Gives the profile of the house's memoranda; those held out take no part in it."""
    trained = [one for one in memoranda if one.split == "train"] or list(memoranda)
    return profile([without_facts(house().worded(one.memorandum)) for one in trained])


def section_lengths(memorandum: str) -> dict[str, int]:
    """Gives the words under each heading; of one written twice, those of both."""
    found: dict[str, int] = {}
    for one in sections(memorandum):
        if one.heading:
            words = len(_words(memorandum[one.start : one.end]))
            found[one.heading] = found.get(one.heading, 0) + words
    return found


def register(memorandum: str) -> dict[str, float]:
    """Gives the features of a text's register; zeros where it has no word."""
    spans = [
        memorandum[start:end]
        for start, end in sentences(memorandum)
        if not memorandum[start:end].isupper()
    ]
    text = "\n".join(PASSAGE_NUMBER.sub("", one) for one in spans)
    words = len(_words(text))
    found = {
        feature: 100 * len(pattern.findall(text)) / words if words else 0.0
        for feature, pattern in FEATURES.items()
    }
    found[SENTENCE_LENGTH] = words / len(spans) if spans else 0.0
    return found


def _words(text: str) -> list[str]:
    return re.findall(r"\w+(?:['’-]\w+)*", PASSAGE_NUMBER.sub("", text))


def _spread(values: Sequence[float]) -> Spread:
    ordered = sorted(values)
    last = len(ordered) - 1
    return Spread(float(ordered[round(0.05 * last)]), float(ordered[round(0.95 * last)]))
