"""The manifest: what cannot be seen through the library."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from retrieval import manifest
from retrieval.errors import UnknownMatter
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


def test_a_manifest_is_made_whole_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = Manifest(tmp_path, "weir")
    with monkeypatch.context() as cut, pytest.raises(sqlite3.Error):
        cut.setattr(manifest, "_SCHEMA", "CREATE TABLE documents (path TEXT); nonsense;")
        made.make()
    with pytest.raises(UnknownMatter):
        made.documents()
    made.make()
    made.make()
    assert made.documents() == []
    assert made.next_generations(2) == range(1, 3)
