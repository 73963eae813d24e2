"""A Qdrant Edge shard on disk: open in one process at a time, and kept open between searches.

Opening a shard takes 30 to 200 ms, a search in an open one a few, so a search leaves it open. But
only one process may have a shard open: one that is open elsewhere meanwhile writes what it knows
over what others wrote, when it is closed (seen with Qdrant Edge 0.9). So a lock beside the shard is
held for as long as it is open, and whoever wants the shard stands in a queue, which is a second
lock. The process that keeps the shard open while idle looks there fifty times a second; when
somebody stands there it closes the shard and lets go, as it does a minute after its last search.
"""

import atexit
import fcntl
import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO

import qdrant_edge as edge

from retrieval.embed import DIMENSIONS
from retrieval.errors import IndexUnavailable
from retrieval.store import DENSE, SPARSE

BUSY_SECONDS = 30.0
"""How long an operation waits for another process to be done with the shard."""
KEPT_SECONDS = 60.0
"""How long a shard stays open after a search, at most."""
LOOK_SECONDS = 0.02
"""How often the process that keeps it open looks whether another wants it."""

SETTLED_KILOBYTES = 4_000
"""Vectors of this size together (5,000 passages) are worth writing anew for quick search."""
_NO_GRAPH = edge.HnswIndexConfig(m=0, ef_construct=4, full_scan_threshold=2**31)
"""Vectors are compared one by one, in four bits a dimension, and the best of them again whole:
100,000 take two milliseconds, and none is missed as in a graph over them."""


class Shard:
    """The shard at ``folder``, of a matter whose name errors give."""

    def __init__(self, folder: Path, matter_id: str) -> None:
        self.folder = folder
        self._aside = folder.with_name(folder.name + ".aside")
        self._matter_id = matter_id
        self._kept: tuple[edge.EdgeShard, ExitStack] | None = None
        self._used = 0.0
        self._mutex = threading.RLock()  # the one that looks for others is a thread

    @contextmanager
    def opened(self, *, create: bool = False) -> Iterator[edge.EdgeShard]:
        """Opens the shard and closes it afterwards; ``create`` makes it first if there is none.

        Raises:
            IndexUnavailable: it is busy for too long, or damaged, or what was done with it failed.
        """
        if create:
            self.folder.parent.mkdir(parents=True, exist_ok=True)
        with self._mutex:
            self.release()
            with self._locked(), self._open(create) as shard:
                yield shard

    @contextmanager
    def kept(self) -> Iterator[edge.EdgeShard]:
        """Gives the shard to read in; it stays open. Raises as ``opened``."""
        with self._mutex:
            if self._kept is None:
                with ExitStack() as opening:
                    opening.enter_context(self._locked())
                    shard = opening.enter_context(self._open(create=False))
                    self._kept = shard, opening.pop_all()
                atexit.register(self.release)
                threading.Thread(target=self._look, args=(self._kept,), daemon=True).start()
            self._used = time.monotonic()
            try:
                yield self._kept[0]
            # Not Exception alone: a panic of Qdrant Edge (a damaged file) is a BaseException.
            except BaseException as error:
                self.release()
                raise self._told(error) from error

    def release(self) -> None:
        """Closes the shard if it is kept open."""
        with self._mutex:
            if self._kept is not None:
                _, opening = self._kept
                self._kept = None
                atexit.unregister(self.release)
                opening.close()

    def drop(self) -> None:
        """Removes the shard, a damaged one too."""
        with self._mutex:
            self.release()
            self.clear_aside()
            if self.folder.exists():
                with self._locked():
                    # Renamed first: a crash leaves no half of a shard where one is looked for.
                    self.folder.replace(self._aside)
                    self.clear_aside()

    def clear_aside(self) -> None:
        """Removes what is left of a shard that was being made or dropped."""
        if self._aside.exists():
            shutil.rmtree(self._aside)

    def clear_cut_rewriting(self) -> None:
        """Removes what a crash left of a rewriting: the text of passages, in no segment."""
        for left in (self.folder / "temp_segments").glob("*"):
            shutil.rmtree(left)

    def _look(self, kept: tuple[edge.EdgeShard, ExitStack]) -> None:
        """Lets go of the shard once another wants it, or nobody has used it for a while."""
        while True:
            time.sleep(LOOK_SECONDS)
            with self._mutex:
                if self._kept is not kept:
                    return
                if time.monotonic() - self._used > KEPT_SECONDS or self._wanted():
                    self.release()
                    return

    def _wanted(self) -> bool:
        """Whether somebody stands in the queue, or the folder is not there any more."""
        try:
            with self._file(".queue") as queue:
                return not _taken(queue)
        except IndexUnavailable:
            return True

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Holds the shard alone; waits, in the queue, while another process does."""
        deadline = time.monotonic() + BUSY_SECONDS
        with self._file(".lock") as lock:
            with self._file(".queue") as queue:
                for one in (queue, lock):
                    while not _taken(one):
                        if time.monotonic() > deadline:
                            raise IndexUnavailable(
                                f"{self._matter_id}: its index was busy for {BUSY_SECONDS:.0f} "
                                "seconds; wait for the other command to end and try again"
                            )
                        time.sleep(LOOK_SECONDS)
            yield

    def _file(self, suffix: str) -> IO[str]:
        try:
            return self.folder.with_suffix(suffix).open("a")
        except FileNotFoundError as error:
            raise self._unusable(error) from error

    @contextmanager
    def _open(self, create: bool) -> Iterator[edge.EdgeShard]:
        shard = None
        try:
            if create and not self.folder.exists():
                self._create()
            shard = edge.EdgeShard.load(str(self.folder))
            yield shard
        # Qdrant Edge raises plain Exception, or panics.
        except BaseException as error:
            raise self._told(error) from error
        finally:
            if shard is not None:
                shard.close()

    def _told(self, error: BaseException) -> BaseException:
        """The error as it is told: what is not the shard's own stays as it is."""
        own = (KeyboardInterrupt, SystemExit, GeneratorExit, IndexUnavailable)
        return error if isinstance(error, own) else self._unusable(error)

    def _unusable(self, error: BaseException) -> IndexUnavailable:
        return IndexUnavailable(
            f"{self._matter_id}: its index cannot be used ({error}); "
            "delete the matter and ingest its files again"
        )

    def _create(self) -> None:
        """Makes an empty shard; it appears whole or not at all."""
        self.clear_aside()
        self._aside.mkdir()
        shard = edge.EdgeShard.create(
            str(self._aside),
            edge.EdgeConfig(
                vectors={
                    DENSE: edge.EdgeVectorParams(
                        DIMENSIONS,
                        edge.Distance.Cosine,
                        datatype=edge.VectorStorageDatatype.Float16,
                        memory=edge.Memory.Cached,
                        hnsw_config=_NO_GRAPH,
                        quantization_config=edge.TurboQuantQuantizationConfig(
                            bits=edge.TurboQuantBitSize.Bits4
                        ),
                    )
                },
                sparse_vectors={SPARSE: edge.EdgeSparseVectorParams(modifier=edge.Modifier.Idf)},
                payload_memory=edge.Memory.Cached,
                # No log of updates: it would keep the text of deleted passages. An update is
                # durable once it is flushed, and one that a crash cut is swept as its generation.
                wal_enabled=False,
                optimizers=edge.EdgeOptimizersConfig(
                    deleted_threshold=0.0,  # one deleted passage is reason enough to write anew
                    vacuum_min_vector_number=0,
                    indexing_threshold=SETTLED_KILOBYTES,
                ),
            ),
        )
        for name in ("matter_id", "generation"):
            kind = "Keyword" if name == "matter_id" else "Integer"
            schema = getattr(edge.PayloadSchemaType, kind)
            shard.update(edge.UpdateOperation.create_field_index(name, schema))
        shard.flush()
        shard.close()
        self._aside.replace(self.folder)


def _taken(lock: IO[str]) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
