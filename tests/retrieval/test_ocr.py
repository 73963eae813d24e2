"""Pages without a text layer: what OCR reads, how sure it is, and what is left when it is off."""

from pathlib import Path

import pytest
from PIL import Image

from retrieval.errors import ModelUnavailable, NeedsOcr
from retrieval.ocr import DETECTION, RECOGNITION, scanned
from retrieval.packaged import PackagedFile, packaged_file
from retrieval.read import read_text
from retrieval.reader import Reader
from tests.retrieval.scans import image_file, scan, scanned_pdf

LINES = ("The tenant shall pay rent", "of $15,200.00 on the first day", "of each month.")
WORDS = " ".join(LINES)


@pytest.mark.parametrize("degrees", [0, 90, 180, 270])
def test_a_page_is_read_whichever_way_it_lies(degrees: int) -> None:
    read = scanned(scan(*LINES, size=(900, 500)).rotate(degrees, expand=True))
    assert read.text == "\n".join(LINES)
    assert read.confidence is not None and read.confidence > 0.9


def test_a_blank_page_has_no_text_and_no_confidence() -> None:
    read = scanned(Image.new("RGB", (600, 800), "white"))
    assert (read.text, read.confidence) == ("", None)


@pytest.mark.parametrize("kind", ["png", "jpeg", "tiff"])
def test_images(tmp_path: Path, kind: str) -> None:
    file = tmp_path / f"scan.{kind.replace('jpeg', 'JPG').replace('tiff', 'tif')}"
    pages = [scan("First page"), scan("Second page")] if kind == "tiff" else [scan("First page")]
    file.write_bytes(image_file(kind, *pages))
    told: list[tuple[int, int]] = []
    read = read_text(file, page_done=lambda *done: told.append(done))
    assert read.text == "First page\nSecond page\n"[: 11 if len(pages) == 1 else None]
    assert all(page.confidence is not None for page in read.pages)
    assert told == [(number, len(pages)) for number in range(1, len(pages) + 1)]


def test_transparent_images_stand_on_white(tmp_path: Path) -> None:
    ink = scan("Rent is due", size=(700, 400)).point(lambda value: 255 - value)
    black = Image.new("RGBA", ink.size, (0, 0, 0, 0))
    black.putalpha(ink)
    file = tmp_path / "scan.png"
    file.write_bytes(image_file("png", black))
    assert read_text(file).text == "Rent is due\n"


def test_mixed_pdf(tmp_path: Path) -> None:
    file = tmp_path / "mixed.pdf"
    raw = scanned_pdf("Typed page", scan(*LINES), "", stamp="Case 1:24-cv-00001 Page 2", labels="r")
    file.write_bytes(raw)
    with Reader() as reader:
        read = reader.read(file)
    assert read.text == "\n".join(["Typed page", "Case 1:24-cv-00001 Page 2", *LINES, "", ""])
    assert [page.label for page in read.pages] == ["i", "ii", "iii"]
    typed, scan_page, blank = (page.confidence for page in read.pages)
    assert typed is None and blank is None
    assert scan_page is not None and 0.9 < scan_page <= 1
    assert read.unread == ()


def test_without_ocr_pages_are_left_and_numbered(tmp_path: Path) -> None:
    file = tmp_path / "mixed.pdf"
    file.write_bytes(scanned_pdf("Typed page", scan(*LINES), stamp="Page 2"))
    with Reader(ocr=False) as reader:
        read = reader.read(file)
    assert read.text == "Typed page\nPage 2\n"
    assert read.unread == (2,)


@pytest.mark.parametrize("name", ["scan.pdf", "scan.png"])
def test_without_ocr_a_scan_needs_it(tmp_path: Path, name: str) -> None:
    file = tmp_path / name
    page = scan(*LINES)
    pdf = scanned_pdf(page, page, stamp="Case 1:24-cv-00001")
    file.write_bytes(pdf if name.endswith("pdf") else image_file("png", page))
    with Reader(ocr=False) as reader, pytest.raises(NeedsOcr, match="OCR is off"):
        reader.read(file)


@pytest.mark.parametrize("model", [DETECTION, RECOGNITION])
def test_models_come_in_the_package_with_the_pinned_hash(model: PackagedFile) -> None:
    assert packaged_file(model).stat().st_size > 5_000_000


def test_the_reader_says_that_a_model_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "path" / "rapidocr"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("class RapidOCR: ...\n", encoding="utf-8")
    file = tmp_path / "scan.png"
    file.write_bytes(image_file("png", scan(*LINES)))
    monkeypatch.setenv("PYTHONPATH", f"{package.parent}:{Path.cwd()}")
    words = r"PP-OCRv6_det_small.*pip install .*rapidocr=="
    with Reader() as reader, pytest.raises(ModelUnavailable, match=words):
        reader.read(file)
