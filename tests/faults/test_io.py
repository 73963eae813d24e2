"""Disks that fail: each write of the manifest or of the audit log, from a seeded one on.

A shim that is built here (`io_faults.c`) makes the calls fail in the real command. It ends with one
line and status 1, and what it left opens: each document that the manifest has is searchable whole,
the next ingest ends, and the audit log holds.
"""

import errno
import os
import random
import shutil
import subprocess
import sys
from collections import Counter
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from retrieval.library import Library
from retrieval.search import search
from serving import audit
from tests.faults.extent import SEED, tries
from ui import jobs

FILES = 4
HERE = Path(__file__).parent
LETTER = "The miller of Weir {number} keeps the sluice open from dusk, version {version}.\n\n"


@pytest.fixture(scope="module")
def shim(tmp_path_factory: pytest.TempPathFactory) -> Path:
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None or not sys.platform.startswith("linux"):
        pytest.skip("no C compiler on this Linux, or no Linux: calls cannot be made to fail")
    built = tmp_path_factory.mktemp("shim") / "io_faults.so"
    source = HERE / "io_faults.c"
    subprocess.run([compiler, "-shared", "-fPIC", "-o", built, source, "-ldl"], check=True)
    return built


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with a matter of some documents, and the folder that they came from."""
    folder = tmp_path_factory.mktemp("weir")
    write(folder, 0)
    assert command(folder / "home", None, "ingest", "weir", str(folder / "files")).returncode == 0
    return folder


def write(folder: Path, version: int) -> None:
    (folder / "files").mkdir(exist_ok=True)
    for number in range(FILES + version):
        text = LETTER.format(number=number, version=version) * 12
        (folder / "files" / f"deed-{number}.txt").write_text(text, encoding="utf-8")


def command(
    home: Path, faults: dict[str, str] | None, *arguments: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "ui.cli", *arguments],
        env={**os.environ, "CASEWRIGHT_HOME": str(home), "CASEWRIGHT_WORKERS": "1"}
        | (faults or {}),
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )


def opens(home: Path) -> None:
    """The laws: what the manifest has is there, once and whole; the log holds."""
    with closing(Library(home)) as library:
        documents = library.documents("weir")
        found = search(library, "weir", "Who keeps the sluice open from dusk?", 400)
        seen = Counter(one.passage.path for one in found)
        assert seen == {one.path: one.passages for one in documents}
    audit.verify(home)


@pytest.mark.faults
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("word", ["manifest.sqlite", "audit."])
def test_writes_that_fail(word: str, shim: Path, begun: Path, tmp_path: Path) -> None:
    draw, failed = random.Random(f"{SEED} {word}"), 0
    for number in range(tries(1)):
        folder = tmp_path / f"{number}"
        folder.mkdir()
        subprocess.run(["cp", "-r", "--sparse=always", f"{begun}/.", str(folder)], check=True)
        home, files = folder / "home", begun / "files"
        write(folder, 1)
        # In place of the files it knew: the paths are those of the first ingest.
        shutil.copytree(folder / "files", files, dirs_exist_ok=True)
        faults = {
            "LD_PRELOAD": str(shim),
            "FAULT_PATH": word,
            "FAULT_CALL": str(draw.randint(1, 24 if word == "manifest.sqlite" else 3)),
            "FAULT_ERRNO": str(draw.choice([errno.EIO, errno.ENOSPC])),
            **({"FAULT_ONCE": "1"} if draw.random() < 0.5 else {}),
        }
        ended = command(home, faults, "ingest", "weir", str(files))
        assert ended.returncode in (0, 1), (faults, ended.stderr)
        assert "Traceback" not in ended.stderr, (faults, ended.stderr)
        failed += ended.returncode
        opens(home)
        assert command(home, None, "ingest", "weir", str(files)).returncode == 0
        opens(home)
        with closing(Library(home)) as library:
            assert len(library.documents("weir")) == FILES + 1
        shutil.rmtree(folder)
    print(f"seed {SEED}: {failed} of {tries(1)} ingests ended by failing writes of {word}")
    assert failed


@pytest.mark.faults
def test_a_home_that_cannot_be_written(begun: Path, tmp_path: Path, shim: Path) -> None:
    """As a file system that is mounted to be read: one line, and what needs no writing works."""
    home = begun / "home"
    faults = {"LD_PRELOAD": str(shim), "FAULT_PATH": "home", "FAULT_CALL": "1"}
    faults["FAULT_ERRNO"] = str(errno.EROFS)
    for reads in (("matters",), ("documents", "weir"), ("audit", "verify")):
        ended = command(home, faults, *reads)
        assert ended.returncode == 0, (reads, ended.stderr)
    new = tmp_path / "new.txt"
    new.write_text("The reeve hears the miller.\n", encoding="utf-8")
    for writes in (("ingest", "weir", str(new)), ("delete", "weir", "--yes")):
        ended = command(home, faults, *writes)
        assert ended.returncode == 1 and "Traceback" not in ended.stderr, (writes, ended.stderr)
        assert ended.stderr.strip().count("\n") <= 2, ended.stderr
    assert command(home, None, "documents", "weir").returncode == 0


def test_a_job_is_the_latest_whatever_the_clock_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As every autumn, when an hour comes twice, or where a machine's clock is set right."""
    started = []
    monkeypatch.setattr(jobs, "_spawn", lambda home, folder, lock, owner: os.getpid())
    for hour in (10, 9, 11, 9, 9):
        now = datetime(2024, 10, 27, hour, tzinfo=UTC).timestamp()
        monkeypatch.setattr(jobs, "_now", lambda now=now: now)
        started.append(jobs.start(tmp_path, "Reading", [], owner="ada").id)
    assert [one.id for one in jobs.jobs(tmp_path, "ada")] == started[::-1]


def test_a_clock_that_goes_back(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The order of entries is that of their hashes, whatever the clock says."""

    class Clock(datetime):
        now_is = datetime(2024, 6, 1, tzinfo=UTC)

        @classmethod
        def now(cls, tz: object = None) -> datetime:  # type: ignore[override]
            return cls.now_is

    monkeypatch.setattr(audit, "datetime", Clock)
    for day in (20, 3, 27, 1):
        Clock.now_is = datetime(2024, 6, day, tzinfo=UTC)
        last = audit.append(home, "ask", {"day": day}, "a")
    assert audit.verify(home) == audit.Head(4, last)
