"""Files by their bytes, written whole, and made durable."""

import os
from collections.abc import Iterator
from pathlib import Path

CHUNK = 1 << 20


def file_chunks(file: Path) -> Iterator[bytes]:
    """Gives the bytes of a file, some at a time. Raises OSError."""
    with file.open("rb") as opened:
        while chunk := opened.read(CHUNK):
            yield chunk


def write_whole(target: Path, content: bytes, *, synced: bool = False, mode: int = 0o666) -> None:
    """Writes a file that whoever reads it sees as it was or as it is, never half.

    ``synced``: its bytes are on the disk before it takes the old one's place. ``mode`` is that of a
    new file, less the process's mask. Raises OSError.
    """
    staging = target.with_name(f".{target.name}.tmp")
    descriptor = os.open(staging, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        if synced:
            file.flush()
            os.fsync(file.fileno())
    staging.replace(target)


def sync(path: Path) -> None:
    """Makes a file's bytes durable, or which files a folder holds. Raises OSError."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
