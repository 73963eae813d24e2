"""What an ingest tells while it runs, how it reads ahead, and what it does without OCR."""

import time
from concurrent.futures import Future
from pathlib import Path

import pytest

from retrieval import ingest
from retrieval.embed import Embedder
from retrieval.library import Library
from retrieval.reader import Reader
from retrieval.readers import Readers, ahead
from retrieval.search import search
from retrieval.verdicts import Progress
from tests.retrieval.scans import image_file, scan, scanned_pdf


@pytest.mark.slow
def test_pages_left_unread_are_told_and_read_by_the_next_ingest_with_ocr(
    library: Library, files: Path
) -> None:
    sluice = scan("The miller keeps the sluice", "open from dusk until dawn")
    (files / "mixed.pdf").write_bytes(scanned_pdf("The deed of the weir.", sluice))
    (files / "scan.png").write_bytes(image_file("PNG", sluice))

    mixed, image = library.ingest("oven", [files / "mixed.pdf", files / "scan.png"], ocr=False)
    assert (mixed.verdict, image.verdict) == ("indexed", "needs OCR")
    assert "1 of 2 pages are scans and were left unread" in mixed.reason
    assert image.reason.startswith("files/scan.png: ")
    (again,) = library.ingest("oven", [files / "mixed.pdf"], ocr=False)
    assert again.verdict == "unchanged"

    mixed, image = library.ingest("oven", [files / "mixed.pdf", files / "scan.png"])
    assert (mixed.verdict, mixed.reason, image.verdict) == ("indexed", "", "indexed")
    found = search(library, "oven", "Who keeps the sluice open until dawn?", 2)
    assert {one.passage.document for one in found} == {"mixed.pdf", "scan.png"}
    assert library.store("oven").generations() == library.active_generations("oven")
    (again,) = library.ingest("oven", [files / "mixed.pdf"])
    assert again.verdict == "unchanged"


def test_progress_by_file_and_passage(
    home: Path, tmp_path: Path, small: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ingest, "GROUP", 4)
    monkeypatch.setattr(ingest, "WRITE_BATCH", 4)
    paths = [tmp_path / f"{name}.txt" for name in "abc"]
    for path, clauses in zip(paths, (10, 1, 2), strict=True):
        text = "\n\n".join(f"Clause {path.stem}{n}. " + "x " * 200 for n in range(clauses))
        path.write_text(text, encoding="utf-8")
    library, told = Library(home), list[Progress]()
    library.embedder = small.embedder
    library.ingest("weir", paths, report=told.append)
    shares = [one.share for one in told]
    assert shares == sorted(shares)
    assert 0 < shares[0] < 0.5
    assert shares[-1] == pytest.approx(1.0)
    assert [one.passages for one in told] == sorted(one.passages for one in told)
    assert told[0].passages == 4
    assert told[-1].passages == 13
    done = [one for one in told if one.ingested is not None]
    assert [(one.files, one.of, Path(one.path).stem) for one in done] == [
        (1, 3, "a"),
        (2, 3, "b"),
        (3, 3, "c"),
    ]


def test_no_more_is_begun_ahead_than_asked_for() -> None:
    begun: list[int] = []

    def begin(item: int) -> "Future[int] | None":
        if item % 3 == 0:
            return None
        begun.append(item)
        return Future()

    given = []
    for item, future in ahead(range(20), begin, 2):
        given.append(item)
        assert (future is None) == (item % 3 == 0)
        assert len([one for one in begun if one > item]) <= 2
    assert given == list(range(20))


def test_readers_work_side_by_side_and_end_at_once() -> None:
    started = time.monotonic()
    with Readers(2, ocr=False, cores=2) as readers:

        def wait(reader: Reader) -> Reader:
            time.sleep(0.3)
            return reader

        futures = [readers.submit(wait) for _ in range(4)]
        used = [future.result() for future in futures]
        assert 0.5 < time.monotonic() - started < 1.1
        assert len({id(one) for one in used}) == 2
        waiting = [readers.submit(wait) for _ in range(50)]
    assert time.monotonic() - started < 3
    assert waiting[-1].cancelled()


def test_reader_that_is_killed_lets_its_thread_go(tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    file.write_text("The miller keeps the sluice.", encoding="utf-8")
    with Readers(1, ocr=False, cores=1) as readers:
        assert readers.submit(lambda reader: reader.read(file)).result().text.startswith("The")
        waiting = readers.submit(lambda reader: reader.read(Path("/dev/zero")))
        time.sleep(0.2)
        started = time.monotonic()
    assert time.monotonic() - started < 5
    assert waiting.done()


def test_a_document_made_by_another_version_is_made_again(
    library: Library, files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (files / "deed.txt").write_text("The miller keeps the sluice open.", encoding="utf-8")
    with monkeypatch.context() as earlier:
        earlier.setattr(ingest, "VERSION", ingest.VERSION - 1)
        library.ingest("oven", [files / "deed.txt"])
    before = library.active_generations("oven")
    verdicts = [library.ingest("oven", [files / "deed.txt"])[0].verdict for _ in range(2)]
    assert verdicts == ["indexed", "unchanged"]
    assert library.active_generations("oven") != before
    assert library.store("oven").generations() == library.active_generations("oven")


def test_an_ingest_that_is_cut_short_embeds_no_more(
    library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    embedded: list[str] = []
    once = Embedder._vector

    def counted(embedder: Embedder, text: str) -> object:
        embedded.append(text)
        return once(embedder, text)

    monkeypatch.setattr(Embedder, "_vector", counted)
    monkeypatch.setattr(ingest, "WRITE_BATCH", 2)
    long = tmp_path / "long.txt"
    long.write_text("\n\n".join(f"Clause {n}. " + "x " * 200 for n in range(400)), "utf-8")

    def interrupt(progress: Progress) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        library.ingest("oven", [long], report=interrupt)
    assert len(embedded) < 200
    before = len(embedded)
    assert search(library, "oven", "When does the term begin?", 1)
    assert len(embedded) == before + 1
