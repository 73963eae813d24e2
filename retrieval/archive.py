"""A backup's form: a plain tar whose last member, ``manifest.json``, has the hash of every other.

    matters/<id>/documents.jsonl     a document a line: all that the matter's manifest holds of it
    matters/<id>/passages.jsonl      a passage a line, with both of its vectors
    matters/<id>/originals/<sha256>  a file as it came
    adapters/<name>/<file>           a style adapter
    adapters/promoted                which adapter was live when
    audit/audit.jsonl, audit.head    the audit log
    manifest.json

Passages and vectors are told in JSON and not as the index's own files: these belong to one release
of one index, are sparse, and may still hold what was deleted. So one backup goes into either shape
of Casewright, and any program reads it.

A file that is being written has another name; it gets its own once it is whole, on the disk, and
was read back. What is read is as hostile as any file: members that are not plain files, have other
names than the ones above, or are not what the manifest says, are refused; no name in an archive is
ever taken as a path.
"""

import fcntl
import hashlib
import io
import json
import os
import re
import tarfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from retrieval.durable import CHUNK, sync
from retrieval.errors import BadBackup
from retrieval.space import check_space, full_disk_told

FORMAT = "casewright-backup"
FORMAT_VERSION = 1
MANIFEST = "manifest.json"

_BLOCK = tarfile.BLOCKSIZE
_LARGEST_MANIFEST = 256 << 20
_LONGEST_LINE = 16 << 20
_MATTER = r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}"
_NAMES = re.compile(
    rf"matters/{_MATTER}/(?:documents\.jsonl|passages\.jsonl|originals/[0-9a-f]{{64}})"
    r"|adapters/(?:[A-Za-z0-9][A-Za-z0-9_.-]{0,127}/[A-Za-z0-9][A-Za-z0-9_.-]{0,127}|promoted)"
    r"|audit/audit\.(?:jsonl|head)"
)


@dataclass(frozen=True, slots=True)
class Member:
    """A file in an archive, as its manifest has it."""

    size: int
    """Bytes."""
    sha256: str


class Writer:
    """Writes members one after the other, each as its bytes come: none is in memory whole."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.members: dict[str, Member] = {}

    def add(self, name: str, chunks: Iterable[bytes]) -> Member:
        """Writes a member from its bytes; gives its size and hash."""
        if name in self.members or not _NAMES.fullmatch(name):
            raise ValueError(name)
        self.members[name] = member = self._write(name, chunks)
        return member

    def finish(self, about: Mapping[str, object]) -> str:
        """Writes the manifest, which ends the archive; gives the manifest's hash."""
        files = {
            name: {"size": one.size, "sha256": one.sha256} for name, one in self.members.items()
        }
        content = {"format": FORMAT, "format_version": FORMAT_VERSION, **about, "files": files}
        text = json.dumps(content, indent=1, ensure_ascii=False) + "\n"
        manifest = self._write(MANIFEST, [text.encode()])
        self._file.write(bytes(2 * _BLOCK))
        return manifest.sha256

    def _write(self, name: str, chunks: Iterable[bytes]) -> Member:
        start, size, digest = self._file.tell(), 0, hashlib.sha256()
        # The size is not known yet: the header is written again behind the bytes.
        self._file.write(_header(name, 0))
        for chunk in chunks:
            digest.update(chunk)
            size += self._file.write(chunk)
        self._file.write(bytes(-size % _BLOCK))
        self._file.seek(start)
        self._file.write(_header(name, size))
        self._file.seek(0, os.SEEK_END)
        return Member(size, digest.hexdigest())


@contextmanager
def writing(target: Path, needed: int) -> Iterator[Writer]:
    """Makes an archive at ``target``; ``needed`` bytes must be free there.

    The block adds what it holds and finishes it. Until it is whole it is called
    ``<target>.partial``, which nobody but its owner may read, as the archive.

    Raises:
        BadBackup: something is there by that name already, another process writes it, it cannot be
            written, or what was read back is not what was written.
        IndexUnavailable: the disk has no room.
    """
    if target.exists():
        raise BadBackup(f"{target}: is there already; name another file, or move it away")
    check_space(target.parent, needed, str(target))
    partial = target.with_name(target.name + ".partial")
    try:
        descriptor = os.open(partial, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        raise BadBackup(f"{partial}: cannot be written ({error.strerror})") from None
    with os.fdopen(descriptor, "r+b") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BadBackup(f"{target}: another backup is writing it; wait for it") from None
        os.fchmod(descriptor, 0o600)
        file.truncate()  # what a killed one left
        try:
            with full_disk_told(str(target)):
                yield Writer(file)
                file.flush()
                os.fsync(descriptor)
            with Archive(partial) as written:
                written.check()
            if target.exists():
                raise BadBackup(f"{target}: was made meanwhile; name another file")
            partial.replace(target)
            sync(target.parent)
        except BaseException:
            partial.unlink(missing_ok=True)
            raise


class Archive:
    """An archive to read: its members are known, and nothing of them is trusted before its end.

    Raises:
        BadBackup: it cannot be read, is no whole backup, holds what no backup holds, or was made by
            a version of another form.
    """

    def __init__(self, file: Path) -> None:
        self.file = file
        try:
            self._file = file.open("rb")
        except OSError as error:
            raise BadBackup(f"{file}: cannot be opened ({error.strerror})") from None
        try:
            places = self._places()
            text = self._manifest_text(places)
            self.sha256 = hashlib.sha256(text).hexdigest()
            """Of the manifest, and so of all that it holds."""
            self.about, self.members = self._manifest(text)
            self._places_of = self._matched(places)
        except BaseException:
            self._file.close()
            raise

    def __enter__(self) -> "Archive":
        return self

    def __exit__(self, *exception: object) -> None:
        self._file.close()

    def chunks(self, name: str) -> Iterator[bytes]:
        """Gives a member's bytes; what came is to be thrown away where this raises at the end.

        Raises:
            BadBackup: it is not there, or its bytes are not those of its hash.
        """
        if name not in self.members:
            raise self.bad(f"{name} is missing")
        member, (offset, size) = self.members[name], self._places_of[name]
        digest, done = hashlib.sha256(), 0
        while done < size:
            self._file.seek(offset + done)  # another member may be read in between
            chunk = self._file.read(min(CHUNK, size - done))
            if not chunk:
                break
            digest.update(chunk)
            done += len(chunk)
            yield chunk
        if done != size or digest.hexdigest() != member.sha256:
            raise self.bad(f"{name} was changed or damaged")

    def lines(self, name: str) -> Iterator[bytes]:
        """Gives a member's lines; raises as ``chunks``, also for a line without an end."""
        rest = b""
        for chunk in self.chunks(name):
            *whole, rest = (rest + chunk).split(b"\n")
            if len(rest) > _LONGEST_LINE:
                break
            yield from whole
        if rest:
            raise self.bad(f"{name} has a line without an end")

    def check(self) -> None:
        """Reads all that there is. Raises BadBackup where something is not what it was."""
        for name in self.members:
            for _ in self.chunks(name):
                pass

    def bad(self, what: str) -> BadBackup:
        """Gives the error that this archive is not to be trusted, and why."""
        return BadBackup(f"{self.file}: {what}; nothing of it is used, take another backup")

    def _places(self) -> dict[str, tuple[int, int]]:
        """Where each member's bytes are: offset and size; the last one is the manifest."""
        end = os.fstat(self._file.fileno()).st_size
        places: dict[str, tuple[int, int]] = {}
        try:
            with tarfile.open(fileobj=_Careful(self._file), mode="r:") as tar:
                for one in tar:
                    if one.type not in (tarfile.REGTYPE, tarfile.AREGTYPE) or one.issparse():
                        raise self.bad(f"{one.name!r} is not a plain file")
                    if one.name != MANIFEST and not _NAMES.fullmatch(one.name):
                        raise self.bad(f"holds {one.name!r}, as no backup does")
                    if one.name in places or MANIFEST in places:
                        raise self.bad(f"{one.name!r} is there twice, or after the end")
                    if one.size < 0 or one.offset_data + one.size > end:
                        raise self.bad(f"{one.name!r} is cut off")
                    places[one.name] = one.offset_data, one.size
                    tar.members = []  # type: ignore[attr-defined]  # a million take a gigabyte
        except (tarfile.TarError, OSError, ValueError, OverflowError):
            raise self.bad("is no whole tar archive") from None
        return places

    def _manifest_text(self, places: Mapping[str, tuple[int, int]]) -> bytes:
        offset, size = places.get(MANIFEST, (0, 0))
        if not 0 < size <= _LARGEST_MANIFEST:
            raise self.bad(f"has no {MANIFEST}, so that it is no whole backup")
        self._file.seek(offset)
        return self._file.read(size)

    def _manifest(self, text: bytes) -> tuple[dict[str, Any], dict[str, Member]]:
        try:
            about: dict[str, Any] = json.loads(text)
            if about["format"] != FORMAT:
                raise self.bad(f"is no {FORMAT}")
            version = int(about["format_version"])
            if version != FORMAT_VERSION:
                raise BadBackup(
                    f"{self.file}: has the form {version}, this Casewright knows "
                    f"{FORMAT_VERSION}; restore it with Casewright {about.get('casewright')!s:.20}"
                )
            members = {
                str(name): Member(int(one["size"]), str(one["sha256"]))
                for name, one in about["files"].items()
            }
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            raise self.bad(f"its {MANIFEST} cannot be read") from None
        return about, members

    def _matched(self, places: dict[str, tuple[int, int]]) -> dict[str, tuple[int, int]]:
        """The places, once they are those of the manifest's members."""
        del places[MANIFEST]
        if differing := sorted(places.keys() ^ self.members.keys()):
            raise self.bad(f"{differing[0]!r} is not both in the archive and in its {MANIFEST}")
        for name, member in self.members.items():
            if places[name][1] != member.size:
                raise self.bad(f"{name} has not the size that {MANIFEST} says")
        return places


class _Careful(io.RawIOBase):
    """A file of which little is read at once: an extended header may claim any length."""

    def __init__(self, file: BinaryIO) -> None:
        self._of = file

    def read(self, size: int = -1) -> bytes:
        if not 0 <= size <= CHUNK:
            raise ValueError
        return self._of.read(size)

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        return self._of.seek(offset, whence)

    def tell(self) -> int:
        return self._of.tell()


def _header(name: str, size: int) -> bytes:
    info = tarfile.TarInfo(name)
    info.size, info.mode = size, 0o600
    # GNU's form takes any size; a name that is too long takes the same room whatever the size.
    return info.tobuf(tarfile.GNU_FORMAT, "utf-8")
