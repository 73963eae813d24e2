"""Room on the disk, looked at before anything is written: Qdrant Edge dies on a full disk."""

import errno
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from retrieval.errors import IndexUnavailable

FREE_BYTES = 256 * 1024**2
"""What stays free: under it nothing is written. Qdrant Edge dies with SIGBUS on a full disk."""


def make_folder(folder: Path) -> None:
    """Makes a folder where there is none. Raises IndexUnavailable."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise IndexUnavailable(
            f"{folder}: cannot be made ({error.strerror}); check CASEWRIGHT_HOME"
        ) from None


def check_space(folder: Path, needed: int, matter_id: str) -> None:
    """Makes sure that ``needed`` bytes can be written to a folder, made or not yet.

    Raises:
        IndexUnavailable: less is free.
    """
    free = free_space(folder)
    if free < needed:
        raise IndexUnavailable(
            f"{matter_id}: only {free // 1024**2} MB of disk are free, "
            f"{-(-needed // 1024**2)} MB are needed to write; free some space and try again"
        )


def free_space(folder: Path) -> int:
    """Gives the bytes that are free on the disk of a folder, made or not yet."""
    there = next(parent for parent in (folder, *folder.absolute().parents) if parent.exists())
    return shutil.disk_usage(there).free


@contextmanager
def full_disk_told(matter_id: str) -> Iterator[None]:
    """Tells the user of a disk that is full all the same. Raises IndexUnavailable."""
    try:
        yield
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        raise IndexUnavailable(
            f"{matter_id}: the disk is full; free some space and try again"
        ) from None
