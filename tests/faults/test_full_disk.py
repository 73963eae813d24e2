"""A disk that fills up: one line says so, and the matter opens and goes on once there is room.

The disk is a small tmpfs, filled so that room ends at ten different points of an ingest.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.test_crash import MATTER, Matter, text_of

MB = 1024**2
DISK = 768 * MB
FREE_BYTES = 128 * MB
"""What the library is told to keep free: more than a shard takes before its first document."""
ROOM = (-110, -60, -24, -21, -18, -15, -11, -7, -3, 40)
"""Megabytes beyond that and beyond what the whole ingest takes, which is one for each file and more
for the shard; measured, because the room that a shard takes changes with its release."""
FILES = 24


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={DISK}", "tmpfs", str(folder)],
        capture_output=True,
        text=True,
        check=False,
    )
    if mounted.returncode != 0:
        pytest.skip(f"this machine mounts no tmpfs: {mounted.stderr.strip()}")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def ingest(home: Path, folder: Path, free_bytes: int) -> subprocess.CompletedProcess[str]:
    work = [sys.executable, "-P", "-m", "tests.faults.work_aloud", str(home), MATTER, "ingest"]
    return subprocess.run(
        [*work, str(folder), str(free_bytes)],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def free(disk: Path) -> int:
    """Gives the bytes that are free."""
    status = os.statvfs(disk)
    return status.f_bavail * status.f_frsize


def leave(disk: Path, room: int) -> None:
    """Fills the disk with ballast until so many bytes are free."""
    ballast = disk / "ballast"
    ballast.unlink(missing_ok=True)
    with ballast.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, free(disk) - room)


@pytest.mark.crash
@pytest.mark.timeout(900)
def test_full_disk_is_one_line_and_the_index_opens(disk: Path, tmp_path: Path) -> None:
    folder, home = tmp_path / "files", disk / "home"
    folder.mkdir()
    home.mkdir()
    (tmp_path / "models").mkdir()
    (home / "models").symlink_to(tmp_path / "models")  # what is always there takes no room
    paths = [folder / f"deed-{number:02}.txt" for number in range(FILES)]
    for number, path in enumerate(paths):  # large files with little text: it is quickly embedded
        path.write_text(text_of(number, 0) + " " * MB, encoding="utf-8")
    matter = Matter(home, paths)
    before = free(disk)
    assert ingest(home, folder, FREE_BYTES).returncode == 0
    taken = before - free(disk)
    matter.library.delete_matter(MATTER)
    stopped, read = 0, []
    for room in ROOM:
        leave(disk, FREE_BYTES + taken + room * MB)
        run = ingest(home, folder, FREE_BYTES)
        assert run.returncode in (0, 1), f"ended by {run.returncode}: {run.stderr}"
        if run.returncode == 1:
            stopped += 1
            assert run.stderr.count("\n") == 1
            assert "free some space and try again" in run.stderr
        (disk / "ballast").unlink()
        matter.check([])
        read.append(len(matter.paths()))
        if MATTER in {one.id for one in matter.library.matters()}:
            matter.library.delete_matter(MATTER)
    assert stopped >= len(ROOM) // 2, "the disk was too large for this test"
    assert len(set(read)) > 2, "the disk filled up at the same point each time"
    assert ingest(home, folder, FREE_BYTES).returncode == 0
    matter.check([])
    assert len(matter.paths()) == FILES
    matter.library.close()  # what a search keeps open keeps the disk busy
    print(f"{stopped} of {len(ROOM)} ingests stopped by a full disk, after {read} documents")
