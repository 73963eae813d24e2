"""The manifest of a matter: which documents there are, and which generation of each is active.

One SQLite file a matter. What a search may see changes by one transaction here, and by nothing
else.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from retrieval.documents import Document
from retrieval.errors import IndexUnavailable, UnknownMatter

NAME = "manifest.sqlite"

# Two documents may hold the same bytes for a moment: while two files that swapped their contents
# are replaced one after the other.
_SCHEMA = """
CREATE TABLE IF NOT EXISTS documents (
    path TEXT PRIMARY KEY,
    id TEXT NOT NULL,
    name TEXT NOT NULL,
    pages INTEGER NOT NULL,
    passages INTEGER NOT NULL,
    generation INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS counter (generation INTEGER NOT NULL);
INSERT INTO counter SELECT 0 WHERE NOT EXISTS (SELECT 1 FROM counter);
"""
_COLUMNS = "path, id, name, pages, passages, generation"


class Manifest:
    """The manifest in a matter's folder.

    Every method raises UnknownMatter where there is none and IndexUnavailable where it is damaged.
    """

    def __init__(self, folder: Path, matter_id: str) -> None:
        self._file = folder / NAME
        self._matter_id = matter_id

    def make(self) -> None:
        """Makes an empty manifest; one that is there stays as it is."""
        with closing(sqlite3.connect(self._file)) as connection:
            connection.executescript(_SCHEMA)

    def documents(self) -> list[Document]:
        """Gives the documents by name."""
        with self._connection() as connection:
            rows = connection.execute(
                f"SELECT {_COLUMNS} FROM documents ORDER BY name, path"
            ).fetchall()
        return [self._document(row) for row in rows]

    def next_generation(self) -> int:
        """Gives a number that no generation has had."""
        with self._connection() as connection, connection:
            connection.execute("UPDATE counter SET generation = generation + 1")
            (generation,) = connection.execute("SELECT generation FROM counter").fetchone()
        return int(generation)

    def activate(self, document: Document) -> Document | None:
        """Makes a written generation the active one of its path; gives what it replaced."""
        with self._connection() as connection, connection:
            row = connection.execute(
                f"SELECT {_COLUMNS} FROM documents WHERE path = ?", (document.path,)
            ).fetchone()
            connection.execute(
                "INSERT OR REPLACE INTO documents VALUES (?, ?, ?, ?, ?, ?)",
                (
                    document.path,
                    document.id,
                    document.name,
                    document.pages,
                    document.passages,
                    document.generation,
                ),
            )
        return None if row is None else self._document(row)

    def remove(self, document: Document) -> None:
        """Takes a document out: no search sees it from here on."""
        with self._connection() as connection, connection:
            connection.execute("DELETE FROM documents WHERE path = ?", (document.path,))

    def _document(self, row: tuple[str, str, str, int, int, int]) -> Document:
        path, id_, name, pages, passages, generation = row
        return Document(
            id=id_,
            matter_id=self._matter_id,
            path=path,
            name=name,
            pages=pages,
            passages=passages,
            generation=generation,
        )

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        if not self._file.is_file():
            raise UnknownMatter(
                f"{self._matter_id}: no such matter; `casewright matters` lists them, "
                f"`casewright ingest {self._matter_id} PATH` makes it"
            )
        try:
            with closing(sqlite3.connect(self._file, timeout=30)) as connection:
                yield connection
        except sqlite3.Error as error:
            raise IndexUnavailable(
                f"{self._matter_id}: its manifest cannot be used ({error}); "
                f"try again, or restore {self._file}"
            ) from error
