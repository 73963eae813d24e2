"""The manifest: what cannot be seen through the library."""

import sqlite3
from contextlib import closing
from pathlib import Path

from retrieval.manifest import NAME, Manifest


def test_manifest_of_before_documents_were_described_is_read(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / NAME)) as connection, connection:
        connection.execute(
            "CREATE TABLE documents (path TEXT PRIMARY KEY, id TEXT NOT NULL, name TEXT NOT NULL, "
            "pages INTEGER NOT NULL, passages INTEGER NOT NULL, generation INTEGER NOT NULL)"
        )
        connection.execute("INSERT INTO documents VALUES ('a/weir.txt', 'f0', 'weir.txt', 1, 2, 3)")
    (document,) = Manifest(tmp_path, "weir").documents()
    assert (document.path, document.passages, document.near) == ("a/weir.txt", 2, None)
