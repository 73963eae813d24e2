"""The power goes in the middle of an ingest: of each file only what was synced is sure.

A shim (`io_faults.c`) keeps the bytes of each file as they are when it is synced. The command is
killed at a seeded moment, and the home is made what a disk may have of it: each file as it was last
synced, or as it was written by then, by turns of the same seed; one that was never synced is empty
or whole. Names are as they were at the moment, as a file system with a journal has them.

Not modelled: Qdrant Edge's own files, which are mapped into memory; they stay as they were written.
"""

import errno
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest

from retrieval.library import Library
from retrieval.manifest import NAME
from retrieval.packaged import file_sha256
from retrieval.search import search
from serving import audit
from tests.faults.extent import SEED, tries
from tests.faults.test_io import FILES, begun, command, shim, write  # noqa: F401 - fixtures

QUESTION = "Who keeps the sluice open from dusk?"


def active(matter: Path) -> set[tuple[str, int]]:
    """The documents that a search may see, with their generations; none while one is written."""
    try:
        with closing(sqlite3.connect(f"file:{matter / NAME}?mode=ro", uri=True)) as read:
            return {*read.execute("SELECT path, generation FROM documents")}
    except sqlite3.OperationalError:
        return set()


def wait_for_the_moment(
    process: "subprocess.Popen[bytes]", matter: Path, draw: random.Random
) -> None:
    """At the first new original, or when a search sees other documents; or a little later."""
    originals, before = matter / "originals", active(matter)
    kept, of_search = len([*originals.iterdir()]), draw.random() < 0.6
    while process.poll() is None:
        if of_search and active(matter) not in (before, set()):
            break
        if not of_search and len([*originals.iterdir()]) != kept:
            break
        time.sleep(0.001)
    time.sleep(draw.choice((0.0, draw.uniform(0, 0.05), draw.uniform(0, 1))))


def power_cut(home: Path, synced: Path, draw: random.Random) -> int:
    """Makes the home what the disk has of it; gives how many files lost what was written."""
    lost = 0
    for file in sorted(home.rglob("*")):
        within = file.relative_to(home).parts
        if not file.is_file() or file.is_symlink() or {"shard", "models"} & {*within}:
            continue
        copy = synced / str(file.stat().st_ino)
        content = copy.read_bytes() if copy.exists() else b""
        if draw.random() < 0.7 and content != file.read_bytes():
            file.write_bytes(content)
            lost += 1
    return lost


def holds(home: Path, files: Path) -> None:
    """The laws: what the manifest has is there once and whole, original and passages; the log holds
    but for its end."""
    with closing(Library(home)) as library:
        documents = library.documents("weir")
        found = search(library, "weir", QUESTION, 400)
        seen = Counter(one.passage.path for one in found)
        assert seen == {one.path: one.passages for one in documents}
        for one in documents:
            assert file_sha256(library.original(one)) == one.id, "an original is not what it was"
    try:
        audit.verify(home)
    except audit.BrokenAudit as error:
        assert "was cut" in str(error), error


@pytest.mark.faults
@pytest.mark.timeout(3600)
def test_power_cuts_in_an_ingest(shim: Path, begun: Path, tmp_path: Path) -> None:  # noqa: F811
    draw, lost, cut = random.Random(f"{SEED} power"), 0, 0
    began = time.monotonic()
    write(tmp_path, 1)
    shutil.copytree(tmp_path / "files", begun / "files", dirs_exist_ok=True)
    for number in range(tries(1)):
        folder = tmp_path / f"{number}"
        home, synced = folder / "home", folder / "synced"
        subprocess.run(["cp", "-a", "--sparse=always", begun / "home", f"{folder}-"], check=True)
        folder.mkdir()
        Path(f"{folder}-").rename(home)
        synced.mkdir()
        for file in home.rglob("*"):  # what was there before is long on the disk
            if file.is_file() and not file.is_symlink() and "shard" not in file.parts:
                shutil.copyfile(file, synced / str(file.stat().st_ino))
        process = subprocess.Popen(
            [sys.executable, "-m", "ui.cli", "ingest", "weir", str(begun / "files")],
            env={
                **os.environ,
                "CASEWRIGHT_HOME": str(home),
                "CASEWRIGHT_WORKERS": "1",
                "LD_PRELOAD": str(shim),
                "SYNC_INTO": str(synced),
            },
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        wait_for_the_moment(process, home / "matters" / "weir", draw)
        cut += process.poll() is None
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError as error:
            assert error.errno == errno.ESRCH
        process.wait()
        lost += power_cut(home, synced, draw)
        holds(home, begun / "files")
        assert command(home, None, "ingest", "weir", str(begun / "files")).returncode == 0
        holds(home, begun / "files")
        with closing(Library(home)) as library:
            assert len(library.documents("weir")) == FILES + 1
        shutil.rmtree(folder)
    print(
        f"seed {SEED}: {tries(1)} power cuts, {cut} of them in the middle, {lost} files lost what "
        f"was written, in {time.monotonic() - began:.0f} s"
    )
    assert cut
