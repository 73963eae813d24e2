"""The originals of a matter: the files as they came, named by the hash of their bytes."""

import hashlib
import os
from collections.abc import Iterable
from pathlib import Path

from retrieval.documents import Document
from retrieval.durable import file_chunks, sync
from retrieval.errors import UnreadableFile
from retrieval.space import check_space, full_disk_told


class Originals:
    """The originals in a folder; ``free_bytes`` of its disk stay free."""

    def __init__(self, folder: Path, matter_id: str, free_bytes: int) -> None:
        self._folder = folder
        self._matter_id = matter_id
        self._free_bytes = free_bytes

    def path(self, document_id: str, name: str) -> Path:
        """Gives where the original of a document lies. Its name keeps no word of the file's."""
        return self._folder / (document_id + Path(name).suffix)

    def keep(self, file: Path, document_id: str, name: str) -> None:
        """Copies a file; the copy is durable before this returns.

        Raises:
            UnreadableFile: the file's bytes are not those of ``document_id`` any more.
            IndexUnavailable: the disk has no room.
            OSError: the file cannot be opened.
        """
        check_space(self._folder, self._free_bytes + file.stat().st_size, self._matter_id)
        if not self.put(file_chunks(file), document_id, name):
            raise UnreadableFile(f"{file}: changed while it was read; ingest it again")

    def put(self, chunks: Iterable[bytes], document_id: str, name: str) -> bool:
        """Writes an original from its bytes, durably; gives whether they were those of its id.

        Else nothing is written. Raises IndexUnavailable where the disk has no room, and whatever
        the bytes' source does.
        """
        original = self.path(document_id, name)
        staging = original.with_suffix(".tmp")
        self._folder.mkdir(exist_ok=True)
        try:
            with full_disk_told(self._matter_id):
                if _written(chunks, staging) != document_id:
                    return False
            staging.replace(original)
        finally:
            staging.unlink(missing_ok=True)
        sync(self._folder)
        return True

    def sweep(self, documents: Iterable[Document]) -> None:
        """Removes all originals but those of these documents, durably."""
        named = {self.path(document.id, document.name) for document in documents}
        gone = [file for file in self._folder.glob("*") if file not in named]
        for file in gone:
            file.unlink()
        if gone:
            sync(self._folder)


def _written(chunks: Iterable[bytes], target: Path) -> str:
    """Writes a file durably; gives the hash of its bytes."""
    written = hashlib.sha256()
    with target.open("wb") as copy:
        for chunk in chunks:
            written.update(chunk)
            copy.write(chunk)
        copy.flush()
        os.fsync(copy.fileno())
    return written.hexdigest()
