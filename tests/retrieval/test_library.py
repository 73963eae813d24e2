"""Ingest, replace, delete, reconcile: on the real shard, the real reader, the real embedder."""

import json
import os
import shutil
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from retrieval import ingest, sources
from retrieval.deletion import Found, delete_matter
from retrieval.documents import DocumentText
from retrieval.errors import (
    CasewrightError,
    DeletionIncomplete,
    IndexUnavailable,
    UnknownMatter,
    UnreadableFile,
)
from retrieval.library import Library
from retrieval.locks import locked
from retrieval.manifest import Manifest
from retrieval.packaged import file_sha256
from retrieval.reader import Reader
from retrieval.search import search
from retrieval.store_edge import EdgeStore
from retrieval.verdicts import Ingested, Progress
from tests.conftest import LEASE, NOTE

QUESTION = "When does the term begin?"


def verdicts(ingested: list[Ingested]) -> dict[str, str]:
    return {Path(one.path).name: one.verdict for one in ingested}


def texts(library: Library, matter_id: str = "oven", question: str = QUESTION) -> str:
    return "".join(ranked.passage.text for ranked in search(library, matter_id, question, 50))


def test_documents_and_matters(small: Library) -> None:
    assert [(one.id, one.documents) for one in small.matters()] == [("other", 1), ("oven", 3)]
    documents = small.documents("oven")
    assert [one.name for one in documents] == ["docket.html", "lease.txt", "note.txt"]
    for one in documents:
        assert one.id == file_sha256(Path(one.path)) == file_sha256(small.original(one))
        assert small.store("oven").count(one.generation) == one.passages > 0


def test_passages_are_spans_of_the_raw_file(small: Library) -> None:
    raw = {"lease.txt": LEASE, "note.txt": NOTE}
    for ranked in search(small, "oven", "lease, roof and cooler", 50):
        passage = ranked.passage
        if passage.document in raw:
            assert passage.text == raw[passage.document][passage.start : passage.end]


def test_ingest_again_changes_nothing(library: Library, files: Path) -> None:
    before = library.documents("oven")
    again = library.ingest("oven", [files])
    assert verdicts(again) == dict.fromkeys(["docket.html", "lease.txt", "note.txt"], "unchanged")
    assert library.documents("oven") == before


def test_changed_file_is_replaced(library: Library, files: Path) -> None:
    old = library.document("oven", "lease.txt")
    (files / "lease.txt").write_text("The initial term begins on July 9, 2031.\n", encoding="utf-8")
    assert verdicts(library.ingest("oven", [files / "lease.txt"])) == {"lease.txt": "indexed"}
    new = library.document("oven", "lease.txt")
    assert new.generation > old.generation
    assert library.store("oven").count(old.generation) == 0
    assert "July 9, 2031" in texts(library)
    assert "June 1, 2019" not in texts(library)
    assert library.original(new).is_file()
    assert not library.original(old).exists()


def test_same_bytes_under_another_path_are_a_duplicate(library: Library, files: Path) -> None:
    shutil.copy(files / "lease.txt", files / "copy.txt")
    (twin,) = library.ingest("oven", [files / "copy.txt"])
    assert (twin.verdict, twin.reason) == ("duplicate", f"the same bytes as {files / 'lease.txt'}")
    assert len(library.documents("oven")) == 3


def test_file_changed_into_a_duplicate_leaves_its_old_text_behind_nowhere(
    library: Library, files: Path
) -> None:
    shutil.copy(files / "note.txt", files / "lease.txt")
    assert verdicts(library.ingest("oven", [files]))["lease.txt"] == "duplicate"
    assert "June 1, 2019" not in texts(library)
    assert [one.name for one in library.documents("oven")] == ["docket.html", "note.txt"]


def test_files_that_swap_their_contents_are_both_kept(library: Library, files: Path) -> None:
    before = {one.name: one.id for one in library.documents("oven")}
    lease, note = files / "lease.txt", files / "note.txt"
    lease.rename(files / "third.txt")
    note.rename(lease)
    (files / "third.txt").rename(note)
    assert verdicts(library.ingest("oven", [files])) == {
        "docket.html": "unchanged",
        "lease.txt": "indexed",
        "note.txt": "indexed",
    }
    after = {one.name: one.id for one in library.documents("oven")}
    assert after == before | {"lease.txt": before["note.txt"], "note.txt": before["lease.txt"]}
    for one in library.documents("oven"):
        assert file_sha256(library.original(one)) == one.id
        assert library.store("oven").count(one.generation) == one.passages


def test_bad_files_cost_one_verdict_each(library: Library, files: Path) -> None:
    (files / "corrupt.pdf").write_bytes(b"%PDF-1.7 nothing")
    (files / "photo.jpg").write_bytes(b"\xff\xd8\xff")
    with (files / os.fsdecode(b"caf\xe9.txt")).open("w", encoding="utf-8") as file:
        file.write("Coffee was served.")
    reported: list[tuple[str, int, int]] = []

    def note(progress: Progress) -> None:
        if progress.ingested is not None:
            reported.append((progress.ingested.verdict, progress.files, progress.of))

    ingested = library.ingest("oven", [files], report=note)
    assert verdicts(ingested) == {
        "caf\ufffd.txt": "refused",
        "corrupt.pdf": "refused",
        "docket.html": "unchanged",
        "lease.txt": "unchanged",
        "note.txt": "unchanged",
        "photo.jpg": "refused",
    }
    assert all(one.reason.startswith(one.path) for one in ingested if one.verdict == "refused")
    assert reported == [(one.verdict, n, 6) for n, one in enumerate(ingested, start=1)]


def test_hidden_files_are_left_out_but_a_hidden_parent_is_no_reason(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / ".local" / "matter"
    (folder / ".git").mkdir(parents=True)
    (folder / "sub").mkdir()
    for name in ("seen.txt", "sub/also.txt", ".DS_Store.txt", ".git/never.txt"):
        (folder / name).write_text(f"Text of {name}.", encoding="utf-8")
    (folder / "sub" / "deeper").mkdir()
    monkeypatch.chdir(folder / "sub" / "deeper")
    for given in (folder, Path("..", "..")):
        ingested = Library(home).ingest(f"m{len(given.parts)}", [given])
        assert [Path(one.path).relative_to(given).as_posix() for one in ingested] == [
            "seen.txt",
            "sub/also.txt",
        ]


@pytest.mark.parametrize("missing", ["none.txt", "empty-folder"])
def test_nothing_to_ingest(home: Path, tmp_path: Path, missing: str) -> None:
    (tmp_path / "empty-folder").mkdir()
    with pytest.raises(UnreadableFile, match=missing):
        Library(home).ingest("oven", [tmp_path / missing])
    assert Library(home).matters() == []


@pytest.mark.parametrize("name", ["", ".", "..", "../x", "a/b", ".hidden", "a b", "a" * 65, "ä"])
def test_names_that_no_matter_has(home: Path, tmp_path: Path, name: str) -> None:
    (tmp_path / "a.txt").write_text("Rent is due.", encoding="utf-8")
    library = Library(home)
    with pytest.raises(UnknownMatter):
        library.ingest(name, [tmp_path / "a.txt"])
    for use in (library.documents, library.delete_matter, library.active_generations):
        with pytest.raises(UnknownMatter):
            use(name)
    assert not home.exists()


def test_delete_document(library: Library) -> None:
    note = library.document("oven", "note.txt")
    assert library.delete_document("oven", "note.txt").documents == (note,)
    assert [one.name for one in library.documents("oven")] == ["docket.html", "lease.txt"]
    assert library.store("oven").count(note.generation) == 0
    assert not library.original(note).exists()
    assert "roof" not in texts(library)
    with pytest.raises(UnknownMatter, match=r"has no document note\.txt"):
        library.delete_document("oven", "note.txt")


def test_shared_name_is_not_guessed_at(home: Path, tmp_path: Path) -> None:
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "note.txt").write_text(f"Note {folder}.", encoding="utf-8")
    library = Library(home)
    library.ingest("oven", [tmp_path / "one", tmp_path / "two"])
    with pytest.raises(UnknownMatter, match=r"2 documents are named note\.txt"):
        library.delete_document("oven", "note.txt")
    gone = library.delete_document("oven", str(tmp_path / "two" / "note.txt"))
    assert [one.path for one in library.documents("oven")] == [str(tmp_path / "one" / "note.txt")]
    assert gone.documents[0].path == str(tmp_path / "two" / "note.txt")


def test_delete_matter(library: Library, home: Path) -> None:
    library.delete_matter("oven")
    assert library.matters() == []
    assert list((home / "matters").iterdir()) == []
    with pytest.raises(UnknownMatter, match="oven: no such matter"):
        library.documents("oven")


def test_deletion_that_was_cut_short_is_finished(library: Library, home: Path) -> None:
    (home / "matters" / "oven").rename(home / "matters" / ".deleted-0123")
    assert library.matters() == []
    assert Library(home).matters() == []
    assert list((home / "matters").iterdir()) == []


def files_with(folder: Path, text: str) -> list[Path]:
    files = [file for file in folder.rglob("*") if file.is_file()]
    return [file for file in files if text.encode() in file.read_bytes()]


@pytest.mark.parametrize("how", ["deleted", "replaced", "made a duplicate"])
def test_deleted_text_leaves_the_disk(library: Library, files: Path, home: Path, how: str) -> None:
    lease = library.document("oven", "lease.txt")
    assert files_with(home, "June 1, 2019")
    if how == "deleted":
        library.delete_document("oven", "lease.txt")
    else:
        new = NOTE if how == "made a duplicate" else "The lease is lost."
        (files / "lease.txt").write_bytes(new.encode())
        library.ingest("oven", [files])
    assert not files_with(home, "June 1, 2019")
    assert not files_with(home, lease.id)
    assert files_with(home, "September 11, 2023")


def test_certificate(library: Library, files: Path) -> None:
    lease, size = library.document("oven", "lease.txt"), (files / "lease.txt").stat().st_size
    done = library.delete_document("oven", "lease.txt")
    assert (done.documents, done.originals, done.bytes) == ((lease,), 1, size)
    assert done.found == Found(0, 0, 0)
    others = library.documents("oven")
    all_ = library.delete_matter("oven")
    assert (list(all_.documents), all_.originals) == (others, 2)
    assert all_.passages == sum(one.passages for one in others)
    for word in ("lease", "note", "docket"):
        assert word not in json.dumps([done.record(), all_.record()])


def test_no_certificate_where_something_is_left(library: Library, home: Path) -> None:
    lease = library.document("oven", "lease.txt")
    (home / "matters" / "oven" / "copy").write_text(f"kept: {lease.id}", encoding="utf-8")
    with pytest.raises(DeletionIncomplete, match="traces in 1 files"):
        library.delete_document("oven", "lease.txt")


def test_writer_that_waits_while_the_matter_is_deleted_makes_it_anew(
    library: Library, files: Path, home: Path
) -> None:
    with ThreadPoolExecutor() as threads:
        with locked(home, "oven"):
            waiting = threads.submit(library.ingest, "oven", [files / "note.txt"])
            time.sleep(0.3)
            delete_matter(home, library.case_file("oven"))
            assert not waiting.done()
        assert verdicts(waiting.result()) == {"note.txt": "indexed"}
    assert [one.name for one in library.documents("oven")] == ["note.txt"]
    assert "roof leaked" in texts(library)


def test_twin_that_cannot_be_opened_keeps_its_document(
    library: Library, files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copy(files / "lease.txt", files / "copy.txt")
    hashed: list[str] = []

    def hash_of(file: Path) -> str:
        hashed.append(file.name)
        if file.name == "lease.txt":
            raise PermissionError(13, "Permission denied")
        return file_sha256(file)

    monkeypatch.setattr(sources, "file_sha256", hash_of)
    before = library.documents("oven")
    ingested = {Path(one.path).name: one for one in library.ingest("oven", [files])}
    assert ingested["copy.txt"].verdict == "duplicate"
    assert ingested["copy.txt"].reason == "the same bytes as files/lease.txt"
    assert ingested["lease.txt"].verdict == "refused"
    assert ingested["lease.txt"].reason.startswith("files/lease.txt: cannot be opened")
    assert "the version read before stays" in ingested["lease.txt"].reason
    assert library.documents("oven") == before
    assert sorted(hashed) == ["copy.txt", "docket.html", "lease.txt", "note.txt"]


def test_file_that_changes_while_it_is_read_is_refused(
    library: Library, files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (files / "new.txt").write_text("The first version.", encoding="utf-8")
    read = Reader.read

    def read_and_change(self: Reader, path: Path) -> DocumentText:
        text = read(self, path)
        path.write_text("The second version.", encoding="utf-8")
        return text

    monkeypatch.setattr(Reader, "read", read_and_change)
    (new,) = library.ingest("oven", [files / "new.txt"])
    assert (new.verdict, new.reason) == (
        "refused",
        "files/new.txt: changed while it was read; ingest it again",
    )
    assert "version" not in texts(library)


class Crash(BaseException):
    """What the tests end an ingest with: no handler expects it."""


def crash(*args: object, **kwargs: object) -> None:
    raise Crash


@pytest.mark.parametrize(
    ("step", "text"),
    [
        # (where it crashes, what a search finds after that)
        ("written, not yet active", "June 1, 2019"),
        ("active, old one not yet removed", "July 9, 2031"),
    ],
)
def test_crash_leaves_old_or_new_and_never_both(
    library: Library, files: Path, home: Path, monkeypatch: pytest.MonkeyPatch, step: str, text: str
) -> None:
    changed = files / "lease.txt"
    changed.write_text("The initial term begins on July 9, 2031.\n", encoding="utf-8")
    with monkeypatch.context() as patch:
        if step == "written, not yet active":
            patch.setattr(Manifest, "change", crash)
        else:
            change = Manifest.change

            def change_and_crash(*args: Any, **kwargs: Any) -> None:
                change(*args, **kwargs)
                raise Crash

            patch.setattr(Manifest, "change", change_and_crash)
        with pytest.raises(Crash):
            library.ingest("oven", [changed])
    both = {"June 1, 2019", "July 9, 2031"}
    assert {date for date in both if date in texts(library)} == {text}
    assert len(library.store("oven").generations()) == 4
    library.ingest("oven", [changed])
    assert library.store("oven").generations() == library.active_generations("oven")
    originals = {library.original(one) for one in library.documents("oven")}
    assert {*(home / "matters" / "oven" / "originals").iterdir()} == originals
    assert {date for date in both if date in texts(library)} == {"July 9, 2031"}


def test_lost_passages_are_told_and_change_nothing(
    library: Library, files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (files / "lease.txt").write_text("The initial term begins on July 9, 2031.\n", encoding="utf-8")
    with monkeypatch.context() as patch:
        patch.setattr(EdgeStore, "add", lambda self, entries: None)
        with pytest.raises(CasewrightError, match="the index took 0 of 1 passages"):
            library.ingest("oven", [files / "lease.txt"])
    assert "June 1, 2019" in texts(library)


@pytest.mark.parametrize("content", [b"", b"no database" * 100])
def test_damaged_manifest_is_named(library: Library, home: Path, content: bytes) -> None:
    (home / "matters" / "oven" / "manifest.sqlite").write_bytes(content)
    with pytest.raises(IndexUnavailable, match="oven: its manifest cannot be used"):
        library.documents("oven")


def test_home_that_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("a file", encoding="utf-8")
    (tmp_path / "rent.txt").write_text("Rent is due.", encoding="utf-8")
    with pytest.raises(IndexUnavailable, match=r"cannot be made .* CASEWRIGHT_HOME"):
        Library(tmp_path / "home").ingest("oven", [tmp_path / "rent.txt"])


def test_many_passages_are_written_in_batches(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ingest, "GROUP", 4)
    monkeypatch.setattr(ingest, "WRITE_BATCH", 4)
    file = tmp_path / "long.txt"
    file.write_text("\n\n".join(f"Clause {n}. " + "x " * 200 for n in range(10)), encoding="utf-8")
    library = Library(home)
    (ingested,) = library.ingest("oven", [file])
    (document,) = library.documents("oven")
    assert ingested.passages == document.passages == 10
    assert library.store("oven").count(document.generation) == 10


@pytest.mark.parametrize(
    ("question", "document"),
    [("§ 14.3(b)", "b.txt"), ("What does Section 14.2 say?", "a.txt"), ("19-cv-77", "c.txt")],
)
def test_a_citation_finds_its_passage(
    home: Path, tmp_path: Path, question: str, document: str
) -> None:
    for name, text in {
        "a.txt": "The grant. Under Section 14.2 the miller pays the tithe of the weir.",
        "b.txt": "The grant. Under Section 14.3(b) the miller pays the tithe of the weir.",
        "c.txt": "The grant. In Case No. 2:19-cv-00077-AB the miller pays the tithe.",
        "d.txt": "The grant. Under Section 14 (3) and 2 b the miller pays the tithe.",
    }.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    library = Library(home)
    library.ingest("weir", [tmp_path / f"{letter}.txt" for letter in "abcd"])
    assert search(library, "weir", question, 1)[0].passage.document == document
