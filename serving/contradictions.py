"""A fact of a sentence in whose place its passage has another: "60 days" for "30 days".

Found by laying the sentence along the passage: the words on both sides agree, what stands between
them does not. So it is noticed although the passage has the sentence's number elsewhere.
"""

from collections.abc import Iterator, Sequence

from serving.alignment import Alignment, Token
from serving.facts import NO_NAMES

BESIDE = 3
"""Words beside the fact that must agree, on both sides together; on each side at least one, unless
the sentence begins or ends there."""


def replaced(
    alignment: Alignment, sentence: str, passage: str, shown: str
) -> tuple[str, str] | None:
    """Gives what the sentence says and what stands in its place in the passage, or None.

    ``shown`` is the passage with its place: a name that it has is told by another, as a landlord by
    the name that the document's title has.
    """
    for ours, theirs in _between(alignment):
        said = sentence[ours.start : ours.end]
        held = passage[theirs.start : theirs.end]
        one, other = _count(ours), _count(theirs)
        if ours.quantity is not None and theirs.quantity is not None:
            if not _stands(ours, theirs) and _kind(ours) == _kind(theirs):
                return said, held
        elif one is not None or other is not None:
            if one is not None and other is not None and one != other:
                return said, held
        elif _named(said) and _named(held) and said.lower() not in shown.lower():
            return said, held
    return None


def _between(alignment: Alignment) -> Iterator[tuple[Token, Token]]:
    """Single tokens that stand in each other's place."""
    said, held = alignment.sentence, alignment.passage
    runs = [block for block in alignment.blocks if block.size >= BESIDE]
    places = {(block.first - 1, block.at - 1) for block in alignment.blocks}
    places |= {(block.first + block.size, block.at + block.size) for block in alignment.blocks}
    for first, at in sorted(places):
        inside = 0 <= first < len(said) and 0 <= at < len(held)
        # A word that stands in a run of its own is not replaced; something was left out beside it.
        if not inside or any(b.first <= first < b.first + b.size for b in runs):
            continue
        before, after = _agreeing(said, held, first, at, -1), _agreeing(said, held, first, at, 1)
        opens, closes = before or first == 0, after or first == len(said) - 1
        if opens and closes and before + after >= BESIDE:
            yield said[first], held[at]


def _agreeing(said: Sequence[Token], held: Sequence[Token], first: int, at: int, step: int) -> int:
    """How many words agree beside two places, going one way."""
    count = 0
    while count < BESIDE:
        first, at = first + step, at + step
        inside = 0 <= first < len(said) and 0 <= at < len(held)
        if not inside or said[first].key != held[at].key:
            break
        count += 1
    return count


def _stands(ours: Token, theirs: Token) -> bool:
    assert ours.quantity is not None
    assert theirs.quantity is not None
    held = theirs.quantity.implied.union(*theirs.quantity.readings)
    return any(reading <= held for reading in ours.quantity.readings)


def _kind(token: Token) -> str:
    """Dates compare with dates, dollars with dollars, numbers with numbers."""
    assert token.quantity is not None
    kind = next(iter(token.quantity.readings[0]))[0]
    if kind in ("date", "day", "month", "of the month"):
        return "date"
    return kind if kind in "$€£%" else "number"


def _count(token: Token) -> str | None:
    """The value of a number that counts, "two" as well."""
    if token.quantity is None:
        return _FEW.get(token.key)
    (key,) = [key for reading in token.quantity.readings[:1] for key in reading][:1]
    return key[0] if len(key) == 1 else None


def _named(word: str) -> bool:
    return word[:1].isupper() and word.lower() not in NO_NAMES


_FEW = {"one": "1", "two": "2", "three": "3"}
"""Numbers that state no quantity alone (``serving.quantities``)."""
