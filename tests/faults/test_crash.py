"""`kill -9` in the middle of an ingest: nothing acknowledged is lost, nothing half-written served.

    make test-crash                       100 kills
    CASEWRIGHT_CRASHES=20 make test-crash   as many as .ci/run makes

Each kill comes at a seeded random moment of `casewright ingest` over a folder in which some files
are new, some changed and some unchanged. After each, before anything mends it, the laws are checked
on the matter as the kill left it.
"""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from retrieval.library import Library
from retrieval.packaged import file_sha256
from retrieval.search import search
from retrieval.store import ServerAddress
from tests.retrieval.qdrant_rest import QdrantRest

CRASHES = int(os.environ.get("CASEWRIGHT_CRASHES", "100"))
FILES = 12
MATTER = "weir"
SEED = 20


def text_of(number: int, version: int) -> str:
    """A document of some passages; each names its file and version, so that a mixture shows."""
    clauses = [
        f"Clause {clause} of deed {number}, version {version}. The miller of Weir {number} keeps "
        f"sluice {clause} open from dusk, and pays {number * 100 + clause} marks when he does not. "
        + f"The reeve of deed {number} version {version} hears him. "
        * 6
        for clause in range(1, 4 + number % 5)
    ]
    return "\n\n".join(clauses) + "\n"


@pytest.fixture(params=["embedded", "server"])
def server(request: pytest.FixtureRequest) -> Iterator[ServerAddress | None]:
    """Where the index is; a server outlives the processes that are killed."""
    if request.param == "embedded":
        yield None
        return
    with QdrantRest() as rest:
        yield ServerAddress(rest.url, "casewright", timeout=30)


def ingest(home: Path, folder: Path, server: ServerAddress | None) -> subprocess.Popen[str]:
    named = {} if server is None else {"QDRANT_URL": server.url}
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "tests.faults.ingest_aloud", str(home), MATTER, str(folder)],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), **named},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def acknowledged(printed: str) -> dict[str, str]:
    """The files that the ingest said were indexed, with the hash that they had."""
    whole = printed[: printed.rfind("\n") + 1]
    rows = [json.loads(line) for line in whole.splitlines()]
    return {row["path"]: row["sha256"] for row in rows if row["verdict"] == "indexed"}


def check_laws(library: Library, promised: dict[str, str], versions: dict[str, list[str]]) -> None:
    """What must hold at any moment, without anything having been mended."""
    documents = {document.path: document for document in library.documents(MATTER)}
    # A newer version may be active already: the kill came before the word on it.
    lost = {
        path
        for path, id_ in promised.items()
        if documents[path].id not in versions[path][versions[path].index(id_) :]
    }
    assert not lost, f"acknowledged and lost: {lost}"
    store = library.store(MATTER)
    for document in documents.values():
        assert document.id in versions[document.path]
        assert store.count(document.generation) == document.passages > 0
        assert file_sha256(library.original(document)) == document.id
    seen: dict[str, set[int]] = {}
    for ranked in search(library, MATTER, "who keeps the sluice open from dusk", 500):
        passage = ranked.passage
        assert passage.document_id == documents[passage.path].id, "a passage of an old version"
        seen.setdefault(passage.path, set()).add(passage.start)
    assert {path: len(starts) for path, starts in seen.items()} == {
        path: document.passages for path, document in documents.items()
    }


def passage_ids(library: Library) -> set[str]:
    return {
        ranked.passage.id for ranked in search(library, MATTER, "who keeps the sluice open", 500)
    }


@pytest.mark.crash
@pytest.mark.timeout(3600)
def test_kill_at_random_moments(tmp_path: Path, server: ServerAddress | None) -> None:
    draw = random.Random(SEED)
    folder, home = tmp_path / "files", tmp_path / "home"
    folder.mkdir()
    paths = [folder / f"deed-{number:02}.txt" for number in range(FILES)]
    for number, path in enumerate(paths):
        path.write_text(text_of(number, 0), encoding="utf-8")
    started = time.monotonic()
    first = ingest(home, folder, server)
    printed, errors = first.communicate(timeout=300)
    assert first.returncode == 0, errors
    whole_seconds = time.monotonic() - started
    library = Library(home, server=server)
    promised = acknowledged(printed)
    assert len(promised) == FILES
    versions = {str(path): [file_sha256(path)] for path in paths}
    inside = 0
    for crash in range(1, CRASHES + 1):
        for number, path in enumerate(paths):
            if draw.random() < 0.5:
                path.write_text(text_of(number, crash), encoding="utf-8")
                versions[str(path)].append(file_sha256(path))
        running = ingest(home, folder, server)
        time.sleep(draw.uniform(0.3, 1.0) * whole_seconds)
        inside += running.poll() is None
        try:
            os.killpg(running.pid, signal.SIGKILL)
        except ProcessLookupError:
            assert running.poll() == 0
        printed, _ = running.communicate()
        promised |= acknowledged(printed)
        check_laws(library, promised, versions)
    assert inside >= CRASHES // 3, "too few kills fell into an ingest"

    last = ingest(home, folder, server)
    _, errors = last.communicate(timeout=300)
    assert last.returncode == 0, errors
    clean = Library(tmp_path / "clean")
    shutil.copytree(home / "models", clean.home / "models")
    clean.ingest(MATTER, [folder])
    assert passage_ids(library) == passage_ids(clean)
    assert library.store(MATTER).generations() == library.active_generations(MATTER)
    originals = home / "matters" / MATTER / "originals"
    assert {*originals.iterdir()} == {library.original(one) for one in library.documents(MATTER)}
    library.close()
    print(f"{CRASHES} kills, {inside} of them inside an ingest, seed {SEED}")
