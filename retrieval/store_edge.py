"""The embedded store: a Qdrant Edge shard in a folder of the matter (``store_shard``)."""

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

import qdrant_edge as edge

from retrieval.space import FREE_BYTES, check_space
from retrieval.store import DENSE, SPARSE, Entry, Hit, Hits, passage_of, payload_of, point_id
from retrieval.store_bm25 import passage_words, question_words
from retrieval.store_shard import Shard


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
        self._held: tuple[edge.EdgeShard, set[int]] | None = None
        """The shard that is kept open, and the generations in it: nobody writes to it meanwhile."""
        self._free_bytes = free_bytes

    def add(self, entries: Sequence[Entry]) -> None:
        """Writes passages durably; those already there in their generation are replaced."""
        check_space(self._folder, self._free_bytes, self._matter_id)
        points = [
            edge.Point(
                point_id(entry),
                {DENSE: list(entry.dense), SPARSE: passage_words(entry.indexed_text)},
                payload_of(entry),
            )
            for entry in entries
        ]
        with self._shard.opened(create=True) as shard:
            shard.update(edge.UpdateOperation.upsert_points(points))
            shard.flush()

    def count(self, *generations: int) -> int:
        """Gives how many passages these generations have together."""
        if not self._folder.exists():
            return 0
        with self._shard.opened() as shard:
            return int(shard.count(edge.CountRequest(exact=True, filter=self._filter(generations))))

    def generations(self) -> set[int]:
        """Gives all generations of the matter that have passages, active or not."""
        if not self._folder.exists():
            return set()
        with self._shard.opened() as shard:
            return self._generations(shard)

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
        with self._shard.kept() as shard:
            if self._held is None or self._held[0] is not shard:
                self._held = shard, self._generations(shard)
            # To ask for each of a thousand generations takes longer than the search in them.
            seen = self._filter(None if self._held[1] <= {*active} else active)
            queries = [
                edge.QueryRequest(
                    limit=limit, query=query, filter=among, params=params, with_payload=True
                )
                for among in (seen, *(self._filter([generation]) for generation in also))
                for query, params in (
                    (edge.Query.Nearest(list(vector), using=DENSE), None),
                    (
                        edge.Query.Nearest(question_words(words), using=SPARSE),
                        edge.SearchParams(idf=edge.IdfParams(corpus=seen)),
                    ),
                )
            ]
            found = shard.query_batch(edge.QueryBatchRequest(queries))
        hits = [_hits(points) for points in found]
        return Hits.of(hits[::2], hits[1::2])

    def _generations(self, shard: edge.EdgeShard) -> set[int]:
        found = shard.facet(
            edge.FacetRequest("generation", limit=2**31, exact=True, filter=self._filter())
        )
        return {int(hit.value) for hit in found.hits}

    def _filter(self, generations: Collection[int] | None = None) -> edge.Filter:
        matter = edge.FieldCondition("matter_id", match=edge.MatchValue(self._matter_id))
        if generations is None:
            return edge.Filter(must=[matter])
        match = edge.MatchAny(sorted(generations))
        return edge.Filter(must=[matter, edge.FieldCondition("generation", match=match)])


def _rewrite(shard: edge.EdgeShard) -> None:
    """Writes anew what holds deleted passages: they are only marked, and their text is there."""
    if shard.optimize():
        shard.flush()


def _size(folder: Path) -> int:
    """The bytes that the files of a folder take on disk; those of a shard are sparse."""
    return sum(file.stat().st_blocks * 512 for file in folder.rglob("*") if file.is_file())


def _hits(points: Sequence[Any]) -> list[Hit]:
    return [Hit(passage_of(point.payload), point.score) for point in points]
