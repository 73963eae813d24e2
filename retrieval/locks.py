"""Locks between processes: one writer a matter, and no sweep of one while it is backed up.

A lock is a file under ``<home>/locks``, outside of what it guards: a matter's folder may be removed
while others wait. The files stay: removing one would let two processes hold it.
"""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from retrieval.space import make_folder

_READING = ".reading-"
"""No matter's name begins with a dot."""


@contextmanager
def locked(home: Path, name: str) -> Iterator[None]:
    """Holds the lock of this name; waits for it. A process that ends lets go of it.

    Raises:
        IndexUnavailable: the home cannot be written to.
    """
    folder = home / "locks"
    make_folder(folder)
    with (folder / name).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextmanager
def sweeping(home: Path, matter_id: str, *, wait: bool = True) -> Iterator[bool]:
    """Holds a matter while what it does not name is removed; gives whether it does.

    Waits for those who read the whole matter; or, without ``wait``, does not hold it then.
    """
    if wait:
        with locked(home, _READING + matter_id):
            yield True
    else:
        with locked_if_free(home, _READING + matter_id) as free:
            yield free


@contextmanager
def reading(home: Path, matter_id: str) -> Iterator[None]:
    """Keeps all that a matter names where it is, for who reads the whole of it.

    Others may write to it meanwhile, an ingest that lasts for hours too: what they add is not seen,
    what they replace or delete is out of every search at once and removed behind this.
    """
    folder = home / "locks"
    make_folder(folder)
    with (folder / (_READING + matter_id)).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_SH)
        yield


@contextmanager
def locked_if_free(home: Path, name: str) -> Iterator[bool]:
    """Holds the lock of this name where nobody does; gives whether it does."""
    folder = home / "locks"
    make_folder(folder)
    with (folder / name).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
