"""The embedded store: a Qdrant Edge shard in a folder of the matter.

The shard is opened for each operation and closed after it, so that no process keeps it locked
while idle; opening takes about 30 ms. A busy shard is waited for.
"""

import shutil
import time
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import qdrant_edge as edge

from retrieval.embed import DIMENSIONS
from retrieval.errors import IndexUnavailable
from retrieval.store import DENSE, SPARSE, Entry, Hit, Hits, passage_of, payload_of
from retrieval.store_bm25 import passage_words, question_words

BUSY_SECONDS = 30.0
"""How long an operation waits for another process to be done with the shard."""

FREE_BYTES = 256 * 1024**2
"""Free disk space under which nothing is written: Qdrant Edge dies with SIGBUS on a full disk."""


class EdgeStore:
    """The passages of one matter in the shard at ``folder``; made on first write."""

    def __init__(self, folder: Path, matter_id: str) -> None:
        self._folder = folder
        self._matter_id = matter_id

    def add(self, entries: Sequence[Entry]) -> None:
        """Writes passages durably; those already there are replaced."""
        self._check_space()
        points = [
            edge.Point(
                entry.passage.id,
                {DENSE: list(entry.dense), SPARSE: passage_words(entry.indexed_text)},
                payload_of(entry),
            )
            for entry in entries
        ]
        with self._shard(create=True) as shard:
            shard.update(edge.UpdateOperation.upsert_points(points))
            shard.flush()

    def count(self, *generations: int) -> int:
        """Gives how many passages these generations have together."""
        if not self._folder.exists():
            return 0
        with self._shard() as shard:
            return int(shard.count(edge.CountRequest(exact=True, filter=self._filter(generations))))

    def generations(self) -> set[int]:
        """Gives all generations that have passages, active or not."""
        found: set[int] = set()
        if not self._folder.exists():
            return found
        with self._shard() as shard:
            offset = None
            while True:
                records, offset = shard.scroll(
                    edge.ScrollRequest(limit=10_000, offset=offset, with_payload=["generation"])
                )
                found.update((record.payload or {})["generation"] for record in records)
                if offset is None:
                    return found

    def delete(self, generations: Collection[int]) -> None:
        """Removes the passages of these generations durably."""
        if not generations or not self._folder.exists():
            return
        with self._shard() as shard:
            shard.update(edge.UpdateOperation.delete_points_by_filter(self._filter(generations)))
            shard.flush()

    def drop(self) -> None:
        """Removes all passages of the matter, also those of a damaged index."""
        if self._folder.exists():
            shutil.rmtree(self._folder)

    def search(
        self, vector: Sequence[float], words: str, *, active: Collection[int], limit: int
    ) -> Hits:
        """Gives at most ``limit`` passages of each search, from the active generations only."""
        if not active:
            return Hits([], [])
        seen = self._filter(active)
        queries = [
            edge.QueryRequest(
                limit=limit, query=query, filter=seen, params=params, with_payload=True
            )
            for query, params in (
                (edge.Query.Nearest(list(vector), using=DENSE), None),
                (
                    edge.Query.Nearest(question_words(words), using=SPARSE),
                    edge.SearchParams(idf=edge.IdfParams(corpus=seen)),
                ),
            )
        ]
        with self._shard() as shard:
            dense, sparse = shard.query_batch(edge.QueryBatchRequest(queries))
        return Hits(_hits(dense), _hits(sparse))

    def _filter(self, generations: Collection[int]) -> edge.Filter:
        return edge.Filter(
            must=[
                edge.FieldCondition("matter_id", match=edge.MatchValue(self._matter_id)),
                edge.FieldCondition("generation", match=edge.MatchAny(sorted(generations))),
            ]
        )

    @contextmanager
    def _shard(self, *, create: bool = False) -> Iterator[edge.EdgeShard]:
        shard = self._open(create)
        try:
            yield shard
        # Not Exception alone: a panic of Qdrant Edge (a damaged file) is a BaseException.
        except BaseException as error:
            if isinstance(error, (KeyboardInterrupt, SystemExit, GeneratorExit)):
                raise
            raise self._unusable(error) from error
        finally:
            shard.close()

    def _open(self, create: bool) -> edge.EdgeShard:
        deadline = time.monotonic() + BUSY_SECONDS
        while True:
            try:
                if create and not self._folder.exists():
                    return self._create()
                return edge.EdgeShard.load(str(self._folder))
            except (KeyboardInterrupt, SystemExit):
                raise
            # Qdrant Edge raises plain Exception, or panics; the text tells a lock from damage.
            except BaseException as error:
                if "WouldBlock" not in str(error):
                    raise self._unusable(error) from error
            if time.monotonic() > deadline:
                raise IndexUnavailable(
                    f"{self._matter_id}: its index was busy for {BUSY_SECONDS:.0f} seconds; "
                    "wait for the other command to end and try again"
                )
            time.sleep(0.02)

    def _unusable(self, error: BaseException) -> IndexUnavailable:
        return IndexUnavailable(
            f"{self._matter_id}: its index cannot be used ({error}); "
            "delete the matter and ingest its files again"
        )

    def _create(self) -> edge.EdgeShard:
        self._folder.mkdir(parents=True)
        shard = edge.EdgeShard.create(
            str(self._folder),
            edge.EdgeConfig(
                vectors={DENSE: edge.EdgeVectorParams(DIMENSIONS, edge.Distance.Cosine)},
                sparse_vectors={SPARSE: edge.EdgeSparseVectorParams(modifier=edge.Modifier.Idf)},
            ),
        )
        for name in ("matter_id", "generation"):
            kind = "Keyword" if name == "matter_id" else "Integer"
            schema = getattr(edge.PayloadSchemaType, kind)
            shard.update(edge.UpdateOperation.create_field_index(name, schema))
        return shard

    def _check_space(self) -> None:
        home = next(folder for folder in self._folder.parents if folder.exists())
        free = shutil.disk_usage(home).free
        if free < FREE_BYTES:
            raise IndexUnavailable(
                f"{self._matter_id}: only {free // 1024**2} MB of disk are free, "
                f"{FREE_BYTES // 1024**2} MB are needed to write; free some space and try again"
            )


def _hits(points: Sequence[Any]) -> list[Hit]:
    return [Hit(passage_of(str(point.id), point.payload), point.score) for point in points]
