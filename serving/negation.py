"""Whether a sentence says of its source's words that they are so where the source says not.

A negation counts for the word behind it. Where a run of words stands in both texts and one of them
has a negation more within it, the meaning is turned.
"""

from itertools import pairwise

from serving.alignment import Alignment, Token

RUN = 3
"""Words in a row that must agree before a negation among them is compared. A shorter run is chance:
"may be" and "may not be" stand in one passage of two things."""


def flipped(alignment: Alignment) -> Token | None:
    """Gives the word of the sentence that is negated in one of the texts alone, or None."""
    said, held = alignment.sentence, alignment.passage
    for block in alignment.blocks:
        ours = [said[block.first + step].negated for step in range(block.size)]
        theirs = [held[block.at + step].negated for step in range(block.size)]
        if block.size >= RUN and sum(ours) % 2 != sum(theirs) % 2:
            step = next(step for step in range(block.size) if ours[step] != theirs[step])
            return said[block.first + step]
    return _prefixed(alignment)


def _prefixed(alignment: Alignment) -> Token | None:
    """A word that stands between words that agree, as lawful does for unlawful."""
    for one, other in pairwise(alignment.blocks):
        first, at = one.first + one.size, one.at + one.size
        if other.first - first != 1 or other.at - at != 1:
            continue
        ours, theirs = alignment.sentence[first], alignment.passage[at]
        longer, shorter = sorted((ours.key, theirs.key), key=len, reverse=True)
        turned = any(longer == prefix + shorter for prefix in _PREFIXES)
        if turned and ours.negated == theirs.negated:
            return ours
    return None


_PREFIXES = ("un", "in", "im", "ir", "il", "dis", "non")
