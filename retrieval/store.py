"""The store's contract: what every index of passages does, whatever holds it.

A store holds the passages of one matter: there is no call without one. A passage belongs to a
generation, and a search sees only the generations named as active, so that a document is
replaced in one step by changing what is active.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Protocol

from retrieval.documents import Passage


@dataclass(frozen=True, slots=True)
class Entry:
    """A passage as it is stored: its dense vector and the text that its words come from."""

    passage: Passage
    generation: int
    dense: Sequence[float]
    indexed_text: str
    """Header and text: what the sparse vector is made of."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage with the raw score of one of the two searches."""

    passage: Passage
    score: float


@dataclass(frozen=True, slots=True)
class Hits:
    """What a question finds: nearest by cosine, and best by BM25, each best first."""

    dense: Sequence[Hit]
    sparse: Sequence[Hit]


class Store(Protocol):
    """An index over the passages of one matter.

    Every method raises IndexUnavailable where the index is busy for too long, damaged or out of
    reach; none gives an empty answer for a failed one.
    """

    def add(self, entries: Sequence[Entry]) -> None:
        """Writes passages durably; those already there are replaced."""

    def count(self, *generations: int) -> int:
        """Gives how many passages these generations have together."""

    def generations(self) -> set[int]:
        """Gives all generations of the matter that have passages, active or not."""

    def delete(self, generations: Collection[int]) -> None:
        """Removes the passages of these generations durably.

        Where the index lies on this machine, the text of all that was ever deleted is gone from
        the disk after this, also where there is nothing left to delete.
        """

    def drop(self) -> None:
        """Removes all passages of the matter, also those of a damaged index."""

    def search(
        self, vector: Sequence[float], words: str, *, active: Collection[int], limit: int
    ) -> Hits:
        """Gives at most ``limit`` passages of each search, from the active generations only."""
