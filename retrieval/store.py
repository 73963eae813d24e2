"""The store's contract: what every index of passages does, whatever holds it.

A store holds the passages of one matter: there is no call without one. A passage belongs to a
generation, and a search sees only the generations named as active, so that a document is
replaced in one step by changing what is active. A passage's id is made from its matter, too: no
two matters have one in common, so that they can share a collection.
"""

import uuid
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Protocol

from retrieval.documents import Passage

DENSE, SPARSE = "dense", "bm25"
"""The names of a passage's two vectors, the same in every store."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A passage as it is stored: its dense vector and the text that its words come from."""

    passage: Passage
    generation: int
    dense: Sequence[float]
    indexed_text: str
    """Header and text: what the sparse vector is made of."""


@dataclass(frozen=True, slots=True)
class StoredPassage:
    """A passage as it lies in a store, with both of its vectors: it can go into any other store.

    The embedded index keeps dense vectors in 16 bits, a server in 32: what has been in the embedded
    one goes anywhere and back unchanged.
    """

    passage: Passage
    generation: int
    dense: Sequence[float]
    indices: Sequence[int]
    """Of the sparse vector: its words' numbers."""
    values: Sequence[float]
    """Of the sparse vector: one for each index."""

    @property
    def point_id(self) -> str:
        """What it is stored under: the same passage in two generations is stored twice.

        So a document may be written anew, its bytes unchanged, while its passages are searched.
        """
        return str(uuid.uuid5(uuid.UUID(self.passage.id), str(self.generation)))

    @property
    def payload(self) -> dict[str, Any]:
        """What is stored beside the vectors: the passage and its generation."""
        passage = {name: getattr(self.passage, name) for name in _FIELDS}
        return {**passage, "generation": self.generation}


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

    @classmethod
    def of(cls, dense: Sequence[Sequence[Hit]], sparse: Sequence[Sequence[Hit]]) -> "Hits":
        """Gives what a question finds among all, with what it finds in parts of it added."""
        return cls(_with_more(*dense), _with_more(*sparse))


@dataclass(frozen=True, slots=True)
class ServerAddress:
    """Where a server keeps the index, and how it is reached."""

    url: str
    collection: str
    timeout: int
    """Seconds that the server has for an answer."""
    api_key: str | None = field(default=None, repr=False)
    ca_file: Path | None = None
    """The certificates that the server's is checked against; None for the system's."""


class Store(Protocol):
    """An index over the passages of one matter.

    Every method raises IndexUnavailable where the index is busy for too long, damaged or out of
    reach; none gives an empty answer for a failed one.
    """

    erases: bool
    """Whether the text of what is deleted is off the disk at once; a server takes its time."""

    def add(self, entries: Sequence[Entry]) -> None:
        """Writes passages durably; those already there in their generation are replaced."""

    def put(self, passages: Sequence[StoredPassage]) -> None:
        """As ``add``, with vectors that were made before: nothing is embedded."""

    def read(self, generations: Collection[int]) -> Iterator[StoredPassage]:
        """Gives what is stored of these generations, in no set order; put back, it is the same.

        A few hundred are in memory at a time, and between them others may use the index.
        """

    def count(self, *generations: int) -> int:
        """Gives how many passages these generations have together."""

    def passages(self, generation: int) -> list[Passage]:
        """Gives all passages of a generation, in the order of their document."""

    def generations(self) -> set[int]:
        """Gives all generations of the matter that have passages, active or not."""

    def delete(self, generations: Collection[int]) -> None:
        """Removes the passages of these generations durably.

        Where the index lies on this machine, the text of all that was ever deleted is gone from
        the disk after this, also where there is nothing left to delete.
        """

    def settle(self) -> None:
        """Makes quick to search what was added, once all of it is; changes nothing else."""

    def drop(self) -> None:
        """Removes all passages of the matter, also those of a damaged index."""

    def search(
        self,
        vector: Sequence[float],
        words: str,
        *,
        active: Collection[int],
        limit: int,
        also: Sequence[int] = (),
    ) -> Hits:
        """Gives at most ``limit`` passages of each search, from the active generations only.

        From each generation of ``also``, which are active too, it gives as many again.

        How rare a word is (BM25's inverse document frequency) is counted over the same passages:
        neither another matter nor a generation that is not active has a part in a score.
        """


def _with_more(found: Sequence[Hit] = (), *parts: Sequence[Hit]) -> list[Hit]:
    there = {hit.passage.id for hit in found}
    more = {hit.passage.id: hit for part in parts for hit in part if hit.passage.id not in there}
    return sorted([*found, *more.values()], key=lambda hit: -hit.score)


READ_BATCH = 256
"""Passages that are read from a store at once."""


def passage_of(payload: Mapping[str, Any]) -> Passage:
    """Gives the passage of a stored payload."""
    # What was stored before passages told their section has fewer fields.
    return Passage(**{name: payload[name] for name in _FIELDS if name in payload})


_FIELDS = [one.name for one in fields(Passage)]
