"""The files that an ingest is given -> its sources, each with its path and its hash.

A ZIP is a folder of its members; an e-mail is a document, and so is each of its attachments. A
member is known by the container's path and its own in there: ``files/sent.zip/lease.pdf``.
"""

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from retrieval.documents import Document
from retrieval.errors import UnreadableFile
from retrieval.originals import Originals
from retrieval.packaged import file_sha256
from retrieval.reader import Reader
from retrieval.readers import Readers
from retrieval.unpack import ARCHIVES, CONTAINERS


@dataclass(frozen=True, slots=True)
class Source:
    """A file to be read into a matter."""

    path: str
    """What it is known by."""
    file: Path
    """Where it lies: there, or a copy where it is a member."""
    id: str
    """SHA-256 of its bytes in hexadecimal; empty where there is a fault."""
    size: int
    """Its bytes."""
    fault: str = ""
    """Why it cannot be read, with its path, else empty."""


@dataclass(frozen=True, slots=True)
class Sources:
    """All that an ingest is to read."""

    all: tuple[Source, ...]
    opened: frozenset[str]
    """The archives and e-mails of which every member is among them, by their path."""

    def left_behind(self, paths: Iterable[str]) -> list[str]:
        """Gives those of some documents' paths that name a member its container has no longer."""
        there = {source.path for source in self.all}
        return [
            path
            for path in paths
            if path not in there and any(str(one) in self.opened for one in Path(path).parents)
        ]


def find(paths: Sequence[Path]) -> list[Path]:
    """Gives the files at these paths and in these folders, without hidden ones.

    Raises:
        UnreadableFile: a path that does not exist, or no file at all.
    """
    files = list(dict.fromkeys(_files(paths)))
    if not files:
        raise UnreadableFile(f"{paths[0]}: an empty folder; name files or a folder with files")
    return files


def gather(files: Sequence[Path], readers: Readers, into: Path) -> Sources:
    """Gives the sources in the order of the files, members after their container.

    Members are copied into a folder. What cannot be opened is a source with a fault.
    """
    asked = [
        readers.submit(partial(_sources, file, into / f"{number:06}"))
        for number, file in enumerate(files)
    ]
    all_, opened = [], set()
    for file, future in zip(files, asked, strict=True):
        sources, whole = future.result()
        all_ += sources
        if whole:
            opened.add(str(file))
    return Sources(tuple(all_), frozenset(opened))


def original(document: Document, originals: Originals) -> Source:
    """Gives the source that the original of a document is."""
    file = originals.path(document.id, document.name)
    return Source(document.path, file, document.id, file.stat().st_size if file.exists() else 0)


def _files(paths: Sequence[Path]) -> Iterator[Path]:
    for path in paths:
        if path.is_dir():
            yield from sorted(
                file
                for file in path.rglob("*")
                if file.is_file()
                and not any(part.startswith(".") for part in file.relative_to(path).parts)
            )
        elif path.exists():
            yield path
        else:
            raise UnreadableFile(f"{path}: no such file or folder; check the path")


def _sources(file: Path, into: Path, reader: Reader) -> tuple[list[Source], bool]:
    """The sources that one file is, and whether it is a container of which all members are."""
    path = str(file)
    shown = os.fsencode(path).decode("utf-8", errors="replace")
    if shown != path:
        return [_faulty(shown, f"{shown}: its name is not UTF-8; rename the file")], False
    kind = file.suffix.lower()
    itself = [] if kind in ARCHIVES else [_source(path, file)]
    if kind not in CONTAINERS:
        return itself, False
    into.mkdir(parents=True)
    try:
        members = reader.unpack(file, into)
    except UnreadableFile as error:
        # An e-mail whose attachments cannot be had may be read all the same.
        what = f"{path}/attachments" if itself else path
        return [*itself, _faulty(what, str(error))], False
    inside = [
        _source(f"{path}/{member.name}", member.file)
        if member.file
        else _faulty(f"{path}/{member.name}", f"{path}/{member.name}: {member.reason}")
        for member in members
    ]
    if not itself + inside:
        inside = [_faulty(path, f"{path}: the archive holds no files; get a complete copy")]
    return itself + inside, True


def _source(path: str, file: Path) -> Source:
    try:
        return Source(path, file, file_sha256(file), file.stat().st_size)
    except OSError as error:
        return _faulty(path, f"{path}: cannot be opened ({error.strerror}); check its permissions")


def _faulty(path: str, fault: str) -> Source:
    return Source(path, Path(path), "", 0, fault)
