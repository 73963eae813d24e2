"""The audit log: what was done and by whom, in a chain of hashes that shows a change to any entry.

``<home>/audit.jsonl`` holds a JSON object a line: ``at`` (UTC, ISO 8601), ``who``, ``event``, the
event's own ``fields``, and ``previous``, the SHA-256 of the line before (64 zeros on the first). An
entry's own hash is that of its line. Ids, hashes and counts go in, never a name or a text of a
document.

The chain proves that no entry was changed, taken out or put in between. The last one has none
behind it: ``<home>/audit.head`` holds how many entries there are and the last one's hash, so that a
log that was cut off at the end shows too. Who may write to both files can cut both; against them,
note the head elsewhere (``audit verify`` prints it) and give it to ``verify`` later.
"""

import fcntl
import hashlib
import json
import os
import re
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

from retrieval.errors import CasewrightError

NAME = "audit.jsonl"
HEAD = "audit.head"
_FIRST = "0" * 64
# Of one length: it is written over the one before, and never seen half.
_HEAD = "{entries:020d} {hash}\n"


class BrokenAudit(CasewrightError):
    """The audit log cannot be written, or was changed."""


@dataclass(frozen=True, slots=True)
class Head:
    """How many entries a log has, and the hash of its last one (64 zeros where it has none)."""

    entries: int
    hash: str


def append(home: Path, event: str, fields: Mapping[str, object], who: str) -> str:
    """Adds an entry, durably; gives its hash.

    Raises:
        BrokenAudit: the log cannot be written.
    """
    try:
        home.mkdir(parents=True, exist_ok=True)
        with (home / NAME).open("a+b") as log:
            fcntl.flock(log, fcntl.LOCK_EX)
            last = _last(log)
            line = json.dumps(
                {
                    "at": datetime.now(UTC).isoformat(timespec="milliseconds"),
                    "who": who,
                    "event": event,
                    "fields": fields,
                    "previous": last,
                },
                ensure_ascii=False,
            ).encode(errors="backslashreplace")  # what is no text in a name is JSON's escape of it
            log.write(line + b"\n")
            log.flush()
            os.fsync(log.fileno())
            _move_head(home, last, _hash(line))
    except OSError as error:
        raise BrokenAudit(
            f"{home / NAME}: the audit log cannot be written ({error.strerror}); "
            "check its permissions and the disk"
        ) from None
    return _hash(line)


def verify(home: Path, noted: str = "") -> Head:
    """Gives the log's head where each entry follows from the one before, up to its end.

    ``noted`` is the hash of an entry that was noted before and must still be there.

    Raises:
        BrokenAudit: one does not follow, or entries are missing at the end; the log was changed.
    """
    file = home / NAME
    kept = _kept_head(home)  # read first: the log only grows meanwhile
    head, found = Head(0, _FIRST), not noted
    for line in _lines(file):
        if _previous(line) != head.hash:
            raise BrokenAudit(
                f"{file}: entry {head.entries + 1} does not follow from the one before; "
                "the log was changed, compare it with a backup"
            )
        head = Head(head.entries + 1, _hash(line))
        found = found or head.hash == noted
        if kept is not None and head.entries == kept.entries and head.hash != kept.hash:
            raise BrokenAudit(
                f"{file}: entry {head.entries} is not the one that {HEAD} has; "
                "the log was changed, compare it with a backup"
            )
    if kept is not None and head.entries < kept.entries:
        raise BrokenAudit(
            f"{file}: entry {head.entries + 1} is missing, {HEAD} has {kept.entries}; "
            "the log was cut, compare it with a backup"
        )
    if not found:
        raise BrokenAudit(
            f"{file}: no entry has the hash {noted[:16]}…; the log was cut or written anew "
            "since it was noted, compare it with a backup"
        )
    return head


def newest(home: Path, most: int) -> list[dict[str, Any]]:
    """Gives the newest entries as they stand there, the last one first; what is none is left out.

    Whether they were changed is for ``verify`` to tell.
    """
    found = []
    for line in deque(_lines(home / NAME), maxlen=most):
        with suppress(ValueError):
            entry = json.loads(line)
            if isinstance(entry, dict):
                found.append(entry)
    return found[::-1]


def _lines(file: Path) -> Iterator[bytes]:
    """The whole lines of the log; what is being written, or was cut by a crash, is no entry yet."""
    if not file.exists():
        return
    with file.open("rb") as log:
        for line in log:
            if line.endswith(b"\n"):
                yield line[:-1]


def _previous(line: bytes) -> object:
    try:
        entry = json.loads(line)
    except ValueError:
        return None
    return entry.get("previous") if isinstance(entry, dict) else None


def _kept_head(home: Path) -> Head | None:
    """The head that was kept, or None where none was.

    Raises:
        BrokenAudit: it is damaged.
    """
    file = home / HEAD
    text = file.read_text(encoding="ascii", errors="replace") if file.exists() else ""
    if not text.strip("\0"):  # made, and the power went
        return None
    match = re.fullmatch(r"(\d{20}) ([0-9a-f]{64})\n", text)
    if match is None:
        raise BrokenAudit(f"{file}: is damaged; compare it and {NAME} with a backup")
    return Head(int(match[1]), match[2])


def _move_head(home: Path, before: str, now: str) -> None:
    """Moves the kept head to an entry that was just written behind ``before``.

    Where the log is not the one that the head was kept of, it stays, for ``verify`` to tell.
    """
    try:
        kept = _kept_head(home)
        follows = kept is not None and kept.hash == before
        # Else it is the first entry; or a crash, or somebody, came between log and head.
        head = Head(kept.entries + 1, now) if kept and follows else verify(home)
    except BrokenAudit:
        return
    file = os.open(home / HEAD, os.O_WRONLY | os.O_CREAT, 0o666)
    try:
        # Without a sync: after a power cut an older head stands there, which is no less true.
        os.pwrite(file, _HEAD.format(entries=head.entries, hash=head.hash).encode(), 0)
    finally:
        os.close(file)


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
