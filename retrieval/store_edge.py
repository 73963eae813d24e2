"""The embedded store: a Qdrant Edge shard in a folder of the matter.

The shard is opened for each operation and closed after it, so that no process keeps it locked
while idle; opening takes about 30 ms. A busy shard is waited for, by a lock beside it.
"""

import fcntl
import shutil
import time
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import qdrant_edge as edge

from retrieval.embed import DIMENSIONS
from retrieval.errors import IndexUnavailable
from retrieval.space import FREE_BYTES, check_space
from retrieval.store import DENSE, SPARSE, Entry, Hit, Hits, passage_of, payload_of, point_id
from retrieval.store_bm25 import passage_words, question_words

BUSY_SECONDS = 30.0
"""How long an operation waits for another process to be done with the shard."""

EXACT_KILOBYTES = 2**31
"""Vectors up to this size are compared one by one: no graph, whose answers are approximate, is
built over them (50,000 passages take some ten milliseconds)."""


class EdgeStore:
    """The passages of one matter in the shard at ``folder``; made on first write.

    ``free_bytes`` of its disk stay free.
    """

    erases = True

    def __init__(self, folder: Path, matter_id: str, free_bytes: int = FREE_BYTES) -> None:
        self._folder = folder
        self._aside = folder.with_name(folder.name + ".aside")
        self._unfinished = folder.with_name(folder.name + ".deleting")
        self._matter_id = matter_id
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
        """Gives all generations of the matter that have passages, active or not."""
        if not self._folder.exists():
            return set()
        with self._shard() as shard:
            found = shard.facet(
                edge.FacetRequest("generation", limit=2**31, exact=True, filter=self._filter())
            )
        return {int(hit.value) for hit in found.hits}

    def delete(self, generations: Collection[int]) -> None:
        """Removes the passages of these generations durably, their text from the disk too."""
        self._clear_aside()
        if not self._folder.exists() or not (generations or self._unfinished.exists()):
            return
        check_space(self._folder, self._free_bytes + _size(self._folder), self._matter_id)
        self._unfinished.touch()
        with self._shard() as shard:
            self._clear_cut_rewriting()
            if generations:
                filter_ = self._filter(generations)
                shard.update(edge.UpdateOperation.delete_points_by_filter(filter_))
                shard.flush()
            _rewrite(shard)
        self._unfinished.unlink()

    def drop(self) -> None:
        """Removes all passages of the matter, also those of a damaged index."""
        self._clear_aside()
        if self._folder.exists():
            # Renamed first: a crash leaves no half of a shard where the shard is looked for.
            self._folder.replace(self._aside)
            self._clear_aside()

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
        seen = self._filter(active)
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
        with self._shard() as shard:
            found = shard.query_batch(edge.QueryBatchRequest(queries))
        hits = [_hits(points) for points in found]
        return Hits.of(hits[::2], hits[1::2])

    def _filter(self, generations: Collection[int] | None = None) -> edge.Filter:
        matter = edge.FieldCondition("matter_id", match=edge.MatchValue(self._matter_id))
        if generations is None:
            return edge.Filter(must=[matter])
        match = edge.MatchAny(sorted(generations))
        return edge.Filter(must=[matter, edge.FieldCondition("generation", match=match)])

    @contextmanager
    def _shard(self, *, create: bool = False) -> Iterator[edge.EdgeShard]:
        if create:
            self._folder.parent.mkdir(parents=True, exist_ok=True)
        with self._locked():
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

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Holds the shard alone; waits while another process does.

        Qdrant Edge locks its log of updates only, and this shard is made without one.
        """
        deadline = time.monotonic() + BUSY_SECONDS
        try:
            lock = self._folder.with_suffix(".lock").open("a")
        except FileNotFoundError as error:
            raise self._unusable(error) from error
        with lock:
            while not _taken(lock):
                if time.monotonic() > deadline:
                    raise IndexUnavailable(
                        f"{self._matter_id}: its index was busy for {BUSY_SECONDS:.0f} seconds; "
                        "wait for the other command to end and try again"
                    )
                time.sleep(0.02)
            yield

    def _open(self, create: bool) -> edge.EdgeShard:
        try:
            if create and not self._folder.exists():
                self._create()
            return edge.EdgeShard.load(str(self._folder))
        except (KeyboardInterrupt, SystemExit):
            raise
        # Qdrant Edge raises plain Exception, or panics.
        except BaseException as error:
            raise self._unusable(error) from error

    def _unusable(self, error: BaseException) -> IndexUnavailable:
        return IndexUnavailable(
            f"{self._matter_id}: its index cannot be used ({error}); "
            "delete the matter and ingest its files again"
        )

    def _create(self) -> None:
        """Makes an empty shard; it appears whole or not at all."""
        self._clear_aside()
        self._aside.mkdir()
        shard = edge.EdgeShard.create(
            str(self._aside),
            edge.EdgeConfig(
                vectors={DENSE: edge.EdgeVectorParams(DIMENSIONS, edge.Distance.Cosine)},
                sparse_vectors={SPARSE: edge.EdgeSparseVectorParams(modifier=edge.Modifier.Idf)},
                # No log of updates: it would keep the text of deleted passages. An update is
                # durable once it is flushed, and one that a crash cut is swept as its generation.
                wal_enabled=False,
                optimizers=edge.EdgeOptimizersConfig(
                    deleted_threshold=0.0,  # one deleted passage is reason enough to write anew
                    vacuum_min_vector_number=0,
                    indexing_threshold=EXACT_KILOBYTES,
                ),
            ),
        )
        for name in ("matter_id", "generation"):
            kind = "Keyword" if name == "matter_id" else "Integer"
            schema = getattr(edge.PayloadSchemaType, kind)
            shard.update(edge.UpdateOperation.create_field_index(name, schema))
        shard.flush()
        shard.close()
        self._aside.replace(self._folder)

    def _clear_cut_rewriting(self) -> None:
        """Removes what a crash left of a rewriting: the text of passages, in no segment."""
        for left in (self._folder / "temp_segments").glob("*"):
            shutil.rmtree(left)

    def _clear_aside(self) -> None:
        """Removes what is left of a shard that was being made or dropped."""
        if self._aside.exists():
            shutil.rmtree(self._aside)


def _rewrite(shard: edge.EdgeShard) -> None:
    """Writes anew what holds deleted passages: they are only marked, and their text is there."""
    if shard.optimize():
        shard.flush()


def _taken(lock: IO[str]) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _size(folder: Path) -> int:
    """The bytes that the files of a folder take on disk; those of a shard are sparse."""
    return sum(file.stat().st_blocks * 512 for file in folder.rglob("*") if file.is_file())


def _hits(points: Sequence[Any]) -> list[Hit]:
    return [Hit(passage_of(point.payload), point.score) for point in points]
