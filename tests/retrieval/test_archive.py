"""Hostile archives: each is refused in one line, and nothing of it is written anywhere."""

import hashlib
import io
import json
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from retrieval.archive import MANIFEST, Archive
from retrieval.backup import passages_name
from retrieval.errors import BadBackup
from retrieval.library import Library
from tests.retrieval.test_backup import backup, empty, restore


@pytest.fixture
def file(library: Library, tmp_path: Path) -> Path:
    """A backup of the small matter."""
    backup(library, tmp_path / "oven.tar", "oven")
    return tmp_path / "oven.tar"


Member = tuple[tarfile.TarInfo, bytes]


def members_of(file: Path) -> list[Member]:
    with tarfile.open(file) as tar:
        return [(one, tar.extractfile(one).read()) for one in tar]  # type: ignore[union-attr]


def write(file: Path, members: list[Member], *, sealed: bool = True) -> Path:
    """Writes an archive of these members; ``sealed`` makes its manifest fit them."""
    if sealed:
        info, text = members[-1]
        about = json.loads(text)
        about["files"] = {
            one.name: {"size": len(content), "sha256": hashlib.sha256(content).hexdigest()}
            for one, content in members[:-1]
        }
        members[-1] = (info, json.dumps(about).encode())
    with tarfile.open(file, "w", format=tarfile.PAX_FORMAT) as tar:
        for info, content in members:
            if info.isreg():
                info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return file


def plain(name: str, content: bytes = b"x") -> Member:
    return tarfile.TarInfo(name), content


def link(name: str, kind: bytes, to: str) -> Member:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, to
    return info, b""


def swapped(members: list[Member], name: str, old: str, new: str) -> list[Member]:
    """The members with some text of one replaced."""
    return [
        (info, content.replace(old.encode(), new.encode()) if info.name.endswith(name) else content)
        for info, content in members
    ]


HASH = "0" * 64

HOSTILE: dict[str, tuple[Callable[[list[Member]], list[Member]], str]] = {
    "path upwards": (lambda m: [plain("matters/../../evil"), *m], "holds 'matters/../../evil'"),
    "absolute path": (lambda m: [plain("/etc/evil"), *m], "as no backup does"),
    "matter of dots": (lambda m: [plain("matters/../documents.jsonl"), *m], "as no backup does"),
    "symbolic link": (
        lambda m: [link(f"matters/oven/originals/{HASH}", tarfile.SYMTYPE, "/etc/passwd"), *m],
        "is not a plain file",
    ),
    "hard link": (
        lambda m: [link(f"matters/oven/originals/{HASH}", tarfile.LNKTYPE, m[0][0].name), *m],
        "is not a plain file",
    ),
    "device": (lambda m: [link("adapters/promoted", tarfile.CHRTYPE, ""), *m], "not a plain file"),
    "folder": (lambda m: [link("adapters/promoted", tarfile.DIRTYPE, ""), *m], "not a plain file"),
    "twice": (lambda m: [m[0], *m], "is there twice"),
    "after the end": (lambda m: [*m, plain("adapters/promoted")], "twice, or after the end"),
    "no manifest": (lambda m: m[:-1], "no whole backup"),
    "one too few": (lambda m: m[1:], "is not both in the archive and in its manifest"),
    "one too many": (lambda m: [plain("adapters/promoted"), *m], "is not both in the archive"),
    "changed": (
        lambda m: swapped(m, "passages.jsonl", "2019", "2031"),
        "passages.jsonl was changed or damaged",
    ),
    "shorter": (
        lambda m: swapped(m, "passages.jsonl", "2019", "19"),
        "has not the size that manifest.json says",
    ),
    "another form": (
        lambda m: swapped(m, MANIFEST, '"format_version": 1', '"format_version": 2'),
        "has the form 2, this Casewright knows 1; restore it with Casewright 0.1.0",
    ),
    "another program's": (lambda m: swapped(m, MANIFEST, "casewright-backup", "x"), "is no case"),
    "manifest that is none": (lambda m: [*m[:-1], plain(MANIFEST, b"[]")], "cannot be read"),
    "deep manifest": (lambda m: [*m[:-1], plain(MANIFEST, b"[" * 99_999)], "cannot be read"),
}

SEALED: dict[str, tuple[Callable[[list[Member]], list[Member]], str]] = {
    "document of another matter": (
        lambda m: swapped(m, "documents.jsonl", '"matter_id":"oven"', '"matter_id":"other"'),
        "holds a document of another matter",
    ),
    "passage of another matter": (
        lambda m: swapped(m, "passages.jsonl", '"matter_id":"oven"', '"matter_id":"other"'),
        "a passage that is of none of its documents",
    ),
    "passage of another document": (
        lambda m: swapped(m, "passages.jsonl", "lease.txt", "lures.txt"),
        "a passage that is of none of its documents",
    ),
    "a passage too few": (
        lambda m: swapped(m, "passages.jsonl", "\n", ""),
        "has a line without an end",
    ),
    "vector of another size": (
        lambda m: swapped(m, "passages.jsonl", '"dense":"', '"dense":"AAAA'),
        "a passage of oven cannot be read",
    ),
    "id that is none": (
        lambda m: swapped(m, "passages.jsonl", '"passage":{"id":"', '"passage":{"id":"../'),
        "a passage of oven cannot be read",
    ),
    "original missing": (lambda m: [m[0], m[1], *m[3:]], "original of a document of oven is mis"),
    "original of another hash": (
        lambda m: [*m[:2], (m[2][0], b"another"), *m[3:]],
        "is not the file of that hash",
    ),
    "document that is none": (
        lambda m: swapped(m, "documents.jsonl", '"pages":1', '"pages":"many"'),
        "a document of oven cannot be read",
    ),
    "no passages": (
        lambda m: [one for one in m if one[0].name != passages_name("oven")],
        "passages.jsonl is missing",
    ),
}


@pytest.mark.parametrize("how", [*HOSTILE, *SEALED])
def test_hostile_archive_is_refused_in_one_line(
    library: Library, file: Path, tmp_path: Path, how: str
) -> None:
    change, told = (HOSTILE | SEALED)[how]
    bad = write(tmp_path / "bad.tar", change(members_of(file)), sealed=how in SEALED)
    other = empty(tmp_path, library)
    before = {*tmp_path.rglob("*")} | {other.home, other.home / "matters"}
    with pytest.raises(BadBackup) as caught:
        restore(other, bad)
    line = str(caught.value)
    assert told in line
    assert line.startswith(str(bad))
    assert "\n" not in line
    assert "Rent" not in line
    assert other.matters() == []
    assert not [one for one in {*tmp_path.rglob("*")} - before if "locks" not in one.parts]


def test_archives_that_lie_about_their_lengths(file: Path, tmp_path: Path) -> None:
    whole, bad = file.read_bytes(), tmp_path / "bad.tar"
    for cut in (100, 700, len(whole) // 2, len(whole) - 2_000):
        bad.write_bytes(whole[:cut])
        with pytest.raises(BadBackup):
            Archive(bad)
    for size in (1 << 50, 8_000_000):
        info = tarfile.TarInfo("adapters/promoted")
        info.size = size
        bad.write_bytes(info.tobuf(tarfile.GNU_FORMAT) + whole)
        with pytest.raises(BadBackup):
            Archive(bad)
    # An extended header of many gigabytes, none of which is on the disk.
    info = tarfile.TarInfo("x")
    info.size, info.type = 64 << 30, tarfile.XHDTYPE
    with bad.open("wb") as sparse:
        sparse.write(info.tobuf(tarfile.GNU_FORMAT))
        sparse.truncate(65 << 30)
    with pytest.raises(BadBackup, match="no whole tar archive"):
        Archive(bad)
