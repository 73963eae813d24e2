"""`kill -9` in the middle of work: nothing acknowledged is lost, nothing half-done served.

    make test-crash                         100 kills
    CASEWRIGHT_CRASHES=20 make test-crash   as many as .ci/run makes

Each kill comes at a seeded random moment of an ingest over a folder in which some files are new,
some changed and some unchanged; or of the deletion of some documents, or of the whole matter. After
each, before anything mends it, the laws are checked on the matter as the kill left it.
"""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from retrieval.documents import Document
from retrieval.library import Library
from retrieval.packaged import file_sha256
from retrieval.search import search
from retrieval.store import ServerAddress
from tests.retrieval.qdrant_rest import QdrantRest

CRASHES = int(os.environ.get("CASEWRIGHT_CRASHES", "100"))
FILES = 12
MATTER = "weir"
SEED = 20

Row = dict[str, str]


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


def start(home: Path, *work: str, server: ServerAddress | None = None) -> subprocess.Popen[str]:
    """Starts some work in a process of its own; returns when it is about to begin."""
    named = {} if server is None else {"QDRANT_URL": server.url}
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "tests.faults.work_aloud", str(home), MATTER, *work],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), **named},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    assert json.loads(process.stdout.readline())["verdict"] == "begins"
    return process


def finish(process: subprocess.Popen[str]) -> list[Row]:
    printed, errors = process.communicate(timeout=300)
    assert process.returncode == 0, errors
    return acknowledged(printed)


def kill(process: subprocess.Popen[str]) -> list[Row]:
    """Kills it with all its children; gives what it had said was done."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        assert process.poll() == 0
    return acknowledged(process.communicate()[0])


def acknowledged(printed: str) -> list[Row]:
    whole = printed[: printed.rfind("\n") + 1]
    return [json.loads(line) for line in whole.splitlines()]


class Matter:
    """The matter, what was promised of it, and the laws that must hold at any moment."""

    def __init__(self, home: Path, paths: list[Path], server: ServerAddress | None = None) -> None:
        self.library = Library(home, server=server)
        self.folder = home / "matters" / MATTER
        self.versions = {str(path): [file_sha256(path)] for path in paths}
        self.promised: dict[str, str] = {}

    def documents(self) -> list[Document]:
        """Its documents; none where the kill came before there was a matter, or after."""
        there = MATTER in {matter.id for matter in self.library.matters()}
        return self.library.documents(MATTER) if there else []

    def paths(self) -> list[str]:
        return [document.path for document in self.documents()]

    def note(self, rows: list[Row], doomed: list[str]) -> None:
        """Keeps what was promised; documents about to be deleted are promised no more."""
        for path in doomed:
            self.promised.pop(path, None)
        self.promised |= {row["path"]: row["sha256"] for row in rows if row["verdict"] == "indexed"}

    def check(self, rows: list[Row]) -> None:
        for row in rows:
            if row["verdict"] == "deleted":
                assert row["path"] not in self.paths()
                assert not self.files_with(row["sha256"])
        if any(row["verdict"] == "dropped" for row in rows):
            assert not self.folder.exists()
        documents = {one.path: one for one in self.documents()}
        # A newer version may be active already: the kill came before the word on it.
        lost = {
            path
            for path, id_ in self.promised.items()
            if path not in documents
            or documents[path].id not in self.versions[path][self.versions[path].index(id_) :]
        }
        assert not lost, f"acknowledged and lost: {lost}"
        store = self.library.store(MATTER)
        for document in documents.values():
            assert document.id in self.versions[document.path]
            assert store.count(document.generation) == document.passages > 0
            assert file_sha256(self.library.original(document)) == document.id
        seen: dict[str, set[int]] = {}
        if documents:
            for ranked in search(self.library, MATTER, "who keeps the sluice open", 500):
                passage = ranked.passage
                assert passage.document_id == documents[passage.path].id, "of an old version"
                seen.setdefault(passage.path, set()).add(passage.start)
        assert {path: len(starts) for path, starts in seen.items()} == {
            path: document.passages for path, document in documents.items()
        }

    def files_with(self, text: str) -> list[Path]:
        files = [file for file in self.folder.rglob("*") if file.is_file()]
        return [file for file in files if text.encode() in file.read_bytes()]


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
    matter = Matter(home, paths, server)
    seconds = {}
    for work in ("ingest", "delete", "drop", "ingest"):
        what = {"ingest": [str(folder)], "delete": matter.paths()[:3], "drop": []}[work]
        running = start(home, work, *what, server=server)
        started = time.monotonic()
        rows = finish(running)
        seconds[work] = time.monotonic() - started
    matter.note(rows, [])
    assert len(matter.promised) == FILES

    inside: Counter[str] = Counter()
    for crash in range(1, CRASHES + 1):
        work = draw.choices(["ingest", "delete", "drop"], [6, 3, 1])[0]
        there = matter.paths()
        if not there:
            work = "ingest"
        doomed = there if work == "drop" else draw.sample(there, min(3, len(there)))
        for number, path in enumerate(paths):
            if work == "ingest" and draw.random() < 0.5:
                path.write_text(text_of(number, crash), encoding="utf-8")
                matter.versions[str(path)].append(file_sha256(path))
        what = {"ingest": [str(folder)], "delete": doomed, "drop": []}[work]
        running = start(home, work, *what, server=server)
        time.sleep(draw.uniform(0.0, 1.0) * seconds[work])
        inside[work] += running.poll() is None
        rows = kill(running)
        matter.note(rows, [] if work == "ingest" else doomed)
        matter.check(rows)
    assert inside.total() >= CRASHES // 3, "too few kills fell into work"

    finish(start(home, "ingest", str(folder), server=server))
    library = matter.library
    clean = Library(tmp_path / "clean")
    shutil.copytree(home / "models", clean.home / "models")
    clean.ingest(MATTER, [folder])
    assert passage_ids(library) == passage_ids(clean)
    assert library.store(MATTER).generations() == library.active_generations(MATTER)
    originals = matter.folder / "originals"
    assert {*originals.iterdir()} == {library.original(one) for one in library.documents(MATTER)}
    assert [one.name for one in (home / "matters").iterdir()] == [MATTER]
    for path, versions in matter.versions.items():
        for old in versions[:-1]:
            assert not matter.files_with(old), f"an old version of {path} is on the disk"
    library.close()
    told = ", ".join(f"{count} in {work}" for work, count in sorted(inside.items()))
    print(f"{CRASHES} kills, {inside.total()} of them at work ({told}), seed {SEED}")
