"""An archive or an e-mail -> the files in it, each copied out under a name of our own.

A name inside an archive is the sender's: it is shown to people and never used as a path. A
member that cannot be taken is refused by itself and the rest goes on; an archive that exceeds
what archives may hold is refused whole, because what is left of it would be taken for all.
"""

import contextlib
import itertools
import lzma
import stat
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath

from retrieval.documents import Member
from retrieval.errors import UnreadableFile
from retrieval.read_email import ATTACHMENTS_LIMIT, Attachment, attachments, parsed

ARCHIVES = frozenset({".zip"})
"""Suffixes of files that hold files and no text: ``read`` has nothing to give for them."""
CONTAINERS = ARCHIVES | {".eml"}
"""Suffixes of files that hold files."""

DEPTH_LIMIT = 3
"""How deep an archive or e-mail may lie in others, the outermost at 1, to be unpacked."""
MEMBERS_LIMIT = 20_000
"""Files that one archive may hold, with those of the archives in it."""
BYTES_LIMIT = 4 * 1024**3
"""Bytes that one archive may inflate to, with the archives in it."""
RATIO_LIMIT = 200
"""How many times its packed size a member may inflate to; text comes to about 20."""
SMALL = 10_000_000
"""Bytes up to which that ratio is of no interest."""

_TOO_DEEP = f"lies within {DEPTH_LIMIT} other archives; unpack it and ingest what it holds"
_CHUNK = 1 << 20
_UTF8_NAME = 0x800  # general purpose flags of a ZIP's member (APPNOTE.TXT, 4.4.4)
_ENCRYPTED = 0x1


class _Refused(Exception):
    """Why one member is not taken."""


class _TooMuch(UnreadableFile):
    """Why the whole file is not taken, however deep the member lies that was too much."""


def unpack(
    path: Path,
    into: Path,
    *,
    member_done: Callable[[int, int], None] = lambda done, members: None,
) -> tuple[Member, ...]:
    """Copies the files in a ZIP, or those attached to an e-mail, into a folder; names them.

    See ``Reader.unpack``, which has this done in a process with limits.

    Raises:
        UnreadableFile: the file cannot be opened or is damaged, or holds too much.
    """
    unpacking = _Unpacking(into, member_done)
    try:
        unpacking.open(path, path.suffix.lower(), "", 1)
    except OSError as error:
        raise UnreadableFile(f"{path}: cannot be unpacked ({error.strerror})") from None
    except UnreadableFile as error:
        raise UnreadableFile(f"{path}: {error}") from None
    except MemoryError:
        raise UnreadableFile(
            f"{path}: takes more memory to unpack than is allowed; refused, split the file"
        ) from None
    return tuple(unpacking.members)


class _Unpacking:
    """One call of ``unpack``: what was taken so far, of the file and of those in it."""

    def __init__(self, into: Path, member_done: Callable[[int, int], None]) -> None:
        self.members: list[Member] = []
        self._into = into
        self._member_done = member_done
        self._names: Counter[str] = Counter()
        self._copies = itertools.count()
        self._inflated = 0
        self._expected = 0

    def open(self, file: Path, suffix: str, inside: str, depth: int) -> None:
        """Takes the members of a file; ``inside`` is what their names begin with."""
        if suffix == ".zip":
            self._open_zip(file, inside, depth)
        elif suffix == ".eml":
            self._open_email(file, inside, depth)

    def _open_zip(self, file: Path, inside: str, depth: int) -> None:
        try:
            archive = zipfile.ZipFile(file)
        except (zipfile.BadZipFile, ValueError, NotImplementedError):
            raise UnreadableFile(
                "is not a readable ZIP (corrupt or cut off); get a fresh copy"
            ) from None
        with archive:
            items = [item for item in archive.infolist() if not item.is_dir()]
            self._expect(len(items), MEMBERS_LIMIT)
            for item in items:
                name = _zip_name(item)
                fault = _zip_fault(item, name)
                if fault:
                    self._add(self._free(inside + _printable(name)), None, fault)
                elif not _is_litter(name):
                    chunks = _zip_chunks(archive, item)
                    self._take(inside + name, chunks, item.compress_size, depth)

    def _open_email(self, file: Path, inside: str, depth: int) -> None:
        attached = _attached(file.read_bytes())
        self._expect(len(attached), ATTACHMENTS_LIMIT)
        for one in attached:
            # The name of an attachment has no folders, whatever the sender wrote.
            name = PurePosixPath(_printable(one.name.replace("\\", "/"))).name or "attachment"
            self._take(inside + name, iter([one.content]), len(one.content), depth)

    def _expect(self, members: int, limit: int) -> None:
        if members > limit:
            raise UnreadableFile(f"holds more than {limit:,} files; refused, split it")
        self._expected += members
        if self._expected > MEMBERS_LIMIT:
            raise _TooMuch(f"holds more than {MEMBERS_LIMIT:,} files; refused, split it")

    def _take(self, name: str, chunks: Iterator[bytes], packed: int, depth: int) -> None:
        """Copies a member out, and after it what is in it; or refuses it."""
        name = self._free(name)
        suffix = _safe_suffix(name)
        if suffix.lower() in ARCHIVES and depth >= DEPTH_LIMIT:
            self._add(name, None, _TOO_DEEP)
            return
        copy = self._into / f"{next(self._copies):05}{suffix}"
        try:
            self._write(chunks, copy, max(packed * RATIO_LIMIT, SMALL))
        except _Refused as refused:
            copy.unlink()
            self._add(name, None, str(refused))
            return
        if suffix.lower() in ARCHIVES:
            self._open_inner(copy, name, name, depth)
            copy.unlink()
        else:
            self._add(name, copy, "")
            if suffix.lower() in CONTAINERS:
                self._open_inner(copy, name, self._free(f"{name}/attachments"), depth)

    def _open_inner(self, copy: Path, name: str, refused_as: str, depth: int) -> None:
        """Takes the members of a member; what goes wrong with it is a verdict on it alone."""
        try:
            if depth >= DEPTH_LIMIT:
                raise UnreadableFile(_TOO_DEEP)
            self.open(copy, copy.suffix.lower(), f"{name}/", depth + 1)
        except _TooMuch:
            raise
        except UnreadableFile as error:
            # An e-mail is a member itself: that it cannot be parsed is said when it is read.
            self._add(refused_as, None, str(error))

    def _write(self, chunks: Iterator[bytes], copy: Path, most: int) -> None:
        written = 0
        with copy.open("xb") as file:
            for chunk in chunks:
                written += len(chunk)
                self._inflated += len(chunk)
                if written > most:
                    raise _Refused(f"inflates to over {RATIO_LIMIT} times its size; not unpacked")
                if self._inflated > BYTES_LIMIT:
                    raise _TooMuch(
                        f"inflates to over {BYTES_LIMIT // 1024**3} GB; refused, split it"
                    )
                file.write(chunk)

    def _add(self, name: str, copy: Path | None, reason: str) -> None:
        self.members.append(Member(name, copy, reason))
        self._member_done(len(self.members), max(self._expected, len(self.members)))

    def _free(self, name: str) -> str:
        """The name, numbered where an earlier member has it: mail is full of image001.png."""
        path = PurePosixPath(name)
        free = name
        while free in self._names:
            self._names[name] += 1
            free = str(path.with_name(f"{path.stem} ({self._names[name]}){path.suffix}"))
        self._names[free] = 1
        return free


def _attached(raw: bytes) -> list[Attachment]:
    """What is attached to an e-mail, one more than is allowed at most."""
    try:
        return list(itertools.islice(attachments(parsed(raw)), ATTACHMENTS_LIMIT + 1))
    except (UnreadableFile, MemoryError):
        raise
    # The standard library's parser raises whatever it likes on a damaged message.
    except Exception as error:
        raise UnreadableFile(
            f"cannot be read as .eml ({type(error).__name__}); "
            "the file is damaged or of another kind, get a fresh copy"
        ) from error


def _zip_chunks(archive: zipfile.ZipFile, item: zipfile.ZipInfo) -> Iterator[bytes]:
    """The content of a member. Raises _Refused where it is damaged."""
    try:
        with archive.open(item) as content:
            while chunk := content.read(_CHUNK):
                yield chunk
    except NotImplementedError:
        raise _Refused("is packed in a way that cannot be read; pack it again") from None
    # What zipfile and its codecs raise on damage; bz2 raises a bare OSError.
    except (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, ValueError, OSError) as error:
        raise _Refused(f"is damaged ({type(error).__name__}); get a fresh copy") from None


def _zip_name(item: zipfile.ZipInfo) -> str:
    """The name of a member with ``/``; as UTF-8 where it is that and only the flag is missing."""
    name = item.filename
    if not item.flag_bits & _UTF8_NAME:
        with contextlib.suppress(UnicodeError):
            name = name.encode("cp437").decode("utf-8")
    return name.replace("\\", "/")


def _zip_fault(item: zipfile.ZipInfo, name: str) -> str:
    """Why a member is not to be taken, or nothing."""
    kind = stat.S_IFMT(item.external_attr >> 16)
    if name.startswith("/") or name[1:2] == ":":
        return "has an absolute path; not unpacked"
    if ".." in name.split("/"):
        return "leads out of the archive; not unpacked"
    if kind not in (0, stat.S_IFREG):
        return "is a link or a device, no file; not unpacked"
    if item.flag_bits & _ENCRYPTED:
        return "is protected by a password; unpack it and ingest what it holds"
    if _printable(name) != name:
        return "has a name that cannot be printed; rename it"
    return ""


def _is_litter(name: str) -> bool:
    """Whether a folder would be read without it too: hidden files, and what macOS packs along."""
    parts = name.split("/")
    return "__MACOSX" in parts or any(part.startswith(".") for part in parts)


def _printable(name: str) -> str:
    shown = "".join(character if character.isprintable() else "�" for character in name)
    return shown.encode("utf-8", errors="replace").decode("utf-8")


def _safe_suffix(name: str) -> str:
    """The suffix of a name where it can be part of a path of ours, else nothing."""
    suffix = PurePosixPath(name).suffix
    return suffix if suffix[1:].isascii() and suffix[1:].isalnum() and len(suffix) <= 11 else ""
