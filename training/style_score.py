"""How near a memorandum is to the house's form: deterministic, and blind to what it says.

All facts are taken out before anything is measured (``factless``), so that no fact, right or wrong,
moves the score. How passages are cited is measured beside it and is no part of it: without passages
none can be cited, and arms would be compared in what only some of them can do.
"""

import re
from dataclasses import dataclass

from serving.citations import sentences
from serving.house import house
from serving.memo import headings_written, sections
from training.boilerplate import line_marks
from training.factless import without_facts
from training.house_profile import (
    FLOOR,
    FLOORS,
    SECTION_FLOOR,
    Profile,
    register,
    section_lengths,
)


@dataclass(frozen=True, slots=True)
class StyleScore:
    """What is measured of the style, each from 0 to 1."""

    headings: float
    """Share of the house's headings that stand in order, less a tenth for each that is one too
    many."""
    lengths: float
    """How near the sections' lengths are to the house's, on average over its headings."""
    register: float
    """The same of hedges, person, contractions, connectives, passives and sentence length."""
    clean: float
    """Share of the sentences that are no chat, list, letter form, placeholder or repetition."""
    citation_form: float | None
    """Share of the references to passages that have the house's form, [1] behind the words that
    rest on it; None where there is no reference. No part of the score."""

    @property
    def score(self) -> float:
        """The mean of headings, lengths, register and clean text."""
        return (self.headings + self.lengths + self.register + self.clean) / 4


def style_score(memorandum: str, house_profile: Profile) -> StyleScore:
    """Gives the score of a memorandum against the house's profile."""
    text = without_facts(memorandum)
    if not text.strip():
        return StyleScore(0.0, 0.0, 0.0, 0.0, None)
    lengths = section_lengths(text)
    features = register(text)
    return StyleScore(
        headings=_headings(text),
        lengths=_mean(
            [
                spread.closeness(lengths[heading], SECTION_FLOOR) if lengths.get(heading) else 0.0
                for heading, spread in house_profile.lengths.items()
            ]
        ),
        register=_mean(
            [
                spread.closeness(features[feature], FLOORS.get(feature, FLOOR))
                for feature, spread in house_profile.register.items()
            ]
        ),
        clean=_clean(text),
        citation_form=_citation_form(text),
    )


def _headings(text: str) -> float:
    written = sum(bool(one.heading) for one in sections(text))
    in_order = headings_written(text)
    return max(0.0, in_order / len(house().headings) - 0.1 * (written - in_order))


def _citation_form(text: str) -> float | None:
    whole = len(_REFERENCE.findall(text))
    return len(_IN_FORM.findall(text)) / whole if whole else None


def _clean(text: str) -> float:
    """The share of clean sentences.

    The first word is left out of what is compared: it may be a name that its capital does not tell.
    """
    seen: set[str] = set()
    bad = count = 0
    for start, end in sentences(text):
        sentence = text[start:end].strip()
        if sentence in house().headings:
            continue
        count += 1
        compared = sentence.partition(" ")[2]
        repeats = len(compared.split()) >= _REPEATS and compared in seen
        seen.add(compared)
        bad += repeats or bool(_CHAT.search(sentence) or line_marks(sentence))
    return 1 - bad / count if count else 0.0


def _mean(values: list[float]) -> float:
    return sum(values) / len(values)


_REPEATS = 4
"""Words behind the first from which on a sentence that stands twice is a repetition."""
_IN_FORM = re.compile(r"(?<=[\w.,;:”’\")\]])[ ]?\[0\]")
_REFERENCE = re.compile(
    r"\[0\]|\[(?:[Pp]assages? )?0(?:[,;-] ?0)+\]|\[[Pp]assages? 0\]|\b[Pp]assages? 0\b|\^0"
)
_CHAT = re.compile(
    r"^(?:sure|certainly|of course|absolutely|great question|hello|hi|dear|here (?:is|are)|i hope|"
    r"i(?:'m| am) (?:sorry|an ai|here)|as an ai|please (?:note|let me know|feel free)|note:|"
    r"disclaimer|thank you|sincerely|regards|(?:to|from|date|subject|re|cc):)"
    r"|let me know|hope this helps|feel free to|as an ai\b|language model|\bthe memorandum is\b"
    r"|^(?:[-*•]|0[.)])(?: |$)|\*\*|^#+ |```|\[(?:your|insert|name|date|client)[^\]]*\]",
    re.IGNORECASE,
)
