"""What a backup holds beside the matters: the style adapters and the audit log.

An adapter's name carries the hash of its weights, so that one that is there already is the same one
and stays. Which was live when comes back where no adapter was ever live here.

The audit log is a chain from its first entry on, and chains are not joined. In a home without one
the log of the backup becomes the log and goes on. Where the log here begins with it, it is here
already. Else it is kept beside, in ``audit-restored/<hash of its last entry>/``, where ``verify``
can be run on it as on any home; the entry that records the restoring names its head, so that this
chain proves the other one.
"""

import fcntl
import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from retrieval.archive import Archive, Writer
from retrieval.durable import CHUNK, file_chunks, sync
from serving import adapter_files, audit

PROMOTED = "adapters/promoted"
LOG, HEAD = f"audit/{audit.NAME}", f"audit/{audit.HEAD}"
_BESIDE = "audit-restored"

Placed = Literal["live", "here already", "beside", "none"]


@dataclass(frozen=True, slots=True)
class RestoredAudit:
    """Where the audit log of a backup went, and its head."""

    placed: Placed
    """``none`` where the backup has no log."""
    whole: bool
    """Whether each entry follows from the one before; one that was forged is kept beside."""
    head: audit.Head


def save_adapters(writer: Writer, home: Path) -> list[str]:
    """Writes all registered adapters, and which was live when; gives their names."""
    names = []
    for card in sorted((home / "adapters").glob("[!.]*/card.json")):
        names.append(card.parent.name)
        for file in sorted(card.parent.glob("[!.]*")):
            writer.add(f"adapters/{card.parent.name}/{file.name}", file_chunks(file))
    promoted = home / "adapters" / ".promoted"
    if promoted.is_file():
        writer.add(PROMOTED, file_chunks(promoted))
    return names


def save_audit(writer: Writer, home: Path) -> bool:
    """Writes the audit log as it is at one moment, and its head; gives whether there is one."""
    if not (home / audit.NAME).exists():
        return False
    with (home / audit.NAME).open("rb") as log:
        fcntl.flock(log, fcntl.LOCK_SH)  # an entry and its head are written behind one lock
        size = os.fstat(log.fileno()).st_size
        head = (home / audit.HEAD).read_bytes() if (home / audit.HEAD).exists() else b""
        fcntl.flock(log, fcntl.LOCK_UN)
        writer.add(LOG, _first(log.fileno(), size))
        writer.add(HEAD, [head])
    return True


def size_of(home: Path) -> int:
    """Gives how many bytes adapters and audit log take."""
    files = [*(home / "adapters").glob("*/*"), home / audit.NAME]
    return sum(file.stat().st_size for file in files if file.is_file())


def adapters_in(archive: Archive) -> list[str]:
    """Gives the adapters that an archive holds, by name."""
    parts = [name.split("/") for name in archive.members if name != PROMOTED]
    return sorted({part[1] for part in parts if part[0] == "adapters"})


def restore_adapters(archive: Archive, home: Path) -> list[str]:
    """Restores the adapters that are not there, each whole or not at all; gives their names.

    Raises:
        BadBackup: one holds pickled weights, or something was changed.
    """
    folder, names = home / "adapters", adapters_in(archive)
    wanted = [name for name in names if not (folder / name).exists()]
    for name in archive.members:
        if name.startswith("adapters/") and Path(name).suffix.lower() in adapter_files.PICKLED:
            raise archive.bad(f"{name} is pickled, which can run code when it is read")
    for adapter in wanted:
        folder.mkdir(parents=True, exist_ok=True)
        staging = Path(tempfile.mkdtemp(prefix=".staging-", dir=folder))
        try:
            for name in archive.members:
                if name.startswith(f"adapters/{adapter}/"):
                    _write(archive, name, staging / name.rpartition("/")[2])
            staging.replace(folder / adapter)
        except BaseException:
            shutil.rmtree(staging, ignore_errors=True)
            raise
        sync(folder)
    if PROMOTED in archive.members and not (folder / ".promoted").exists():
        folder.mkdir(parents=True, exist_ok=True)
        _write(archive, PROMOTED, folder / ".promoted.tmp")
        (folder / ".promoted.tmp").replace(folder / ".promoted")
    return wanted


def restore_audit(archive: Archive, home: Path) -> RestoredAudit:
    """Restores the audit log: as the log of this home, or beside it. Raises BadBackup."""
    if LOG not in archive.members:
        return RestoredAudit("none", True, audit.Head(0, ""))
    home.mkdir(parents=True, exist_ok=True)
    staging = Path(tempfile.mkdtemp(prefix=".audit-", dir=home))
    try:
        for name in (LOG, HEAD):
            if archive.members[name].size:
                _write(archive, name, staging / name.rpartition("/")[2])
        try:
            head, whole = audit.verify(staging), True
        except audit.BrokenAudit:
            head, whole = audit.Head(0, archive.members[LOG].sha256), False
        return RestoredAudit(_placed(archive, staging, home, head, whole), whole, head)
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _placed(archive: Archive, staging: Path, home: Path, head: audit.Head, whole: bool) -> Placed:
    log = home / audit.NAME
    if whole and not log.exists() and not (home / audit.HEAD).exists():
        with suppress(FileExistsError):  # another process was first
            log.hardlink_to(staging / audit.NAME)
            if (staging / audit.HEAD).exists():
                (staging / audit.HEAD).replace(home / audit.HEAD)
            sync(home)
            return "live"
    if log.exists() and _starts_with(log, archive):
        return "here already"
    beside = home / _BESIDE / head.hash
    if not beside.exists():
        beside.parent.mkdir(exist_ok=True)
        shutil.copytree(staging, beside.with_name(beside.name + ".tmp"), dirs_exist_ok=True)
        beside.with_name(beside.name + ".tmp").replace(beside)
        sync(beside.parent)
    return "beside"


def _starts_with(log: Path, archive: Archive) -> bool:
    member, digest = archive.members[LOG], hashlib.sha256()
    with log.open("rb") as opened:
        for chunk in _first(opened.fileno(), member.size):
            digest.update(chunk)
    return log.stat().st_size >= member.size and digest.hexdigest() == member.sha256


def _first(descriptor: int, size: int) -> Iterator[bytes]:
    """The first ``size`` bytes of a file, or what there is of them."""
    done = 0
    while done < size and (chunk := os.pread(descriptor, min(CHUNK, size - done), done)):
        yield chunk
        done += len(chunk)


def _write(archive: Archive, name: str, target: Path) -> None:
    """Writes a member to a file, durably."""
    chunks: Sequence[bytes] | Iterator[bytes] = archive.chunks(name)
    with target.open("wb") as file:
        for chunk in chunks:
            file.write(chunk)
        file.flush()
        os.fsync(file.fileno())
