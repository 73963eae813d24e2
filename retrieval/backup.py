"""A matter into a backup: its documents, its passages with their vectors, its originals.

What a matter is at one moment is what its manifest says at that moment, in one transaction. From
there on nothing that the manifest named is removed until it is read (``locks.reading``), while
ingests and deletions go on: none waits for the backup but the sweep behind it, and the backup waits
for no ingest.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from retrieval.archive import Writer
from retrieval.casefile import CaseFile, lost_from_index
from retrieval.documents import Document
from retrieval.durable import file_chunks
from retrieval.errors import BadBackup
from retrieval.locks import reading
from retrieval.portable import document_line, passage_line

A_PASSAGE = 8_000
"""Bytes that a passage takes in a backup at most, by experience; its text is among them."""


@dataclass(frozen=True, slots=True)
class Saved:
    """What a backup holds of a matter."""

    documents: int
    passages: int
    originals: int
    """Files; fewer than documents where two of them have the same bytes."""
    bytes: int
    """Of documents, passages and originals in the archive."""
    generation: int
    """The last that was taken."""


def save_matter(writer: Writer, case_file: CaseFile) -> Saved:
    """Writes a matter as it is at one moment; others may work on it.

    Raises:
        UnknownMatter: it is not there, or not any more.
        IndexUnavailable: the index does not answer, or lacks what the manifest names.
        BadBackup: an original is not what it was when it was ingested.
    """
    matter_id, before = case_file.matter_id, set(writer.members)
    with reading(case_file.home, matter_id):
        rows, generation = case_file.manifest.everything()
        documents = [document for document, _ in rows]
        writer.add(documents_name(matter_id), (document_line(*row) for row in rows))
        counted: dict[int, int] = dict.fromkeys((one.generation for one in documents), 0)
        writer.add(passages_name(matter_id), _passage_lines(case_file, counted))
        if lost := [one for one in documents if counted[one.generation] != one.passages]:
            raise lost_from_index(matter_id, lost)
        for document in {one.id: one for one in documents}.values():
            _save_original(writer, case_file, document)
    files = [member for name, member in writer.members.items() if name not in before]
    return Saved(
        len(rows),
        sum(counted.values()),
        len(files) - 2,
        sum(member.size for member in files),
        generation,
    )


def size_of(folder: Path, passages: int) -> int:
    """Gives about how many bytes a matter in this folder will take in a backup."""
    originals = (folder / "originals").glob("*")
    return passages * A_PASSAGE + sum(file.stat().st_size for file in originals)


def documents_name(matter_id: str) -> str:
    """Gives what a matter's documents are called in an archive."""
    return f"matters/{matter_id}/documents.jsonl"


def passages_name(matter_id: str) -> str:
    """Gives what a matter's passages are called in an archive."""
    return f"matters/{matter_id}/passages.jsonl"


def original_name(matter_id: str, document_id: str) -> str:
    """Gives what an original is called in an archive."""
    return f"matters/{matter_id}/originals/{document_id}"


def _passage_lines(case_file: CaseFile, counted: dict[int, int]) -> Iterator[bytes]:
    for one in case_file.store.read(counted.keys()):
        counted[one.generation] += 1
        yield passage_line(one)


def _save_original(writer: Writer, case_file: CaseFile, document: Document) -> None:
    original = case_file.originals.path(document.id, document.name)
    name = original_name(case_file.matter_id, document.id)
    try:
        chunks: Iterable[bytes] = file_chunks(original)
        changed = writer.add(name, chunks).sha256 != document.id
    except FileNotFoundError:
        changed = True
    if changed:
        raise BadBackup(
            f"{case_file.matter_id}: the original of {document.name} is missing or was changed; "
            "put the file back, or delete the document and ingest it again"
        )
