"""The manifest of a matter: which documents there are, and which generation of each is active.

One SQLite file a matter. What a search may see changes by one transaction here, and by nothing
else.
"""

import sqlite3
from collections.abc import Iterator, Sequence
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

    def next_generations(self, count: int) -> range:
        """Gives as many numbers that no generation has had."""
        with self._connection() as connection, connection:
            connection.execute("UPDATE counter SET generation = generation + ?", (count,))
            (last,) = connection.execute("SELECT generation FROM counter").fetchone()
        return range(int(last) - count + 1, int(last) + 1)

    def change(self, activate: Sequence[Document], remove: Sequence[str] = ()) -> None:
        """Makes written generations the active ones of their paths and takes out other paths.

        All in one transaction: a search sees the matter before it or after it.
        """
        with self._connection() as connection, connection:
            connection.executemany(
                "DELETE FROM documents WHERE path = ?", [(path,) for path in remove]
            )
            connection.executemany(
                f"INSERT OR REPLACE INTO documents ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?)",
                [
                    (one.path, one.id, one.name, one.pages, one.passages, one.generation)
                    for one in activate
                ],
            )

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
                # What is deleted is overwritten: names and hashes do not stay in free pages.
                connection.execute("PRAGMA secure_delete = ON")
                yield connection
        except sqlite3.Error as error:
            raise IndexUnavailable(
                f"{self._matter_id}: its manifest cannot be used ({error}); "
                f"try again, or restore {self._file}"
            ) from error
