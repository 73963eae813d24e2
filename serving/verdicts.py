"""One sentence against the passages that it cites: its verdict, the reason, the span behind it.

Deterministic: the first fault that is found is the reason. Where the words alone leave it open
whether a passage supports the sentence, its meaning is asked, if there is an embedder to ask.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from serving import authorities, contradictions, negation
from serving.alignment import Alignment, align, overlap, stem, tokens
from serving.facts import ALTERED, PASSAGE_NUMBER, QUOTATION, REMARK, facts, missing
from serving.meaning import Meaning
from serving.pins import pins, wrong
from serving.sources import Source, Span

Verdict = Literal[
    "verified",
    "partly",
    "unsupported",
    "uncited",
    "invalid",
    "reasoning",
    "unchecked",
    "record",
]
"""``partly``: nothing in it is found wrong, but the passages hold only a part of it, or one of
those cited nothing; ``invalid``: cites a passage that was not given; ``uncited``: states a fact,
cites nothing; ``reasoning``: states nothing that could be looked up; ``unchecked``: may be
half of one, of a memorandum that broke off or of a section that ran out of room; ``record``: tells
of the search itself, by rule and by no model (``serving.abstain``)."""

SUPPORTED = 0.2
"""Of a sentence's words, the share that the passages cited hold, less ``OTHERS`` times the share
that the best of the others holds: below it, the passages do not support the sentence."""
OTHERS = 0.6
"""Words that other passages hold too (the parties, the subject) tell little."""
PART = 0.25
"""Share of the words from which on a passage says a part of what is not supported."""
SURPASSED = 0.3
"""By how much another passage must hold more, for the citation to be a mistake."""
CERTAIN = 0.75
"""Share that a passage must hold for a citation to be corrected to it."""
IDLE = 0.1
"""Share below which a passage holds nothing of a sentence."""
GAIN = 0.05
"""By how much a passage beside those cited must add to what they hold."""
WHOLE = 0.9
"""Share that a passage must hold together with those cited, to be cited beside them."""
NEAR = 0.7
"""Cosine from which on a sentence says what a sentence of its passage says, whatever its words."""
TELLING = 3
"""Words and quantities that a sentence must have for its support to be measured; a quotation that
stands in the passage needs no other support."""


@dataclass(frozen=True, slots=True)
class Judged:
    """What a sentence was found to be."""

    verdict: Verdict
    reason: str = ""
    """Why it is not verified, in words for the reader; else empty."""
    spans: tuple[Span, ...] = ()
    """Where the passages support it, as far as they do."""
    correction: tuple[int, ...] = ()
    """The passages that support it where those cited do not; then the spans are theirs."""


def judge(
    sentence: str, cited: Sequence[int], sources: Sequence[Source], meaning: Meaning | None = None
) -> Judged:
    """Gives the verdict on a sentence that cites these passages, numbered from 1."""
    absent = [number for number in cited if not 1 <= number <= len(sources)]
    if absent:
        return Judged("invalid", f"cites passage {absent[0]}, which was not given")
    case = _Case(PASSAGE_NUMBER.sub("", sentence), sources, meaning)
    if not cited:
        return _uncited(sentence, case)
    if not case.telling and not facts(sentence) and not [*_open_quotations(sentence)]:
        held = case.tokens and case.support(cited) == 1 and not case.fault(cited)
        return Judged("verified", "", case.spans(cited)) if held else Judged("reasoning")
    return _cited(case, cited)


def _cited(case: "_Case", cited: Sequence[int]) -> Judged:
    told, spans = _listed(cited), case.spans(cited)
    fault = case.fault(cited)
    if better := case.better(cited, faulty=bool(fault)):
        reason = f"{fault or f'{told} does not say this'}; {_listed(better)} does"
        return Judged("unsupported", reason, case.spans(better), better)
    if fault:
        return Judged("unsupported", fault, spans)
    if case.measured and case.lead(cited) < SUPPORTED and not case.near(cited):
        partly = case.support(cited) >= PART
        says = "says only a part of this" if partly else "does not say this"
        return Judged("partly" if partly else "unsupported", f"{told} {says}", spans)
    if idle := case.idle(cited):
        return Judged("partly", f"nothing of this stands in [{idle}]", spans)
    return Judged("verified", "", spans)


def _uncited(sentence: str, case: "_Case") -> Judged:
    asks = sentence.strip().endswith("?")
    number = 0 if asks else case.held_by()
    if not number and not facts(sentence):
        return Judged("reasoning")
    reason = "states a fact and cites no passage"
    if not number:
        return Judged("uncited", reason)
    return Judged("uncited", f"{reason}; [{number}] has it", case.spans([number]))


class _Case:
    """A sentence with the passages given, and what was asked of them so far."""

    def __init__(self, bare: str, sources: Sequence[Source], meaning: Meaning | None) -> None:
        self._sources = sources
        self._meaning = meaning
        self._pins = pins(bare)
        self._written = bare
        absent, rest = authorities.unknown(bare, [source.shown for source in sources])
        self._authorities = absent
        rest = ALTERED.sub(lambda letter: f"  {letter[1]}", rest)
        rest = REMARK.sub(lambda remark: " " * len(remark.group()), rest)
        for pin in self._pins:
            rest = rest[: pin.start] + "_" * (pin.end - pin.start) + rest[pin.end :]
        self._rest = rest
        self.tokens = tuple(one for one in tokens(rest) if one.key not in _REPORTING)
        self.telling = len(self.tokens) >= TELLING
        outside = tokens(QUOTATION.sub(" ", rest))
        self.measured = sum(one.key not in _REPORTING for one in outside) >= TELLING
        self._aligned: dict[int, Alignment] = {}

    def fault(self, cited: Sequence[int]) -> str:
        """Gives the first thing in the sentence that the passages cited do not bear out, or ""."""
        told = _listed(cited)
        chosen = [self._sources[number - 1] for number in cited]
        if self._authorities:
            return f"“{self._authorities[0]}” stands in no passage"
        for quotation in _open_quotations(self._rest):
            if missing(f"“{quotation}”", [source.text for source in chosen]):
                return f"“{quotation}” does not stand in {told}"
        lacking = missing(self._rest, [source.shown for source in chosen])
        if lacking:
            return f"“{lacking[0]}” does not stand in {told}"
        places = [(source.page, source.section) for source in chosen]
        text = "\n".join(source.text for source in chosen)
        for pin in self._pins:
            if reason := wrong(pin, self._written[pin.start : pin.end], places, text):
                return reason
        return self._turned(cited)

    def _turned(self, cited: Sequence[int]) -> str:
        """What one passage says otherwise, where none says it so."""
        reasons = []
        for number in cited:
            alignment = self.aligned(number)
            if not alignment.blocks:
                continue
            other = contradictions.replaced(
                alignment,
                self._rest,
                self._sources[number - 1].text,
                self._sources[number - 1].shown,
            )
            turned = negation.flipped(alignment)
            if other:
                reasons.append(f"[{number}] has “{other[1]}” where this says “{other[0]}”")
            elif turned:
                word = self._rest[turned.start : turned.end]
                reasons.append(f"a “not” by “{word}” stands either here or in [{number}] alone")
        return reasons[0] if reasons else ""

    def support(self, cited: Sequence[int]) -> float:
        """Gives the share of the sentence's words that the passages hold."""
        return overlap(self.tokens, [tokens(self._sources[number - 1].shown) for number in cited])

    def lead(self, cited: Sequence[int]) -> float:
        """Gives by how much the passages hold more than the others, as ``SUPPORTED`` has it."""
        others = [n for n in range(1, len(self._sources) + 1) if n not in cited]
        return self.support(cited) - OTHERS * max((self.support([n]) for n in others), default=0.0)

    def near(self, cited: Sequence[int]) -> bool:
        """Whether the sentence means what one of the passages says."""
        if self._meaning is None:
            return False
        texts = (self._sources[number - 1].text for number in cited)
        return any(self._meaning(self._written, text) >= NEAR for text in texts)

    def better(self, cited: Sequence[int], *, faulty: bool) -> tuple[int, ...]:
        """Gives the passages that support the sentence where those cited do not, or none."""
        held = self.support(cited)
        if not self.telling or (not faulty and held >= CERTAIN):
            return ()
        for others in self._others(cited):
            support = self.support(others)
            added = len(others) > len(cited)
            more = SURPASSED if not faulty else GAIN if added else 0.0
            least = WHOLE if added else CERTAIN
            if support >= max(least, held + more) and not self.fault(others):
                return others
        return ()

    def idle(self, cited: Sequence[int]) -> int:
        """Gives a passage that is cited beside others and holds nothing of the sentence, or 0."""
        for number in cited:
            rest = [other for other in cited if other != number]
            if rest and self.telling and self.support([number]) < IDLE and not self.fault(rest):
                return number
        return 0

    def held_by(self) -> int:
        """Gives the passage that says what the sentence says, or 0."""
        if len(self.tokens) <= TELLING:
            return 0
        numbers = sorted(range(1, len(self._sources) + 1), key=lambda n: -self.support([n]))[:2]
        said = (n for n in numbers if self.support([n]) >= CERTAIN and not self.fault([n]))
        return next(said, 0)

    def _others(self, cited: Sequence[int]) -> Iterator[tuple[int, ...]]:
        """Another passage for those cited, then beside one of them; the likeliest first."""
        rest = [n for n in range(1, len(self._sources) + 1) if n not in cited]
        rest.sort(key=lambda number: -self.support([number]))
        yield from ((number,) for number in rest)
        for number in rest:
            yield from ((kept, number) for kept in cited)

    def aligned(self, number: int) -> Alignment:
        """Gives the sentence laid along a passage's text."""
        if number not in self._aligned:
            self._aligned[number] = align(self._rest, self._sources[number - 1].text)
        return self._aligned[number]

    def spans(self, cited: Sequence[int]) -> tuple[Span, ...]:
        """Gives where the passages support the sentence."""
        found = ((number, self.aligned(number).span) for number in cited)
        return tuple(Span(number, *span) for number, span in found if span is not None)


def _open_quotations(sentence: str) -> Iterator[str]:
    """What is quoted by one mark alone, as the end of a sentence within a quotation leaves it."""
    if sentence.count("“") > sentence.count("”"):
        yield sentence[sentence.rindex("“") + 1 :].strip(" .,;?!")
    elif sentence.count("”") > sentence.count("“"):
        yield sentence[: sentence.index("”")].strip(" .,;?!")


_REPORTING = frozenset(
    map(stem, "says said states stated provides document passage records shows notes".split())
)
"""Words that say where something stands, not what."""


def _listed(numbers: Sequence[int]) -> str:
    return ", ".join(f"[{number}]" for number in numbers)
