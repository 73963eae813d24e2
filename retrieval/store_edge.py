"""The embedded store: a Qdrant Edge shard in a folder of the matter (``store_shard``)."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import qdrant_edge as edge

from retrieval.documents import Passage
from retrieval.errors import IndexUnavailable
from retrieval.space import FREE_BYTES, check_space, free_space
from retrieval.store import (
    DENSE,
    READ_BATCH,
    SPARSE,
    Entry,
    Hit,
    Hits,
    StoredPassage,
    passage_of,
)
from retrieval.store_bm25 import question_words, stored
from retrieval.store_shard import Shard

_RESCORED = edge.SearchParams(
    quantization=edge.QuantizationSearchParams(rescore=True, oversampling=2.0)
)
"""Twice as many as asked for are found by their four bits, and ranked by their whole vectors."""


@dataclass(frozen=True, slots=True)
class _Held:
    """A shard that is kept open, and what is in it: nobody writes to it meanwhile."""

    shard: edge.EdgeShard
    generations: set[int]
    alone: bool
    """Whether all of it is of this matter, as it should be."""


class EdgeStore:
    """The passages of one matter in the shard at ``folder``; made on first write.

    ``free_bytes`` of its disk stay free.
    """

    erases = True

    def __init__(self, folder: Path, matter_id: str, free_bytes: int = FREE_BYTES) -> None:
        self._folder = folder
        self._shard = Shard(folder, matter_id)
        self._unfinished = folder.with_name(folder.name + ".deleting")
        self._matter_id = matter_id
        self._held: _Held | None = None
        self._free_bytes = free_bytes

    def add(self, entries: Sequence[Entry]) -> None:
        """Writes passages durably; those already there in their generation are replaced."""
        self.put([stored(entry) for entry in entries])

    def put(self, passages: Sequence[StoredPassage]) -> None:
        """As ``add``, with vectors that were made before."""
        check_space(self._folder, self._free_bytes, self._matter_id)
        points = [
            edge.Point(
                one.point_id,
                {
                    DENSE: list(one.dense),
                    SPARSE: edge.SparseVector(list(one.indices), list(one.values)),
                },
                one.payload,
            )
            for one in passages
        ]
        with self._shard.opened(create=True) as shard:
            shard.update(edge.UpdateOperation.upsert_points(points))
            shard.flush()

    def read(self, generations: Collection[int]) -> Iterator[StoredPassage]:
        """Gives what is stored of these generations; others may use the shard in between."""
        if not generations or not self._folder.exists():
            return
        offset, more = None, True
        while more:
            with self._shard.kept() as shard:
                found, offset = shard.scroll(
                    edge.ScrollRequest(
                        offset=offset,
                        limit=READ_BATCH,
                        filter=self._filter(generations),
                        with_payload=True,
                        with_vector=True,
                    )
                )
            more = offset is not None
            for point in found:
                payload: dict[str, Any] = point.payload or {}
                vectors: Any = point.vector
                words = vectors[SPARSE]
                yield StoredPassage(
                    passage_of(payload),
                    int(payload["generation"]),
                    vectors[DENSE],
                    words.indices,
                    words.values,
                )

    def count(self, *generations: int) -> int:
        """Gives how many passages these generations have together."""
        if not self._folder.exists():
            return 0
        with self._shard.opened() as shard:
            return int(shard.count(edge.CountRequest(exact=True, filter=self._filter(generations))))

    def passages(self, generation: int) -> list[Passage]:
        """Gives all passages of a generation, in the order of their document."""
        if not self._folder.exists():
            return []
        with self._shard.kept() as shard:
            found, _ = shard.scroll(
                edge.ScrollRequest(
                    limit=2**31,
                    filter=self._filter([generation]),
                    with_payload=True,
                    with_vector=False,
                )
            )
        passages = [passage_of(point.payload or {}) for point in found]
        return sorted(passages, key=lambda one: one.start)

    def generations(self) -> set[int]:
        """Gives all generations of the matter that have passages, active or not."""
        if not self._folder.exists():
            return set()
        with self._shard.opened() as shard:
            return {*self._generations(shard)}

    def delete(self, generations: Collection[int]) -> None:
        """Removes the passages of these generations durably, their text from the disk too."""
        self._shard.clear_aside()
        if not self._folder.exists() or not (generations or self._unfinished.exists()):
            return
        check_space(self._folder, self._free_bytes + _size(self._folder), self._matter_id)
        self._unfinished.touch()
        with self._shard.opened() as shard:
            self._shard.clear_cut_rewriting()
            if generations:
                filter_ = self._filter(generations)
                shard.update(edge.UpdateOperation.delete_points_by_filter(filter_))
                shard.flush()
            _rewrite(shard)
        self._unfinished.unlink()

    def settle(self) -> None:
        """Writes anew what was added, if it is much: so it is opened and searched quicker."""
        room = self._free_bytes + _size(self._folder)
        if self._folder.exists() and free_space(self._folder) >= room:
            with self._shard.opened() as shard:
                _rewrite(shard)

    def drop(self) -> None:
        """Removes all passages of the matter, also those of a damaged index."""
        self._shard.drop()

    def release(self) -> None:
        """Closes what searches keep open."""
        self._shard.release()

    def search(
        self,
        vector: Sequence[float],
        words: str,
        *,
        active: Collection[int],
        limit: int,
        also: Sequence[int] = (),
    ) -> Hits:
        """Gives at most ``limit`` passages of each search, and as many from each of ``also``."""
        if not active:
            return Hits([], [])
        if not self._folder.exists():
            raise IndexUnavailable(
                f"{self._matter_id}: its index is not on this machine; if a server keeps it, set "
                "QDRANT_URL, else delete the matter and ingest its files again"
            )
        with self._shard.kept() as shard:
            if self._held is None or self._held.shard is not shard:
                self._held = self._look_into(shard)
            # A filter that lets everything through takes longer than the search without one.
            everything = self._held.alone and self._held.generations <= {*active}
            seen = None if everything else self._filter(active)
            counted = edge.IdfParams(corpus=seen) if seen else None
            queries = [
                edge.QueryRequest(limit=limit, query=query, filter=among, params=params)
                for among in (seen, *(self._filter([generation]) for generation in also))
                for query, params in (
                    (edge.Query.Nearest(list(vector), using=DENSE), _RESCORED),
                    (
                        edge.Query.Nearest(question_words(words), using=SPARSE),
                        edge.SearchParams(idf=counted),
                    ),
                )
            ]
            found = [
                [(point.id, point.score) for point in points]
                for points in shard.query_batch(edge.QueryBatchRequest(queries))
            ]
            # Much of what one search finds the other finds, too: each passage is read once.
            ids = list({id_ for points in found for id_, _ in points})
            passages = {
                point.id: passage_of(point.payload or {})
                for point in shard.retrieve(ids, with_payload=True, with_vector=False)
            }
        hits = [[Hit(passages[id_], score) for id_, score in points] for points in found]
        return Hits.of(hits[::2], hits[1::2])

    def _look_into(self, shard: edge.EdgeShard) -> "_Held":
        counts = self._generations(shard)
        return _Held(shard, {*counts}, shard.info().points_count == sum(counts.values()))

    def _generations(self, shard: edge.EdgeShard) -> dict[int, int]:
        """The matter's generations, with how many passages each has."""
        found = shard.facet(
            edge.FacetRequest("generation", limit=2**31, exact=True, filter=self._filter())
        )
        return {int(hit.value): hit.count for hit in found.hits}

    def _filter(self, generations: Collection[int] | None = None) -> edge.Filter:
        matter = edge.FieldCondition("matter_id", match=edge.MatchValue(self._matter_id))
        if generations is None:
            return edge.Filter(must=[matter])
        match = edge.MatchAny(sorted(generations))
        return edge.Filter(must=[matter, edge.FieldCondition("generation", match=match)])


def _rewrite(shard: edge.EdgeShard) -> None:
    """Writes anew what holds deleted passages, which are only marked, or many that were added."""
    if shard.optimize():
        shard.flush()


def _size(folder: Path) -> int:
    """The bytes that the files of a folder take on disk; those of a shard are sparse."""
    return sum(file.stat().st_blocks * 512 for file in folder.rglob("*") if file.is_file())
