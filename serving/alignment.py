"""A sentence laid along a passage: which of its words stand there, in which order, and where.

Words are compared by their stems and quantities by their value, so that "pays thirty dollars" is
laid along "shall pay $30". Small words carry neither; a negation is a mark on the word behind it.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from functools import lru_cache

from serving.quantities import Quantity, quantities


@dataclass(frozen=True, slots=True)
class Token:
    """A word or a quantity at ``text[start:end]``."""

    key: str
    """By which it is compared: a stem, or a quantity's value."""
    start: int
    end: int
    negated: bool = False
    """Whether a negation stands between it and the word before."""
    quantity: Quantity | None = None


@dataclass(frozen=True, slots=True)
class Block:
    """Tokens ``sentence[first:first + size]`` that stand as ``passage[at:at + size]``."""

    first: int
    at: int
    size: int


@dataclass(frozen=True, slots=True)
class Alignment:
    """A sentence's tokens along a passage's, with the blocks that agree, in order."""

    sentence: tuple[Token, ...]
    passage: tuple[Token, ...]
    blocks: tuple[Block, ...]

    @property
    def span(self) -> tuple[int, int] | None:
        """Where in the passage most of the sentence stands; None where nothing of it does."""
        spans = [(self.passage[b.at], self.passage[b.at + b.size - 1], b.size) for b in self.blocks]
        if not spans:
            return None
        longest = max(range(len(spans)), key=lambda index: spans[index][2])
        first = last = longest
        while first > 0 and spans[first][0].start - spans[first - 1][1].end <= _NEAR:
            first -= 1
        while last + 1 < len(spans) and spans[last + 1][0].start - spans[last][1].end <= _NEAR:
            last += 1
        return spans[first][0].start, spans[last][1].end


def align(sentence: str, passage: str) -> Alignment:
    """Lays a sentence along a passage. Method: difflib's longest matching blocks."""
    said, held = tokens(sentence), tokens(passage)
    matcher = SequenceMatcher(
        None, [one.key for one in said], [one.key for one in held], autojunk=False
    )
    blocks = tuple(Block(*match) for match in matcher.get_matching_blocks() if match.size)
    return Alignment(said, held, blocks)


def overlap(sentence: Sequence[Token], passages: Sequence[Sequence[Token]]) -> float:
    """Gives the share of the sentence's tokens that stand in the passages, in any order."""
    held = {token.key for passage in passages for token in passage}
    return sum(token.key in held for token in sentence) / len(sentence) if sentence else 0.0


@lru_cache(maxsize=1024)
def tokens(text: str) -> tuple[Token, ...]:
    """Gives a text's words and quantities in order, without small words."""
    found: list[Token] = []
    counted = quantities(text)
    at = 0
    negated = False
    for match in _PIECE.finditer(text):
        start, piece = match.start(), match.group()
        if start < at:
            continue
        while counted and counted[0].start < start:
            counted.pop(0)
        if counted and counted[0].start == start:
            one = counted.pop(0)
            at = one.end
            value = "/".join(" ".join(key) for key in sorted(one.readings[0]))
            found.append(Token(value, start, one.end, negated, one))
            negated = False
            continue
        word = piece.lower().replace("’", "'")
        if not word[0].isalnum():
            # "If you can not, ..." says so of what stands before.
            if negated and found and text[start - 1] not in '”"':
                found[-1] = replace(found[-1], negated=not found[-1].negated)
            negated = False
        elif _NUMERO.match(text, start):
            continue
        elif word in _NEGATIONS or word.endswith("n't") or word == "cannot":
            negated = not negated
        elif word not in _SMALL:
            found.append(Token(stem(word), start, match.end(), negated))
            negated = False
    return tuple(found)


def stem(word: str) -> str:
    """Gives a word in lower case without its inflection, roughly: prohibits, prohibited."""
    word = re.sub(r"(?:'s|s')$", "", word.lower().replace("’", "'"))
    if len(word) > 4 and word.endswith(("ies", "ied")):
        return word[:-3] + "y"
    bare = re.sub(r"(?:ing|ed|es|s|e)$", "", word) if len(word) > 3 and word[-2:] != "ss" else word
    if len(bare) < 3:
        return word
    return bare[:-1] if len(bare) > 3 and bare[-1] == bare[-2] and bare[-1] not in "ls" else bare


_NEAR = 60
"""Characters between two blocks of one span, at most."""
_PIECE = re.compile(r"[^\W_]+(?:['’][^\W\d_]+)*|[$€£§%]|[.;:,()](?=\s|$)")
_NUMERO = re.compile(r"Nos?\.(?=\s)")
_NEGATIONS = frozenset("not no never neither nor none nothing nobody without".split())
_SMALL = frozenset(
    "a an the this that these those and or but of in on at to by from with for as is are was were "
    "be been being has have had do does did will would shall should may might can could must it "
    "its he she they we you his her their our your my i me him them us who whom whose which what "
    "when where there here if so such than then also any each into upon under only s t".split()
)
