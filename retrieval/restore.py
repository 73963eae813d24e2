"""A matter out of a backup, whole or not at all.

A matter that is not there is made in a folder beside the others whose name begins with a dot, and
is a matter once that is renamed. One that is there is replaced as an ingest replaces documents: all
is written as new generations, then one transaction of the manifest makes them the active ones, then
what was there before is swept. So a search sees the matter as it was or as it was backed up, and
what a killed restore left is seen by none and removed later (``clear_cut``, ``CaseFile.sweep``).

Nothing is embedded: passages come with their vectors and keep their ids.
"""

import shutil
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from retrieval.archive import Archive
from retrieval.backup import documents_name, original_name, passages_name
from retrieval.casefile import CaseFile
from retrieval.documents import Document
from retrieval.durable import sync
from retrieval.errors import BadBackup, IndexUnavailable
from retrieval.locks import locked, locked_if_free
from retrieval.manifest import NAME, Kept
from retrieval.portable import document_of, passage_of
from retrieval.space import check_space, make_folder
from retrieval.store import READ_BATCH, Store, StoredPassage

if TYPE_CHECKING:
    from retrieval.library import Library

_STAGED = ".restoring-"

Outcome = Literal["restored", "replaced", "unchanged"]
_Rows = list[tuple[Document, Kept]]


@dataclass(frozen=True, slots=True)
class Restored:
    """What became of a matter."""

    matter_id: str
    outcome: Outcome
    """``unchanged`` where it was there just as it was backed up."""
    documents: int
    passages: int


def matters_in(archive: Archive) -> list[str]:
    """Gives the matters that an archive holds, by name."""
    parts = [name.split("/") for name in archive.members]
    return sorted({part[1] for part in parts if part[0] == "matters"})


def check_matter(archive: Archive, matter_id: str) -> _Rows:
    """Gives the documents of a matter, once all that it needs is in the archive and fits together.

    Raises:
        BadBackup: something is missing, changed, or of another matter.
    """
    rows = []
    for line in archive.lines(documents_name(matter_id)):
        try:
            document, kept = document_of(line)
        except ValueError as error:
            raise archive.bad(f"a document of {matter_id} cannot be read ({error})") from None
        if document.matter_id != matter_id:
            raise archive.bad(f"{matter_id} holds a document of another matter")
        if original_name(matter_id, document.id) not in archive.members:
            raise archive.bad(f"the original of a document of {matter_id} is missing")
        rows.append((document, kept))
    for name, one in (
        ("path", [document.path for document, _ in rows]),
        ("generation", [document.generation for document, _ in rows]),
    ):
        if len(set(one)) != len(rows):
            raise archive.bad(f"{matter_id} has two documents with the same {name}")
    counted = Counter(one.generation for one in _passages(archive, matter_id, rows))
    if counted != Counter({one.generation: one.passages for one, _ in rows}):
        raise archive.bad(f"{matter_id} has not the passages that its documents say")
    return rows


def restore_matter(
    library: "Library", archive: Archive, matter_id: str, *, replacing: bool = False
) -> Restored:
    """Restores a matter; one that is there only where ``replacing`` says so.

    Raises:
        BadBackup: the archive is not to be trusted, or the matter is there and is another.
        IndexUnavailable: the disk has no room, or the index does not answer; nothing was changed.
    """
    rows = check_matter(archive, matter_id)
    home = library.home
    with locked(home, matter_id):
        case_file = library.case_file(matter_id)
        outcome: Outcome = "restored"
        if (case_file.folder / NAME).is_file():
            if _is_as(case_file, rows):
                outcome = "unchanged"
            elif not replacing:
                raise BadBackup(
                    f"{matter_id}: is there already and differs from the backup; "
                    "--replace puts the backup in its place"
                )
            else:
                outcome = "replaced"
        if outcome != "unchanged":
            size = sum(
                member.size
                for name, member in archive.members.items()
                if name.startswith(f"matters/{matter_id}/")
            )
            check_space(case_file.folder, library.free_bytes + size, matter_id)
        if outcome == "replaced":
            _replace(case_file, archive, rows)
        elif outcome == "restored":
            _make(library, archive, matter_id, rows)
    return Restored(matter_id, outcome, len(rows), sum(one.passages for one, _ in rows))


def clear_cut(library: "Library") -> None:
    """Removes what killed restores left of matters that did not come to be.

    Where a server keeps passages of one and does not answer, that one is left for the next time.
    """
    for folder in (library.home / "matters").glob(_STAGED + "*"):
        matter_id = folder.name.removeprefix(_STAGED)
        with locked_if_free(library.home, matter_id) as free, suppress(IndexUnavailable):
            if free and folder.exists():
                _drop_staged(library, folder, matter_id)


def _make(library: "Library", archive: Archive, matter_id: str, rows: _Rows) -> None:
    """Makes a matter that is not there; it appears whole."""
    final = library.case_file(matter_id).folder
    staged = final.with_name(_STAGED + matter_id)
    _drop_staged(library, staged, matter_id)
    if final.exists():  # no manifest: what an ingest left that was killed at its very beginning
        shutil.rmtree(final)
    make_folder(staged)
    store = library.new_store(staged, matter_id)
    case_file = CaseFile(staged, matter_id, store, library.free_bytes)
    try:
        case_file.manifest.make(_last_generation(archive, matter_id, rows))
        _fill(case_file, archive, rows, same_generations=True)
        case_file.store.settle()
        staged.replace(final)
        sync(final.parent)
    except BaseException:
        with suppress(IndexUnavailable):  # of what went wrong first the user is told
            _drop_staged(library, staged, matter_id)
        raise


def _replace(case_file: CaseFile, archive: Archive, rows: _Rows) -> None:
    """Puts what was backed up in the place of a matter that is there."""
    case_file.sweep()
    try:
        _fill(case_file, archive, rows)
    except BaseException:
        with suppress(IndexUnavailable):
            case_file.sweep()
        raise
    case_file.sweep()
    case_file.store.settle()


def _drop_staged(library: "Library", staged: Path, matter_id: str) -> None:
    """Removes what is staged of a matter, from a server first: the folder says that it is there."""
    if not staged.exists():
        return
    if not (library.case_file(matter_id).folder / NAME).is_file():
        library.new_store(staged, matter_id).drop()
    shutil.rmtree(staged)


def _fill(
    case_file: CaseFile, archive: Archive, rows: _Rows, *, same_generations: bool = False
) -> None:
    """Writes passages and originals, sees that all are there, and makes them what the matter is."""
    manifest, store, matter_id = case_file.manifest, case_file.store, case_file.matter_id
    old = [document.generation for document, _ in rows]
    given = old if same_generations else manifest.next_generations(len(old))
    new = dict(zip(old, given, strict=True))
    passages = _passages(archive, matter_id, rows)
    while batch := list(islice(passages, READ_BATCH * 4)):
        store.put([replace(one, generation=new[one.generation]) for one in batch])
    _check_taken(store, matter_id, [new[one.generation] for one, _ in rows], rows)
    for document, _ in rows:
        name = original_name(matter_id, document.id)
        try:
            there = case_file.originals.put(archive.chunks(name), document.id, document.name)
        except OSError as error:
            raise archive.bad(f"{name} cannot be written ({error.strerror})") from None
        if not there:
            raise archive.bad(f"{name} is not the file of that hash")
    paths = {document.path for document, _ in rows}
    manifest.change(
        activate=[replace(document, generation=new[document.generation]) for document, _ in rows],
        remove=[one.path for one in manifest.documents() if one.path not in paths],
        kept={document.path: kept for document, kept in rows},
    )


def _check_taken(store: Store, matter_id: str, generations: list[int], rows: _Rows) -> None:
    of = sum(document.passages for document, _ in rows)
    taken = store.count(*generations) if of else 0
    if taken != of:
        raise IndexUnavailable(
            f"{matter_id}: the index took {taken} of {of} passages; nothing was changed, try again"
        )


def _passages(archive: Archive, matter_id: str, rows: _Rows) -> Iterator[StoredPassage]:
    """The passages of a matter, each of a document of the rows. Raises BadBackup."""
    documents = {document.generation: document for document, _ in rows}
    for line in archive.lines(passages_name(matter_id)):
        try:
            one = passage_of(line)
            uuid.UUID(one.passage.id)
        except ValueError as error:
            raise archive.bad(f"a passage of {matter_id} cannot be read ({error})") from None
        document = documents.get(one.generation)
        if document is None or (
            one.passage.matter_id,
            one.passage.document_id,
            one.passage.path,
        ) != (
            matter_id,
            document.id,
            document.path,
        ):
            raise archive.bad(f"{matter_id} has a passage that is of none of its documents")
        yield one


def _last_generation(archive: Archive, matter_id: str, rows: _Rows) -> int:
    """The last one taken when it was backed up: a number stands in receipts, and is not reused."""
    try:
        told = int(archive.about["matters"][matter_id]["generation"])
    except (KeyError, TypeError, ValueError):
        raise archive.bad(f"its manifest does not know {matter_id}") from None
    return max([told, *(document.generation for document, _ in rows)])


def _is_as(case_file: CaseFile, rows: _Rows) -> bool:
    """Whether a matter is just as in the rows, but for the numbers of its generations."""
    there, _ = case_file.manifest.everything()
    if [_numberless(*row) for row in there] != [_numberless(*row) for row in rows]:
        return False
    documents = [document for document, _ in there]
    passages = sum(one.passages for one in documents)
    held = case_file.store.count(*(one.generation for one in documents)) if passages else 0
    return held == passages and all(
        case_file.originals.path(one.id, one.name).is_file() for one in documents
    )


def _numberless(document: Document, kept: Kept) -> tuple[Document, Kept]:
    return replace(document, generation=0), kept
