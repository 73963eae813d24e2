"""A matter's index from this machine to a Qdrant server, or back; nothing is embedded again.

Passages are read with both of their vectors and put into the other store some documents at a time;
each lot is read back and compared before the next. Searches go on in the old place. Once all is
there the matter changes its place by one rename: a matter is where its shard is, and where it has
none, on the server (``Library.store``). Then the old place is emptied: two copies, of which a
deletion reaches one, would be a trap. Who wants a way back takes a backup first.

A killed migration leaves the matter in its old place or its new one. Repeated, it begins anew; what
it left in the place that is not in use is removed then, or when the matter is next written to.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from retrieval.casefile import SHARD, CaseFile, lost_from_index
from retrieval.documents import Document
from retrieval.durable import sync
from retrieval.errors import IndexUnavailable
from retrieval.locks import locked, sweeping
from retrieval.store import Store, StoredPassage
from retrieval.store_edge import EdgeStore

if TYPE_CHECKING:
    from retrieval.library import Library

LOT = 512
"""Passages of the documents that are moved together, at least."""

Place = Literal["server", "embedded"]


@dataclass(frozen=True, slots=True)
class Migrated:
    """What became of a matter's index."""

    matter_id: str
    moved: bool
    """Whether it was not there already."""
    passages: int


def migrate(
    library: "Library",
    matter_id: str,
    to: Place,
    report: Callable[[int, int], None] = lambda done, of: None,
) -> Migrated:
    """Moves a matter's index; ``report`` is called with the passages moved and their number.

    Raises:
        UnknownMatter: no such matter.
        IndexUnavailable: a place does not answer, has no room, or did not keep what was written;
            the matter stays where it was.
    """
    library.documents(matter_id)  # an unknown matter has no lock to wait for
    with locked(library.home, matter_id):
        case_file = library.case_file(matter_id)
        server = library.server_store(matter_id)
        case_file.sweep()  # also what an earlier one left that was killed
        documents = [one for one in case_file.manifest.documents() if one.passages]
        of = sum(one.passages for one in documents)
        here = case_file.shard.exists()
        if not documents or here == (to == "embedded"):
            return Migrated(matter_id, False, of)
        case_file.migrating.touch()
        sync(case_file.folder)
        if to == "server":
            server.drop()
            _copy(case_file, server, documents, report)
            with sweeping(library.home, matter_id):
                case_file.store.drop()  # it renames the shard first: from there on it is there
        else:
            coming = EdgeStore(case_file.coming / SHARD, matter_id, library.free_bytes)
            try:
                _copy(case_file, coming, documents, report)
                coming.settle()
            finally:
                coming.release()
            with sweeping(library.home, matter_id):
                (case_file.coming / SHARD).replace(case_file.shard)
                sync(case_file.folder)
                server.drop()
        library.case_file(matter_id).clear_cut_migration()
    return Migrated(matter_id, True, of)


def _copy(
    case_file: CaseFile,
    target: Store,
    documents: Sequence[Document],
    report: Callable[[int, int], None],
) -> None:
    """Copies what is active into an empty store and sees that it is there, and nothing else."""
    source, matter_id = case_file.store, case_file.matter_id
    of, done = sum(document.passages for document in documents), 0
    report(done, of)
    for lot in _lots(documents):
        generations = [document.generation for document in lot]
        read = list(source.read(generations))
        if len(read) != sum(document.passages for document in lot):
            raise lost_from_index(matter_id, lot)
        target.put(read)
        there = {one.point_id: one for one in target.read(generations)}
        if there.keys() != {one.point_id for one in read} or not all(
            _same(one, there[one.point_id]) for one in read
        ):
            raise IndexUnavailable(
                f"{matter_id}: the passages read back are not those that were written; the index "
                "stays where it was, try again"
            )
        done += len(read)
        report(done, of)
    if target.generations() != {document.generation for document in documents}:
        raise IndexUnavailable(
            f"{matter_id}: the new place holds other passages, too; the index stays where it was, "
            "try again"
        )


def _lots(documents: Sequence[Document]) -> Iterator[list[Document]]:
    lot: list[Document] = []
    for document in documents:
        lot.append(document)
        if sum(one.passages for one in lot) >= LOT:
            yield lot
            lot = []
    if lot:
        yield lot


def _same(one: StoredPassage, other: StoredPassage) -> bool:
    """Whether two are the same passage, their dense vectors to within sixteen bits."""
    words = [dict(zip(each.indices, each.values, strict=True)) for each in (one, other)]
    return (
        one.payload == other.payload
        and words[0] == words[1]
        and bool(np.allclose(one.dense, other.dense, rtol=2**-10, atol=2**-13))
    )
