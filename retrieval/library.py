"""Matters and their documents: ingest, replace, delete, reconcile.

State of a matter, under ``<home>/matters/<id>/``:

    manifest.sqlite  which documents there are, and which generation of each is active
    originals/       the files as they came, named by the hash of their bytes
    shard/           the index

A document is written as a new generation, counted, and made active by one transaction of the
manifest; only then is the old generation removed. A crash leaves either the old or the new one
active, and what it left over is removed when the matter is next written to.
"""

import fcntl
import os
import re
import shutil
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from retrieval import manifest
from retrieval.documents import Document, Matter, Passage
from retrieval.embed import Embedder
from retrieval.errors import CasewrightError, IndexUnavailable, UnknownMatter, UnreadableFile
from retrieval.manifest import Manifest
from retrieval.packaged import file_sha256
from retrieval.passages import indexed_texts, passages_of
from retrieval.read import Reader
from retrieval.sections import sections
from retrieval.store import Entry, Store
from retrieval.store_edge import EdgeStore
from retrieval.terms import keys

Verdict = Literal["indexed", "unchanged", "duplicate", "refused"]

WRITE_BATCH = 256
"""Passages embedded and written at once: bounds memory, and shows progress."""

_MATTER_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")


@dataclass(frozen=True, slots=True)
class Ingested:
    """The verdict on one file."""

    path: str
    verdict: Verdict
    passages: int
    reason: str
    """Why it was refused, or of which document it is a duplicate; else empty."""


class Library:
    """All matters under one home folder."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.embedder = Embedder(home)

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
        return self._manifest(matter_id).documents()

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

    def original(self, document: Document) -> Path:
        """Gives the path of the file as it was ingested."""
        return self._originals(document.matter_id) / (document.id + Path(document.name).suffix)

    def store(self, matter_id: str) -> Store:
        """Gives the index of a matter."""
        return EdgeStore(self._folder(matter_id) / "shard", matter_id)

    def active_generations(self, matter_id: str) -> set[int]:
        """Gives the generations that a search may see. Raises UnknownMatter."""
        return {document.generation for document in self.documents(matter_id)}

    def ingest(
        self,
        matter_id: str,
        paths: Sequence[Path],
        *,
        report: Callable[[Ingested, int, int], None] = lambda ingested, done, files: None,
    ) -> list[Ingested]:
        """Reads files and folders into a matter, made if new; gives the verdict on each file.

        ``report`` is called after each file with its verdict, how many are done and how many
        there are. A file that cannot be read is refused and the rest goes on.

        Raises:
            UnreadableFile: a path that does not exist; nothing is ingested then.
        """
        files = list(_files(paths))
        if not files:
            raise UnreadableFile(f"{paths[0]}: an empty folder; name files or a folder with files")
        self._make(matter_id)
        verdicts = []
        given = frozenset(map(str, files))
        with self._writing(matter_id), Reader() as reader:
            self._reconcile(matter_id)
            for number, file in enumerate(files, start=1):
                verdict = self._ingest_file(matter_id, file, reader, given)
                verdicts.append(verdict)
                report(verdict, number, len(files))
        return verdicts

    def delete_document(self, matter_id: str, name: str) -> Document:
        """Removes a document: its row, its passages, its original. Raises UnknownMatter."""
        with self._writing(matter_id):
            # Looked up behind the lock: an ingest may have replaced it meanwhile.
            document = self.document(matter_id, name)
            self._remove(document)
        return document

    def delete_matter(self, matter_id: str) -> None:
        """Removes a matter with all that belongs to it. Raises UnknownMatter."""
        folder = self._folder(matter_id)
        with self._writing(matter_id):
            # Renamed first: what a crash leaves behind is no matter any more.
            doomed = folder.with_name(f".deleted-{uuid.uuid4().hex}")
            folder.replace(doomed)
        shutil.rmtree(doomed)

    def _ingest_file(
        self, matter_id: str, file: Path, reader: Reader, given: frozenset[str]
    ) -> Ingested:
        path = str(file)
        shown = os.fsencode(path).decode("utf-8", errors="replace")
        if shown != path:
            return Ingested(shown, "refused", 0, f"{shown}: its name is not UTF-8; rename the file")
        known = {document.path: document for document in self.documents(matter_id)}
        try:
            document_id = file_sha256(file)
            if path in known and known[path].id == document_id:
                return Ingested(path, "unchanged", 0, "")
            twin = next((one for one in known.values() if one.id == document_id), None)
            if twin is not None and not _changed(twin, given):
                if path in known:
                    self._remove(known[path])
                return Ingested(path, "duplicate", 0, f"the same bytes as {twin.path}")
            text = reader.read(file)
        except OSError as error:
            return Ingested(path, "refused", 0, f"{path}: cannot be opened ({error.strerror})")
        except UnreadableFile as error:
            return Ingested(path, "refused", 0, str(error))
        found = sections(text)
        passages = passages_of(matter_id, document_id, path, text, found)
        document = Document(
            id=document_id,
            matter_id=matter_id,
            path=path,
            name=file.name,
            pages=len(text.pages),
            passages=len(passages),
            generation=self._write(
                matter_id, passages, indexed_texts(file.name, text, passages, found)
            ),
        )
        self._keep_original(document, file)
        replaced = self._manifest(matter_id).activate(document)
        if replaced is not None:
            self.store(matter_id).delete([replaced.generation])
            self._drop_original(replaced)
        return Ingested(path, "indexed", len(passages), "")

    def _write(self, matter_id: str, passages: Sequence[Passage], texts: Sequence[str]) -> int:
        """Writes the passages as a new generation and makes sure that all of them are there."""
        generation = self._manifest(matter_id).next_generation()
        store = self.store(matter_id)
        for first in range(0, len(passages), WRITE_BATCH):
            batch = slice(first, first + WRITE_BATCH)
            vectors = self.embedder.passages(texts[batch])
            store.add(
                [
                    Entry(passage, generation, vector, " ".join([text, *keys(text)]))
                    for passage, vector, text in zip(
                        passages[batch], vectors, texts[batch], strict=True
                    )
                ]
            )
        if store.count(generation) != len(passages):
            raise CasewrightError(
                f"{matter_id}: the index took {store.count(generation)} of {len(passages)} "
                "passages; nothing was changed, ingest the file again"
            )
        return generation

    def _remove(self, document: Document) -> None:
        self._manifest(document.matter_id).remove(document)
        self.store(document.matter_id).delete([document.generation])
        self._drop_original(document)

    def _keep_original(self, document: Document, file: Path) -> None:
        """Copies the file as it came; the copy is durable before the manifest names it."""
        original = self.original(document)
        original.parent.mkdir(exist_ok=True)
        staging = original.with_suffix(".tmp")
        shutil.copyfile(file, staging)
        _sync(staging)
        staging.replace(original)
        _sync(original.parent)

    def _drop_original(self, document: Document) -> None:
        """Removes the original of a document that is gone, unless another has the same bytes."""
        kept = {self.original(other) for other in self.documents(document.matter_id)}
        if self.original(document) not in kept:
            self.original(document).unlink(missing_ok=True)

    def _reconcile(self, matter_id: str) -> None:
        """Removes what a crash left: generations and originals that the manifest does not name."""
        documents = self.documents(matter_id)
        store = self.store(matter_id)
        store.delete(store.generations() - {document.generation for document in documents})
        named = {self.original(document) for document in documents}
        for file in self._originals(matter_id).glob("*"):
            if file not in named:
                file.unlink()

    def _make(self, matter_id: str) -> None:
        if not _MATTER_ID.fullmatch(matter_id):
            raise UnknownMatter(
                f"{matter_id!r}: not a name for a matter; use letters, digits, - _ and . "
                "(at most 64, a letter or digit first)"
            )
        folder = self._folder(matter_id)
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise IndexUnavailable(
                f"{folder}: cannot be made ({error.strerror}); check CASEWRIGHT_HOME"
            ) from None
        self._manifest(matter_id).make()

    def _manifest(self, matter_id: str) -> Manifest:
        if not _MATTER_ID.fullmatch(matter_id):
            raise UnknownMatter(f"{matter_id!r}: no such matter; `casewright matters` lists them")
        return Manifest(self._folder(matter_id), matter_id)

    @contextmanager
    def _writing(self, matter_id: str) -> Iterator[None]:
        """One writer a matter: a second one waits. Raises UnknownMatter."""
        self.documents(matter_id)  # an unknown matter has no lock to wait for
        with (self._folder(matter_id) / ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _folder(self, matter_id: str) -> Path:
        return self.home / "matters" / matter_id

    def _originals(self, matter_id: str) -> Path:
        return self._folder(matter_id) / "originals"


def _files(paths: Sequence[Path]) -> Iterator[Path]:
    for path in paths:
        if path.is_dir():
            yield from sorted(
                file
                for file in path.rglob("*")
                if file.is_file()
                and not any(part.startswith(".") for part in file.relative_to(path).parts)
            )
        elif path.exists():
            yield path
        else:
            raise UnreadableFile(f"{path}: no such file or folder; check the path")


def _changed(document: Document, given: frozenset[str]) -> bool:
    """Whether a document's file, about to be read too, holds other bytes by now."""
    return document.path in given and file_sha256(Path(document.path)) != document.id


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
