"""Backups: a matter comes out as it went in, in either shape, whole or not at all."""

import stat
import subprocess
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from retrieval.archive import MANIFEST, Archive, writing
from retrieval.backup import Saved, save_matter
from retrieval.errors import BadBackup, CasewrightError, IndexUnavailable, UnknownMatter
from retrieval.library import Library
from retrieval.manifest import Manifest
from retrieval.restore import Restored, matters_in, restore_matter
from retrieval.search import search
from retrieval.store import ServerAddress
from retrieval.store_edge import EdgeStore
from tests.retrieval.qdrant_rest import QdrantRest

QUESTION = "When does the initial term begin?"


class PowerCut(CasewrightError):
    """The moment at which a test stops some work."""


def backup(library: Library, target: Path, *matters: str) -> dict[str, Saved]:
    """A backup as the command makes one, but for adapters and audit log."""
    with writing(target, 0) as writer:
        saved = {one: save_matter(writer, library.case_file(one)) for one in matters}
        told = {name: {"generation": one.generation} for name, one in saved.items()}
        writer.finish({"casewright": "0.1.0", "matters": told})
    return saved


def restore(library: Library, file: Path, matter: str = "oven", **how: bool) -> Restored:
    with Archive(file) as opened:
        return restore_matter(library, opened, matter, **how)


def answers(library: Library) -> list[tuple[str, float]]:
    return [(one.passage.id, one.score) for one in search(library, "oven", QUESTION, 50)]


def empty(tmp_path: Path, library: Library, server: ServerAddress | None = None) -> Library:
    made = Library(tmp_path / "another", server=server)
    made.embedder = library.embedder
    return made


@pytest.fixture
def file(library: Library, tmp_path: Path) -> Path:
    """A backup of the small matter."""
    backup(library, tmp_path / "oven.tar", "oven")
    return tmp_path / "oven.tar"


# There and back


def test_a_matter_comes_back_as_it_was(library: Library, file: Path, tmp_path: Path) -> None:
    other = empty(tmp_path, library)
    assert restore(other, file) == Restored("oven", "restored", 3, 3)
    before, after = (one.case_file("oven").manifest.everything() for one in (library, other))
    assert after == before
    assert answers(other) == answers(library)
    active = library.active_generations("oven")
    stored = [
        {one.point_id: one for one in lib.store("oven").read(active)} for lib in (library, other)
    ]
    assert stored[0] == stored[1]
    for one in other.documents("oven"):
        assert other.original(one).read_bytes() == library.original(one).read_bytes()
    assert other.describe("oven", "lease.txt", {"title": "The lease"}).description.title
    assert restore(other, file, replacing=True).outcome == "replaced"
    assert answers(other) == answers(library)
    assert other.store("oven").generations() == other.active_generations("oven")
    assert other.active_generations("oven").isdisjoint(active), "numbers are not used twice"


def test_either_shape_takes_it(library: Library, file: Path, tmp_path: Path) -> None:
    with QdrantRest() as rest:
        server = empty(tmp_path, library, ServerAddress(rest.url, "casewright", timeout=10))
        assert restore(server, file).outcome == "restored"
        assert len(rest.points()) == 3
        assert not server.is_here("oven")
        assert dict(answers(server)) == pytest.approx(dict(answers(library)), abs=1e-3)
        backup(server, tmp_path / "of-server.tar", "oven")
        server.delete_matter("oven")
        server.close()
    library.delete_matter("oven")
    restore(library, tmp_path / "of-server.tar")
    backup(library, tmp_path / "again.tar", "oven")
    with Archive(file) as one, Archive(tmp_path / "again.tar") as other:
        assert one.members == other.members, "sixteen bits of vectors lose nothing a second time"


def test_there_already(library: Library, file: Path, files: Path) -> None:
    assert restore(library, file) == Restored("oven", "unchanged", 3, 3)
    (files / "lease.txt").write_text("The initial term begins on July 9, 2031.\n", encoding="utf-8")
    library.ingest("oven", [files])
    with pytest.raises(BadBackup, match=r"oven: is there already and differs .* --replace"):
        restore(library, file)
    assert "2031" in search(library, "oven", QUESTION, 1)[0].passage.text
    (files / "new.txt").write_text("The oven is new.\n", encoding="utf-8")
    library.ingest("oven", [files])
    assert restore(library, file, replacing=True) == Restored("oven", "replaced", 3, 3)
    assert "2019" in search(library, "oven", QUESTION, 1)[0].passage.text
    assert len(library.documents("oven")) == 3
    originals = {*(library.case_file("oven").folder / "originals").iterdir()}
    assert originals == {library.original(one) for one in library.documents("oven")}
    # What is known of the files is known again: nothing is read anew that was not changed.
    assert sorted(one.verdict for one in library.ingest("oven", [files])) == [
        "indexed", "indexed", "unchanged", "unchanged"
    ]  # fmt: skip


def test_matter_without_documents(library: Library, tmp_path: Path) -> None:
    (tmp_path / "one.txt").write_text("The oven is new.\n", encoding="utf-8")
    library.ingest("bare", [tmp_path / "one.txt"])
    library.delete_document("bare", "one.txt")
    backup(library, tmp_path / "bare.tar", "bare")
    other = empty(tmp_path, library)
    assert restore(other, tmp_path / "bare.tar", "bare") == Restored("bare", "restored", 0, 0)
    assert [one.id for one in other.matters()] == ["bare"]


def test_the_file_is_its_owners_and_a_plain_tar(file: Path) -> None:
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    listed = subprocess.run(["tar", "-tf", file], capture_output=True, text=True, check=True)
    assert listed.stdout.splitlines()[-1] == MANIFEST
    with Archive(file) as opened:
        opened.check()
        assert matters_in(opened) == ["oven"]


# While others work, and while it is killed


def test_backup_is_of_one_moment_and_waits_for_no_ingest(
    library: Library, files: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Everything is replaced after the manifest was read, before the first passage is."""
    before = answers(library)
    for one in ("lease.txt", "note.txt"):
        (files / one).write_text(f"A new {one} of July 9, 2031.\n", encoding="utf-8")
    ingest = threading.Thread(target=library.ingest, args=("oven", [files]))
    read = EdgeStore.read

    def read_later(store: EdgeStore, generations: Any) -> Iterator[Any]:
        ingest.start()
        while "2031" not in search(library, "oven", "July 2031", 1)[0].passage.text:
            pass
        yield from read(store, generations)

    with monkeypatch.context() as patch:
        patch.setattr(EdgeStore, "read", read_later)
        backup(library, tmp_path / "one.tar", "oven")
    ingest.join()
    other = empty(tmp_path, library)
    restore(other, tmp_path / "one.tar")
    assert answers(other) == before
    assert library.store("oven").generations() == library.active_generations("oven")
    assert len([*(library.case_file("oven").folder / "originals").iterdir()]) == 3


def test_killed_backup_is_never_taken_for_one(library: Library, tmp_path: Path) -> None:
    target = tmp_path / "cut.tar"
    with pytest.raises(PowerCut), writing(target, 0) as writer:
        save_matter(writer, library.case_file("oven"))
        left = target.with_name("cut.tar.partial").read_bytes()
        raise PowerCut
    assert not [*tmp_path.glob("cut*")]
    target.with_name("cut.tar.partial").write_bytes(left)  # as a kill would leave it
    with pytest.raises(BadBackup, match=r"no whole backup|cut off"):
        Archive(target.with_name("cut.tar.partial"))
    backup(library, target, "oven")
    assert [one.name for one in tmp_path.glob("cut*")] == ["cut.tar"]
    with pytest.raises(BadBackup, match=r"cut\.tar: is there already"):
        backup(library, target, "oven")


@pytest.mark.parametrize("shape", ["embedded", "server"])
@pytest.mark.parametrize("moment", ["put", "change"])
def test_cut_restore_leaves_nothing(
    library: Library,
    file: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    shape: str,
    moment: str,
) -> None:
    with QdrantRest() as rest:
        address = ServerAddress(rest.url, "casewright", timeout=10) if shape == "server" else None
        other = empty(tmp_path, library, address)
        with monkeypatch.context() as patch:
            if moment == "put":
                patch.setattr("retrieval.restore._check_taken", stop)
            else:
                patch.setattr(Manifest, "change", stop)
            patch.setattr("retrieval.restore._drop_staged", lambda *given: None)  # as if killed
            with pytest.raises(PowerCut):
                restore(other, file)
        assert other.matters() == []
        with pytest.raises(UnknownMatter):
            search(other, "oven", QUESTION, 1)
        assert [*(other.home / "matters").iterdir()]
        other.close()
        again = empty(tmp_path, library, address)  # a start clears what is left
        assert not [*(other.home / "matters").iterdir()]
        assert rest.points() == []
        assert restore(again, file).outcome == "restored"
        assert dict(answers(again)) == pytest.approx(dict(answers(library)), abs=1e-3)
        again.close()


def stop(*given: object, **how: object) -> None:
    raise PowerCut


def test_cut_replacement_leaves_what_was_there(
    library: Library, file: Path, files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (files / "lease.txt").write_text("The initial term begins on July 9, 2031.\n", encoding="utf-8")
    library.ingest("oven", [files])
    before = answers(library)
    with monkeypatch.context() as patch:
        patch.setattr(Manifest, "change", stop)
        with pytest.raises(PowerCut):
            restore(library, file, replacing=True)
    assert answers(library) == before
    assert library.store("oven").generations() == library.active_generations("oven")


def test_disk_without_room(library: Library, file: Path, tmp_path: Path) -> None:
    told = r"room\.tar: only .* MB of disk are free"
    with pytest.raises(IndexUnavailable, match=told), writing(tmp_path / "room.tar", 1 << 60):
        pass
    assert not [*tmp_path.glob("room*")]
    full = Library(tmp_path / "full", free_bytes=1 << 60)
    with pytest.raises(IndexUnavailable, match=r"oven: only .* MB of disk are free"):
        restore(full, file)
    assert full.matters() == []


@pytest.mark.parametrize("fault", ["gone", "changed"])
def test_original_that_is_not_what_it_was(library: Library, tmp_path: Path, fault: str) -> None:
    original = library.original(library.document("oven", "note.txt"))
    original.unlink() if fault == "gone" else original.write_bytes(b"another")
    with pytest.raises(BadBackup, match=r"oven: the original of note\.txt is missing or was"):
        backup(library, tmp_path / "bad.tar", "oven")
    assert not [*tmp_path.glob("bad*")]


def test_two_backups_to_one_file(library: Library, tmp_path: Path) -> None:
    target = tmp_path / "one.tar"
    with suppress(PowerCut), writing(target, 0):
        with pytest.raises(BadBackup, match="another backup is writing it"):
            backup(library, target, "oven")
        raise PowerCut
    assert not target.exists()
