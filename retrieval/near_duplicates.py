"""Documents that are nearly the same: drafts, re-sent e-mails, a message quoted in its reply.

A document's signature is the least of the hashes of its word runs (a bottom-k sketch: Cohen and
Kaplan, "Summarizing data using bottom-k sketches", 2007). It is kept in the manifest, so that a
later document is compared without reading this one again.

Two contracts on one form share nearly all of their words. What tells them apart stands in their
opening: who the parties are, where and when. Its names and numbers are therefore looked for in
the other document: a draft has them, another lease does not. (Measured: a lease with other parties,
premises and dates filled in has 0.86 of the word runs and 0.83 of the opening's names; drafts and
two conversions of one contract have 0.95 of these or more.)
"""

import re
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from retrieval.documents import Near

RUN = 5
"""Words in a run."""
KEPT = 512
"""Hashes of a signature's word runs at most, and of its opening's names."""
NAMES = 2_048
"""Hashes of the names and numbers of a whole document at most."""
OPENING = 1_500
"""Characters from the start whose names and numbers tell one paper from another on its form."""
SAME = 0.80
"""Share of the word runs of both that two documents have in common, to be nearly the same."""
WITHIN = 0.90
"""Share of the runs of the shorter that stand in the longer, to be held by it whole."""
OTHER_NAMES = 0.10
"""Share of the opening's names and numbers that may be missing in the other document."""
FEW_NAMES = 2
"""Names that may be missing in any case."""
LEAST = 32
"""The least hashes of a document, by which it is found."""
COMPARED = 16
"""Runs that must have been compared to say anything."""

Hashes = NDArray[np.uint64]

# The head of a message, which another sending of it changes.
_HEAD = re.compile(r"^(?:From|To|Cc|Bcc|Date|Sent|Subject): .*$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Signature:
    """What is kept of a document's text for comparing it: sketches, in ascending order."""

    runs: Hashes
    opening: Hashes
    names: Hashes

    def to_bytes(self) -> bytes:
        """Gives the signature as the manifest stores it, at most 25 kB."""
        parts = (self.runs, self.opening, self.names)
        return np.array([len(part) for part in parts], np.uint64).tobytes() + b"".join(
            part.tobytes() for part in parts
        )

    @classmethod
    def from_bytes(cls, stored: bytes) -> "Signature":
        """Gives the signature that ``to_bytes`` stored."""
        hashes = np.frombuffer(stored, np.uint64)
        runs, opening = 3 + int(hashes[0]), 3 + int(hashes[0] + hashes[1])
        return cls(hashes[3:runs], hashes[runs:opening], hashes[opening:])


class Signatures:
    """The signatures of a matter's documents by path, and which of them may be near to another."""

    def __init__(self, known: Mapping[str, Signature]) -> None:
        self._all: dict[str, Signature] = {}
        self._rows: list[str] = []
        self._least = np.full((16, LEAST), 2**64 - 1, np.uint64)
        for path, one in known.items():
            self.put(path, one)

    def put(self, path: str, one: Signature) -> None:
        """Adds a document's signature, or replaces it."""
        self._all[path] = one
        if len(self._rows) == len(self._least):
            self._least = np.concatenate([self._least, np.full_like(self._least, 2**64 - 1)])
        self._least[len(self._rows), : len(one.runs[:LEAST])] = one.runs[:LEAST]
        self._rows.append(path)

    def likely(self, one: Signature) -> dict[str, Signature]:
        """Gives those that share a run with a document, where it is one of their least.

        Nearly all that are near to it do, and few others; thousands are looked through in a
        millisecond.
        """
        if not len(one.runs):
            return {}
        least = self._least[: len(self._rows)]
        at = np.minimum(np.searchsorted(one.runs, least), len(one.runs) - 1)
        hit = (one.runs[at] == least).any(axis=1)
        return {self._rows[row]: self._all[self._rows[row]] for row in np.flatnonzero(hit)}


def signature(text: str) -> Signature:
    """Gives the signature of a document's text; a hundred pages take about 50 ms."""
    text = _HEAD.sub("", text[:OPENING]) + text[OPENING:]
    words = re.findall(r"\w+", text)
    hashed = np.array([zlib.crc32(word.lower().encode()) for word in words], np.uint64)
    mixed = np.zeros(max(0, len(hashed) - RUN + 1), np.uint64)
    for offset in range(RUN):
        mixed = _scrambled(mixed + hashed[offset : offset + len(mixed)])
    return Signature(
        _least(mixed, KEPT),
        _least(_names(re.findall(r"\w+", text[:OPENING])), KEPT),
        _least(_names(words), NAMES),
    )


def nearest(one: Signature, others: Mapping[str, Signature]) -> Near | None:
    """Gives the document of ``others`` (by any key) that ``one`` is most nearly the same as.

    One that is nearly the same comes before one that holds it or is held by it.
    """
    found = [near for key, other in others.items() if (near := _near(one, key, other))]
    rank = {"nearly the same as": 1}
    return max(found, key=lambda near: (rank.get(near.relation, 0), near.share), default=None)


def shared(one: Signature, other: Signature) -> float:
    """Gives the share of the word runs of both that two texts have in common, names or not."""
    mine, theirs = _compared(one, other)
    if min(len(mine), len(theirs)) < COMPARED:
        return 0.0
    common = len(np.intersect1d(mine, theirs, assume_unique=True))
    return common / (len(mine) + len(theirs) - common)


def _compared(one: Signature, other: Signature) -> tuple[Hashes, Hashes]:
    # Below the larger of the least hashes that either has kept, both are known in full.
    limit = min(_limit(one.runs, KEPT), _limit(other.runs, KEPT))
    return one.runs[one.runs <= limit], other.runs[other.runs <= limit]


def _near(one: Signature, key: str, other: Signature) -> Near | None:
    mine, theirs = _compared(one, other)
    shorter = min(len(mine), len(theirs))
    if shorter < COMPARED:
        return None
    common = len(np.intersect1d(mine, theirs, assume_unique=True))
    share, within = common / (len(mine) + len(theirs) - common), common / shorter
    if share >= SAME:
        same = _named(one, other) and _named(other, one)
        return Near("nearly the same as", key, share) if same else None
    if within < WITHIN:
        return None
    if len(mine) < len(theirs):
        return Near("is held by", key, within) if _named(one, other) else None
    return Near("holds all of", key, within) if _named(other, one) else None


def _named(one: Signature, other: Signature) -> bool:
    """Whether the names of one's opening stand in the other, all but a few."""
    opening = one.opening[one.opening <= _limit(other.names, NAMES)]
    missing = len(opening) - len(np.intersect1d(opening, other.names, assume_unique=True))
    return missing <= max(FEW_NAMES, OTHER_NAMES * len(opening))


def _limit(hashes: Hashes, kept: int) -> int:
    return int(hashes[-1]) if len(hashes) == kept else 2**64 - 1


def _least(hashes: Hashes, kept: int) -> Hashes:
    return np.unique(hashes)[:kept]


def _names(words: Sequence[str]) -> Hashes:
    """The hashes of the words that may be names, dates or amounts, no clause's number."""
    told = {
        word.lower() for word in words if word[0].isupper() or (word[0].isdigit() and len(word) > 2)
    }
    return _scrambled(np.array([zlib.crc32(word.encode()) for word in told], np.uint64))


def _scrambled(values: Hashes) -> Hashes:
    """Mixes 64-bit values (the finalizer of SplitMix64), so that their order is as if by chance."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))
