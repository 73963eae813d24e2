"""An ingest in one process and searches in another: no error, and no answer from two versions.

Every file is replaced by a changed version while the searches run. A search sees the old or the new
text of a document: never both, never neither.
"""

import subprocess
from collections import Counter
from pathlib import Path

import pytest

from retrieval.library import Library
from retrieval.search import search
from tests.faults.test_crash import MATTER, finish, start

FILES = 100
SEARCHES = 200
QUESTION = "Who keeps the sluice open from dusk?"


def write(folder: Path, version: int) -> None:
    for number in range(FILES):
        clauses = [
            f"Deed {number}, version {version}, clause {clause}. The miller of Weir {number} "
            f"keeps the sluice open from dusk. {'The reeve hears him. ' * 18}"
            for clause in range(2)
        ]
        (folder / f"deed-{number:02}.txt").write_text("\n\n".join(clauses), encoding="utf-8")


@pytest.mark.crash
@pytest.mark.timeout(600)
def test_searches_while_every_document_is_replaced(tmp_path: Path) -> None:
    folder, home = tmp_path / "files", tmp_path / "home"
    folder.mkdir()
    write(folder, 0)
    library = Library(home)
    library.ingest(MATTER, [folder])
    passages = {one.path: one.passages for one in library.documents(MATTER)}
    assert set(passages.values()) == {2}

    version, searches, mixed = 0, 0, 0
    running: subprocess.Popen[str] | None = None
    while searches < SEARCHES:
        if running is None or running.poll() is not None:
            if running is not None:
                finish(running)
            version += 1
            write(folder, version)
            running = start(home, "ingest", str(folder))
        found = search(library, MATTER, QUESTION, 10 * FILES)
        searches += 1
        seen = Counter(ranked.passage.path for ranked in found)
        assert seen == passages, "a document is missing, or is there twice"
        versions: dict[str, set[str]] = {}
        for ranked in found:
            told = ranked.passage.text.split("version ")[1].split(",")[0]
            versions.setdefault(ranked.passage.path, set()).add(told)
        assert all(len(one) == 1 for one in versions.values()), "two versions of a document"
        mixed += len({*map(frozenset, versions.values())}) > 1
    assert running is not None
    finish(running)
    print(
        f"{searches} searches during {version} replacements of {FILES} files, {mixed} of them "
        "while some documents were new and some were old; no error"
    )
    assert mixed, "no search fell between two documents"
