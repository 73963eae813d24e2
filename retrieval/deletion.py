"""Deleting a document or a matter, and the certificate that nothing of it is left.

What is deleted leaves the manifest first: from there on no search sees it. Then index and
originals are swept. Then it is looked for, in the index, among the originals and in the bytes of
every file of the matter. What was answered from the document goes with it. Files are unlinked, not
overwritten: against a thief of the disk there is the encryption of the disk. A Qdrant server takes
the bytes of deleted passages off its own disk in its own time, which nobody can look at from here;
the certificate says so.
"""

import mmap
import shutil
import uuid
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from retrieval.casefile import CaseFile
from retrieval.documents import Document
from retrieval.errors import DeletionIncomplete
from retrieval.locks import locked, sweeping

HISTORY = "history"
"""The folder beside a case file that holds what was asked of it, a folder a question."""

_DOOMED = ".deleted-"
_PIECE = 16


def history_lock(matter_id: str) -> str:
    """Gives the name of the lock of what was asked in a matter; no matter has such a name."""
    return f".history-{matter_id}"


@dataclass(frozen=True, slots=True)
class Found:
    """What a look after a deletion found of it; each is 0."""

    passages: int
    originals: int
    files: int
    """Files on disk in which a document's hash stands, as it does with each of its passages."""


@dataclass(frozen=True, slots=True)
class Deletion:
    """The certificate: what was removed, when, and what was found afterwards."""

    matter_id: str
    whole_matter: bool
    documents: tuple[Document, ...]
    originals: int
    """Files; fewer than documents where two of them had the same bytes."""
    bytes: int
    """Of the originals."""
    at: str
    """When it was checked, in UTC (ISO 8601)."""
    found: Found
    erased: bool
    """Whether the passages' bytes are off the disk already; not where a server keeps the index."""
    still_in: Document | None = None
    """The e-mail that a deleted attachment came with, where that is still in the matter."""

    @property
    def passages(self) -> int:
        """How many passages were removed."""
        return sum(document.passages for document in self.documents)

    def record(self) -> dict[str, object]:
        """Gives what a log may keep: ids, counts and times, no name and no text."""
        return {
            "matter": self.matter_id,
            "whole_matter": self.whole_matter,
            "documents": [document.id for document in self.documents],
            "passages": self.passages,
            "originals": self.originals,
            "bytes": self.bytes,
            "checked_at": self.at,
            "found_after": asdict(self.found),
            "passages_erased": self.erased,
            "still_in": None if self.still_in is None else self.still_in.id,
        }


def delete_document(case_file: CaseFile, document: Document) -> Deletion:
    """Deletes a document of a case file that nobody else writes to; gives the certificate.

    Raises:
        DeletionIncomplete: something of it was found afterwards.
    """
    case_file.clear_cut_migration()
    case_file.sweep(wait=False)  # where the disk has no room for it, nothing is begun
    originals = _originals(case_file, [document])
    size = sum(file.stat().st_size for file in originals)
    case_file.manifest.change(activate=(), remove=[document.path])
    case_file.clear_evaluations()
    case_file.sweep()
    left = case_file.manifest.documents()
    kept = any(one.id == document.id for one in left)
    if not kept:
        _forget_answers(case_file, document.id)
    found = Found(
        case_file.store.count(document.generation),
        0 if kept else sum(file.exists() for file in originals),
        0 if kept else _files_with(case_file.folder, document.id),
    )
    certified = _certified(case_file, [document], [] if kept else originals, size, found)
    within = {str(parent) for parent in Path(document.path).parents}
    return replace(certified, still_in=next((one for one in left if one.path in within), None))


def delete_matter(home: Path, case_file: CaseFile) -> Deletion:
    """Deletes a whole matter that nobody else writes to; gives the certificate.

    Raises:
        DeletionIncomplete: something of it was found afterwards.
    """
    case_file.clear_cut_migration()
    documents = case_file.manifest.documents()
    originals = _originals(case_file, documents)
    size = sum(file.stat().st_size for file in originals)
    case_file.manifest.change(activate=(), remove=[document.path for document in documents])
    with sweeping(home, case_file.matter_id):
        case_file.store.drop()
        # Renamed first: what a crash leaves is no matter any more, and ``finish`` removes it.
        doomed = case_file.folder.with_name(_DOOMED + uuid.uuid4().hex)
        with locked(home, history_lock(case_file.matter_id)):  # no answer is kept half way
            case_file.folder.replace(doomed)
    finish(home)
    found = Found(
        case_file.store.count(*(document.generation for document in documents)),
        sum(file.exists() for file in originals),
        sum(folder.exists() for folder in (case_file.folder, doomed)),
    )
    return _certified(case_file, documents, originals, size, found, whole_matter=True)


def finish(home: Path) -> None:
    """Removes what deletions of matters left that were cut short, if any were."""
    if not any((home / "matters").glob(_DOOMED + "*")):
        return
    with locked(home, _DOOMED + "lock"):
        for folder in list((home / "matters").glob(_DOOMED + "*")):
            shutil.rmtree(folder)


def _originals(case_file: CaseFile, documents: Sequence[Document]) -> list[Path]:
    paths = {case_file.originals.path(one.id, one.name) for one in documents}
    return sorted(path for path in paths if path.exists())


def _forget_answers(case_file: CaseFile, document_id: str) -> None:
    """Removes what was answered from a document: its passages stand there."""
    home = case_file.folder.parents[1]
    with locked(home, history_lock(case_file.matter_id)):
        # In a list: a folder that goes while it is walked through is an error.
        for file in list((case_file.folder / HISTORY).glob("*/*/*.json")):
            if file.exists() and _holds_any(file, [document_id.encode()]):
                shutil.rmtree(file.parent)


def _files_with(folder: Path, document_id: str) -> int:
    """In how many files the hash stands. In pieces: a compressed file may have cut it."""
    pieces = [document_id[start : start + _PIECE] for start in range(0, 64, _PIECE)]
    needles = [piece.encode() for piece in pieces]
    files = [file for file in folder.rglob("*") if file.is_file() and file.stat().st_size]
    return sum(_holds_any(file, needles) for file in files)


def _holds_any(file: Path, needles: Sequence[bytes]) -> bool:
    with file.open("rb") as opened, mmap.mmap(opened.fileno(), 0, prot=mmap.PROT_READ) as content:
        return any(content.find(needle) >= 0 for needle in needles)


def _certified(
    case_file: CaseFile,
    documents: Sequence[Document],
    originals: Sequence[Path],
    size: int,
    found: Found,
    *,
    whole_matter: bool = False,
) -> Deletion:
    if found != Found(0, 0, 0):
        raise DeletionIncomplete(
            f"{case_file.matter_id}: deleted, but {found.passages} passages, {found.originals} "
            f"originals and traces in {found.files} files were found afterwards; delete the whole "
            "matter and ingest what is to stay again"
        )
    return Deletion(
        case_file.matter_id,
        whole_matter,
        tuple(documents),
        len(originals),
        size if originals else 0,
        datetime.now(UTC).isoformat(timespec="seconds"),
        found,
        case_file.store.erases,
    )
