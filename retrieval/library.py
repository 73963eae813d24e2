"""The matters of a home and their documents: add to them, look them up, delete them.

What a matter consists of is told in ``casefile``, how files become documents in ``ingest``, what a
deletion proves in ``deletion``.
"""

import re
from collections.abc import Callable, Sequence
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

from retrieval import deletion, manifest, restore, sources
from retrieval.casefile import SHARD, CaseFile, lost_from_index
from retrieval.deletion import Deletion
from retrieval.documents import Document, Matter, Passage
from retrieval.edits import Edits
from retrieval.embed import Embedder
from retrieval.errors import IndexUnavailable, UnknownMatter, UnreadableFile
from retrieval.ingest import Ingest
from retrieval.locks import locked
from retrieval.manifest import Manifest
from retrieval.naming import Headers
from retrieval.readers import CORES, WORKERS, Readers
from retrieval.sources import Sources
from retrieval.space import FREE_BYTES, check_space, make_folder
from retrieval.store import ServerAddress, Store
from retrieval.store_edge import EdgeStore
from retrieval.verdicts import Ingested, Progress
from retrieval.yardstick import Yardstick, yardstick

if TYPE_CHECKING:
    from retrieval.store_connection import Server
    from retrieval.workers_ray import Cluster

_YARDSTICKS = 32
"""Sets of documents whose yardsticks are remembered."""
_MATTER_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")


class Library:
    """All matters under one home folder; ``free_bytes`` of its disk stay free.

    ``server`` is where a Qdrant server keeps the index of all matters; None where each matter's
    lies in its folder. Manifests and originals are in the home in both shapes: hosts that share a
    server share the home, on a file system whose locks work between hosts.

    A deletion of a matter that was cut short is finished when a library is made.
    """

    def __init__(
        self, home: Path, *, server: ServerAddress | None = None, free_bytes: int = FREE_BYTES
    ) -> None:
        self.home = home
        self.embedder = Embedder(home)
        self._server = server
        self._stores: dict[str, EdgeStore] = {}  # they keep their shards open between searches
        self._headers: dict[str, Headers] = {}  # of the last search in each matter
        self._yardsticks: dict[tuple[str, frozenset[int]], Yardstick] = {}
        self.free_bytes = free_bytes
        deletion.finish(home)
        restore.clear_cut(self)

    def matters(self) -> list[Matter]:
        """Gives all matters, by name."""
        # A name with a dot first is what is left of a deletion that was cut short.
        folders = sorted((self.home / "matters").glob(f"[!.]*/{manifest.NAME}"))
        found = []
        for file in folders:
            documents = self.documents(file.parent.name)
            passages = sum(document.passages for document in documents)
            found.append(Matter(file.parent.name, len(documents), passages))
        return found

    def documents(self, matter_id: str) -> list[Document]:
        """Gives the documents of a matter, by name. Raises UnknownMatter."""
        # Without the rest of the case file: a list of matters connects to no server.
        return Manifest(self._known_folder(matter_id), matter_id).documents()

    def document(self, matter_id: str, name: str) -> Document:
        """Gives a document by its path, its id, or its name if no other has it.

        Raises:
            UnknownMatter: no such matter, no such document, or a name that several have.
        """
        documents = self.documents(matter_id)
        exact = [document for document in documents if name in (document.path, document.id)]
        found = exact or [document for document in documents if document.name == name]
        if len(found) != 1:
            what = f"{len(found)} documents are named" if found else "has no document"
            raise UnknownMatter(
                f"{matter_id}: {what} {name}; name one by its path, "
                f"`casewright documents {matter_id}` lists them"
            )
        return found[0]

    def passages(self, document: Document) -> list[Passage]:
        """Gives all passages of a document, in its order.

        Raises:
            IndexUnavailable: as for a search, or the document was replaced meanwhile.
        """
        if not document.passages:
            return []
        found = self.store(document.matter_id).passages(document.generation)
        if len(found) < document.passages:
            if document.generation in self.active_generations(document.matter_id):
                raise lost_from_index(document.matter_id, [document])
            raise IndexUnavailable(
                f"{document.matter_id}: {document.name} was replaced meanwhile; try again"
            )
        return found

    def original(self, document: Document) -> Path:
        """Gives the path of the file as it was ingested."""
        return self.case_file(document.matter_id).originals.path(document.id, document.name)

    def store(self, matter_id: str) -> Store:
        """Gives the index of a matter: its shard where it has one here, else as the settings say.

        So a matter is where it was until it is migrated.
        """
        folder = self._folder(matter_id)
        if self._server is not None and not self.is_here(matter_id):
            return self.new_store(folder, matter_id)
        if matter_id not in self._stores:
            self._stores[matter_id] = EdgeStore(folder / SHARD, matter_id, self.free_bytes)
        return self._stores[matter_id]

    def is_here(self, matter_id: str) -> bool:
        """Whether the index of a matter lies on this machine."""
        return (self._folder(matter_id) / SHARD).exists()

    def new_store(self, folder: Path, matter_id: str) -> Store:
        """Gives where the settings say that a matter's index is, its folder being this one."""
        if self._server is None:
            return EdgeStore(folder / SHARD, matter_id, self.free_bytes)
        return self.server_store(matter_id)

    def server_store(self, matter_id: str) -> Store:
        """Gives what the server holds of a matter, in use or not.

        Raises:
            IndexUnavailable: the settings name no server.
        """
        if self._server is None:
            raise IndexUnavailable(f"{matter_id}: no server is named; set QDRANT_URL")
        from retrieval.store_server import ServerStore

        return ServerStore(self._connection, matter_id)

    def close(self) -> None:
        """Closes what searches keep open, and ends the connection to a server."""
        for store in self._stores.values():
            store.release()
        if "_connection" in self.__dict__:
            self._connection.close()
            del self._connection

    def case_file(self, matter_id: str) -> CaseFile:
        """Gives the case file of a matter; what it does raises UnknownMatter where there is none.

        Raises:
            UnknownMatter: no matter can have this name.
        """
        folder = self._known_folder(matter_id)
        store, server = self.store(matter_id), None
        if self._server is not None:
            server = partial(self.server_store, matter_id)
        return CaseFile(folder, matter_id, store, self.free_bytes, server)

    def active_generations(self, matter_id: str) -> set[int]:
        """Gives the generations that a search may see. Raises UnknownMatter."""
        return {document.generation for document in self.documents(matter_id)}

    def headers(self, matter_id: str, documents: Sequence[Document]) -> Headers:
        """Gives what questions name these documents of a matter by. Raises UnknownMatter."""
        generations = [document.generation for document in documents]
        kept = self._headers.get(matter_id)
        if kept is None or kept.generations != generations:
            manifest = Manifest(self._known_folder(matter_id), matter_id)
            kept = self._headers[matter_id] = Headers(documents, manifest.headers())
        return kept

    def yardstick(self, matter_id: str, documents: Sequence[Document]) -> Yardstick:
        """Gives what foreign questions find in these documents of a matter; asked once of each set.

        Raises:
            IndexUnavailable: as a search.
        """
        active = frozenset(document.generation for document in documents)
        kept = self._yardsticks.pop((matter_id, active), None)
        if kept is None:
            kept = yardstick(self.store(matter_id), self.embedder, active)
        self._yardsticks[matter_id, active] = kept  # the last asked stands last
        if len(self._yardsticks) > _YARDSTICKS:
            del self._yardsticks[next(iter(self._yardsticks))]
        return kept

    def ingest(
        self,
        matter_id: str,
        paths: Sequence[Path],
        *,
        workers: int = WORKERS,
        cluster: "Cluster | None" = None,
        ocr: bool = True,
        report: Callable[[Progress], None] = lambda progress: None,
    ) -> list[Ingested]:
        """Reads files and folders into a matter, made if new; gives the verdict on each file.

        A file that cannot be read is refused and the rest goes on. ``workers`` files are read at
        once; with a Ray ``cluster`` files are read and passages embedded there. ``ocr`` off leaves
        pages without a text layer unread. ``report`` is called for each verdict and each batch of
        passages.

        Raises:
            UnreadableFile: a path that does not exist; nothing is ingested then.
            IndexUnavailable: the disk is full, or the index busy or damaged; the documents
                reported as indexed by then stay.
        """
        files = sources.find(paths)
        if not _MATTER_ID.fullmatch(matter_id):
            raise UnknownMatter(
                f"{matter_id!r}: not a name for a matter; use letters, digits, - _ and . "
                "(at most 64, a letter or digit first)"
            )
        case_file = self.case_file(matter_id)
        if cluster is None:
            embedder, readers = self.embedder, Readers(workers, ocr=ocr, cores=CORES)
        else:
            embedder = cluster.embedder(self.home)
            # A few more than it has cores, so that none waits for the next file's bytes.
            workers = cluster.cpus + 2
            readers = Readers(workers, ocr=ocr, cores=workers, reader=cluster.reader)
        with locked(self.home, matter_id), readers:
            check_space(case_file.folder, self.free_bytes, matter_id)
            case_file.store.generations()  # no matter is made for an index that does not answer
            make_folder(case_file.folder)
            case_file.manifest.make()
            case_file.sweep(wait=False)
            try:
                found = sources.gather(files, readers, case_file.unpacked)
                run = Ingest(case_file, embedder, readers, report=report)
                ingested = run.run(found)
            finally:
                case_file.clear_unpacked()
            if run.replaced:
                case_file.sweep()
            if run.written:
                case_file.store.settle()
        return ingested

    def describe(self, matter_id: str, name: str, edits: Edits | None) -> Document:
        """Sets fields of a document's description; None takes back what was set before.

        The document is read and embedded again: a search sees it described as before, or as now.

        Raises:
            UnknownMatter: no such matter or document.
            UnreadableFile: its original cannot be read any more.
            IndexUnavailable: as for ``ingest``.
        """
        self.documents(matter_id)
        with locked(self.home, matter_id), Readers(1, ocr=True, cores=CORES) as readers:
            document, case_file = self.document(matter_id, name), self.case_file(matter_id)
            check_space(case_file.folder, self.free_bytes, matter_id)
            before = case_file.manifest.kept()[document.path].edits
            now: Edits = {} if edits is None else {**before, **edits}
            source = sources.original(document, case_file.originals)
            run = Ingest(
                case_file,
                self.embedder,
                readers,
                report=lambda progress: None,
                edits={document.path: now},
            )
            (ingested,) = run.run(Sources((source,), frozenset()))
            if ingested.verdict != "indexed":
                raise UnreadableFile(ingested.reason)
            case_file.sweep()
            return self.document(matter_id, document.path)

    def delete_document(self, matter_id: str, name: str) -> Deletion:
        """Removes a document: its row, its passages, its original; gives the certificate.

        Raises:
            UnknownMatter: no such matter or document.
            DeletionIncomplete: something of it was found afterwards.
        """
        self.documents(matter_id)  # an unknown matter has no lock to wait for
        with locked(self.home, matter_id):
            # Looked up behind the lock: an ingest may have replaced it meanwhile.
            document = self.document(matter_id, name)
            return deletion.delete_document(self.case_file(matter_id), document)

    def delete_matter(self, matter_id: str) -> Deletion:
        """Removes a matter with all that belongs to it; gives the certificate.

        Raises:
            UnknownMatter: no such matter.
            DeletionIncomplete: something of it was found afterwards.
        """
        self.documents(matter_id)
        with locked(self.home, matter_id):
            return deletion.delete_matter(self.home, self.case_file(matter_id))

    @cached_property
    def _connection(self) -> "Server":
        from retrieval.store_connection import connect, home_id

        assert self._server is not None
        return connect(self._server, home_id(self.home))

    def _known_folder(self, matter_id: str) -> Path:
        """The folder of a matter that has a name for one. Raises UnknownMatter."""
        if not _MATTER_ID.fullmatch(matter_id):
            raise UnknownMatter(f"{matter_id!r}: no such matter; `casewright matters` lists them")
        return self._folder(matter_id)

    def _folder(self, matter_id: str) -> Path:
        return self.home / "matters" / matter_id
