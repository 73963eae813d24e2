"""The manifest of a matter: which documents there are, and which generation of each is active.

One SQLite file a matter. What a search may see changes by one transaction here, and by nothing
else.
"""

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from retrieval.documents import Description, Document, Near
from retrieval.edits import Edits
from retrieval.errors import IndexUnavailable, UnknownMatter
from retrieval.hidden import Hidden

NAME = "manifest.sqlite"

_LATER = {
    "description": "TEXT NOT NULL DEFAULT '{}'",
    "near": "TEXT",
    "edits": "TEXT NOT NULL DEFAULT '{}'",
    "signature": "BLOB",
    "unread": "INTEGER NOT NULL DEFAULT 0",
    "version": "INTEGER NOT NULL DEFAULT 0",
    "header": "TEXT NOT NULL DEFAULT ''",
    "header_vector": "BLOB",
    "hidden": "TEXT NOT NULL DEFAULT '[]'",
}
"""Columns that the first manifests did not have."""
# Two documents may hold the same bytes for a moment: while two files that swapped their contents
# are replaced one after the other.
_SCHEMA = f"""
CREATE TABLE documents (
    path TEXT PRIMARY KEY,
    id TEXT NOT NULL,
    name TEXT NOT NULL,
    pages INTEGER NOT NULL,
    passages INTEGER NOT NULL,
    generation INTEGER NOT NULL,
    {", ".join(f"{column} {kind}" for column, kind in _LATER.items())}
);
CREATE TABLE counter (generation INTEGER NOT NULL);
INSERT INTO counter VALUES (0);
"""
_KEPT_COLUMNS = "signature, edits, unread, version, header, header_vector"
_COLUMNS = "path, id, name, pages, passages, generation, description, near, hidden"


def no_such(matter_id: str) -> UnknownMatter:
    """Gives the error that there is no matter of this name."""
    return UnknownMatter(
        f"{matter_id}: no such matter; `casewright matters` lists them, "
        f"`casewright ingest {matter_id} PATH` makes it"
    )


@dataclass(frozen=True, slots=True)
class Kept:
    """What is kept of a document beside what is shown."""

    signature: bytes
    """For comparing later documents with it, as ``near_duplicates`` stores it."""
    edits: Edits
    """What the user set in its description."""
    unread: int = 0
    """Scanned pages that were left unread."""
    version: int = 0
    """Of how its passages and vectors were made, as ``passages.VERSION``."""
    header: str = ""
    """What its passages' vectors have in common, as ``passages.header_of``."""
    header_vector: bytes = b""
    """The header's own, as 32-bit floats."""


class Manifest:
    """The manifest in a matter's folder.

    Every method raises UnknownMatter where there is none and IndexUnavailable where it is damaged.
    """

    def __init__(self, folder: Path, matter_id: str) -> None:
        self._file = folder / NAME
        self._matter_id = matter_id

    def make(self, generation: int = 0) -> None:
        """Makes an empty manifest, whole or not at all; one that is there stays as it is.

        ``generation`` is the last one that is taken already.
        """
        if self._file.exists():
            return
        staging = self._file.with_suffix(".staging")
        staging.unlink(missing_ok=True)  # what a crash left of it
        with closing(sqlite3.connect(staging)) as connection:
            connection.executescript(_SCHEMA)
            with connection:
                connection.execute("UPDATE counter SET generation = ?", (generation,))
        staging.replace(self._file)

    def documents(self) -> list[Document]:
        """Gives the documents by name."""
        with self._connection() as connection:
            rows = connection.execute(
                f"SELECT {_COLUMNS} FROM documents ORDER BY name, path"
            ).fetchall()
        return [self._document(row) for row in rows]

    def next_generations(self, count: int) -> range:
        """Gives as many numbers that no generation has had."""
        with self._connection() as connection, connection:
            connection.execute("UPDATE counter SET generation = generation + ?", (count,))
            (last,) = connection.execute("SELECT generation FROM counter").fetchone()
        return range(int(last) - count + 1, int(last) + 1)

    def everything(self) -> tuple[list[tuple[Document, Kept]], int]:
        """Gives all documents with what is kept of them, and the last generation taken.

        As they are at one moment, whoever writes meanwhile.
        """
        with self._connection() as connection, connection:
            connection.execute("BEGIN")
            rows = connection.execute(
                f"SELECT {_COLUMNS}, {_KEPT_COLUMNS} FROM documents ORDER BY path"
            ).fetchall()
            (last,) = connection.execute("SELECT generation FROM counter").fetchone()
        return [(self._document(row[:9]), _kept(row[9:])) for row in rows], int(last)

    def kept(self) -> dict[str, Kept]:
        """Gives what is kept of each document beside what is shown, by path."""
        with self._connection() as connection:
            rows = connection.execute(f"SELECT path, {_KEPT_COLUMNS} FROM documents").fetchall()
        return {path: _kept(row) for path, *row in rows}

    def headers(self) -> dict[int, tuple[str, bytes]]:
        """Gives the header of each document and its vector, by generation."""
        with self._connection() as connection:
            rows = connection.execute("SELECT generation, header, header_vector FROM documents")
            return {generation: (header, vector or b"") for generation, header, vector in rows}

    def change(
        self,
        activate: Sequence[Document],
        remove: Sequence[str] = (),
        kept: Mapping[str, Kept] | None = None,
    ) -> None:
        """Makes written generations the active ones of their paths and takes out other paths.

        ``kept`` is what to keep of the activated ones, by path. All in one transaction: a search
        sees the matter before it or after it.
        """
        kept = kept or {}
        nothing = Kept(b"", {})
        with self._connection() as connection, connection:
            # What was nearly the same as a document that goes or changes may not be any more.
            connection.executemany(
                "UPDATE documents SET near = NULL WHERE json_extract(near, '$.other') = ?",
                [(path,) for path in (*remove, *(one.path for one in activate))],
            )
            connection.executemany(
                "DELETE FROM documents WHERE path = ?", [(path,) for path in remove]
            )
            connection.executemany(
                f"INSERT OR REPLACE INTO documents ({_COLUMNS}, {_KEPT_COLUMNS}) "
                f"VALUES ({', '.join('?' * 15)})",
                [_row(one) + _kept_row(kept.get(one.path, nothing)) for one in activate],
            )

    def _document(self, row: tuple[Any, ...]) -> Document:
        path, id_, name, pages, passages, generation, description, near, hidden = row
        fields = json.loads(description)
        return Document(
            id=id_,
            matter_id=self._matter_id,
            path=path,
            name=name,
            pages=pages,
            passages=passages,
            generation=generation,
            description=Description(**{**fields, "parties": tuple(fields.get("parties", ()))}),
            near=Near(**json.loads(near)) if near else None,
            hidden=tuple(Hidden(**one) for one in json.loads(hidden)),
        )

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        if not self._file.is_file():
            raise no_such(self._matter_id)
        try:
            with closing(sqlite3.connect(self._file, timeout=30)) as connection:
                # What is deleted is overwritten: names and hashes do not stay in free pages.
                connection.execute("PRAGMA secure_delete = ON")
                _upgrade(connection)
                yield connection
        except sqlite3.Error as error:
            raise IndexUnavailable(
                f"{self._matter_id}: its manifest cannot be used ({error}); "
                f"try again, or restore {self._file}"
            ) from error


def _upgrade(connection: sqlite3.Connection) -> None:
    """Gives a manifest that was made before documents were described the columns that it lacks."""
    have = {row[1] for row in connection.execute("PRAGMA table_info(documents)")}
    for column, kind in _LATER.items():
        if have and column not in have:
            connection.execute(f"ALTER TABLE documents ADD COLUMN {column} {kind}")


def _row(document: Document) -> tuple[Any, ...]:
    return (
        document.path,
        document.id,
        document.name,
        document.pages,
        document.passages,
        document.generation,
        json.dumps(asdict(document.description)),
        json.dumps(asdict(document.near)) if document.near else None,
        json.dumps([asdict(one) for one in document.hidden]),
    )


def _kept(row: Sequence[Any]) -> Kept:
    mark, edits, unread, version, header, vector = row
    return Kept(mark or b"", json.loads(edits), unread, version, header, vector or b"")


def _kept_row(kept: Kept) -> tuple[Any, ...]:
    return (
        kept.signature,
        json.dumps(kept.edits),
        kept.unread,
        kept.version,
        kept.header,
        kept.header_vector,
    )
