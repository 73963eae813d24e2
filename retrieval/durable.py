"""Files by their bytes, and folders that are durable."""

import os
from collections.abc import Iterator
from pathlib import Path

CHUNK = 1 << 20


def file_chunks(file: Path) -> Iterator[bytes]:
    """Gives the bytes of a file, some at a time. Raises OSError."""
    with file.open("rb") as opened:
        while chunk := opened.read(CHUNK):
            yield chunk


def sync_folder(folder: Path) -> None:
    """Makes durable which files a folder holds."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
