"""The audit log: what was done, in a chain of hashes that shows a change to any entry.

``<home>/audit.jsonl`` holds a JSON object a line: ``at`` (UTC, ISO 8601), ``event``, the event's
own ``fields``, and ``previous``, the SHA-256 of the line before (64 zeros on the first). An entry's
own hash is that of its line. Ids, hashes and counts go in, never a name or a text of a document.

The chain proves that no entry was changed, taken out or put in between. That none was cut off at
the end is known to who has noted the last hash, as a certificate does.
"""

import fcntl
import hashlib
import json
import os
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from retrieval.errors import CasewrightError

NAME = "audit.jsonl"
_FIRST = "0" * 64


class BrokenAudit(CasewrightError):
    """The audit log cannot be written, or was changed."""


def append(home: Path, event: str, fields: Mapping[str, object]) -> str:
    """Adds an entry, durably; gives its hash.

    Raises:
        BrokenAudit: the log cannot be written.
    """
    try:
        home.mkdir(parents=True, exist_ok=True)
        with (home / NAME).open("a+b") as log:
            fcntl.flock(log, fcntl.LOCK_EX)
            line = json.dumps(
                {
                    "at": datetime.now(UTC).isoformat(timespec="milliseconds"),
                    "event": event,
                    "fields": fields,
                    "previous": _last(log),
                },
                ensure_ascii=False,
            ).encode()
            log.write(line + b"\n")
            log.flush()
            os.fsync(log.fileno())
    except OSError as error:
        raise BrokenAudit(
            f"{home / NAME}: the audit log cannot be written ({error.strerror}); "
            "check its permissions and the disk"
        ) from None
    return _hash(line)


def verify(home: Path) -> int:
    """Gives how many entries the log has, each of which follows from the one before.

    Raises:
        BrokenAudit: one does not; the log was changed.
    """
    file, previous, number = home / NAME, _FIRST, 0
    if not file.exists():
        return 0
    with file.open("rb") as log:
        for number, line in enumerate(log, start=1):
            if not line.endswith(b"\n"):
                return number - 1  # being written, or cut by a crash: no entry yet
            if _previous(line) != previous:
                raise BrokenAudit(
                    f"{file}: entry {number} does not follow from the one before; "
                    "the log was changed, compare it with a backup"
                )
            previous = _hash(line[:-1])
    return number


def _previous(line: bytes) -> object:
    try:
        entry = json.loads(line)
    except ValueError:
        return None
    return entry.get("previous") if isinstance(entry, dict) else None


def _last(log: BinaryIO) -> str:
    """The hash of the last entry; what a crash left of one that was never whole is cut off."""
    end, line = log.seek(0, os.SEEK_END), b""
    start = end
    # From the end on, in steps that double, until the last whole line is in sight.
    while start > 0:
        start = max(0, end - max(4096, 2 * (end - start)))
        log.seek(start)
        whole, newline, torn = log.read(end - start).rpartition(b"\n")
        if newline and (b"\n" in whole or start == 0):
            log.truncate(end - len(torn))
            line = whole.rpartition(b"\n")[2]
            return _hash(line)
    log.truncate(0)
    return _FIRST


def _hash(line: bytes) -> str:
    return hashlib.sha256(line).hexdigest()
