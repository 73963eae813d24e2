"""Files -> text: every kind, every verdict, and a child process that survives hostile files."""

import io
import os
import zipfile
from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path

import docx
import pytest
from reportlab.pdfgen.canvas import Canvas

from retrieval.errors import UnreadableFile
from retrieval.read import read_text
from retrieval.reader import Reader
from tests.conftest import SAMPLE_MATTER

JAPANESE = "賃貸借契約書。賃料は毎月末日までに支払うものとする。\n"


LOCKED_OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le")


def pdf_file(*pages: str, password: str | None = None) -> bytes:
    file = io.BytesIO()
    canvas = Canvas(file, encrypt=password)
    for page in pages:
        canvas.drawString(72, 720, page)
        canvas.showPage()
    canvas.save()
    return file.getvalue()


def docx_file(*paragraphs: str) -> bytes:
    document = docx.Document()
    for paragraph in paragraphs:
        document.add_paragraph(paragraph)
    table = document.add_table(rows=1, cols=3)
    table.cell(0, 0).merge(table.cell(0, 1)).text = "Base Rent"
    table.cell(0, 2).text = "$15,200.00"
    file = io.BytesIO()
    document.save(file)
    return file.getvalue()


def eml_file(*, html: bool) -> bytes:
    message = EmailMessage()
    message["From"] = "Prewitt <prewitt@roof.example>"
    message["Subject"] = "Quote for the roof"
    if html:
        message.set_content("<p>The seam is <b>open</b>.</p>", subtype="html")
    else:
        message.set_content("The seam is open.\r\n")
    message.add_attachment(b"%PDF", maintype="application", subtype="pdf", filename="quote.pdf")
    return message.as_bytes()


@pytest.mark.parametrize(
    ("name", "raw", "text"),
    [
        ("a.txt", b"One\r\n\r\ntwo\x0c\n", "One\r\n\r\ntwo\x0c\n"),
        ("bom.txt", b"\xef\xbb\xbfOne\n", "\ufeffOne\n"),
        ("a.md", "# Caf\u00e9\n".encode(), "# Caf\u00e9\n"),
        (
            "latin.txt",
            "Résumé of the café’s lease\n".encode("cp1252"),
            "Résumé of the café’s lease\n",
        ),
        ("sign.txt", "§ 12\n".encode("cp1252"), "§ 12\n"),
        ("utf16be.txt", b"\xfe\xff" + "Rent\n".encode("utf-16-be"), "Rent\n"),
        ("sjis.txt", (JAPANESE * 3).encode("shift_jis"), JAPANESE * 3),
        ("sjis.html", f"<meta charset=Shift_JIS>{JAPANESE}".encode("shift_jis"), JAPANESE),
        ("named.pdf.txt", pdf_file("I am a PDF"), "I am a PDF\n"),
        ("page.doc", b"<!DOCTYPE html><p>One</p>", "One"),
        (
            "memo.doc",
            b"{\\rtf1\\ansi Caf\\'e9{\\footnote See Ex. 4.}}",
            "Café[footnote] See Ex. 4.",
        ),
        ("utf16.TXT", "Rent is due.\n".encode("utf-16"), "Rent is due.\n"),
        ("a.htm", b"<p>One</p><p>two &amp; three</p><script>no()</script>", "One\n\ntwo & three\n"),
        ("a.pdf", pdf_file("First page", "Second page"), "First page\nSecond page\n"),
        ("a.docx", docx_file("First", "Second"), "First\nSecond\nBase Rent | $15,200.00"),
        *(
            (
                f"{kind}.eml",
                eml_file(html=kind == "html"),
                "From: Prewitt <prewitt@roof.example>\nSubject: Quote for the roof\n"
                "Attachment: quote.pdf\n\nThe seam is open.",
            )
            for kind in ("plain", "html")
        ),
    ],
)
def test_text(tmp_path: Path, name: str, raw: bytes, text: str) -> None:
    file = tmp_path / name
    file.write_bytes(raw)
    read = read_text(file)
    if name.endswith((".eml", ".htm", ".html", ".doc")):
        assert read.text.strip() == text.strip()
    else:
        assert read.text == text


def test_pages_tile_the_text(tmp_path: Path) -> None:
    file = tmp_path / "a.pdf"
    file.write_bytes(pdf_file("First page", "", "Third page"))
    read = read_text(file)
    assert [page.number for page in read.pages] == [1, 2, 3]
    assert read.pages[0].start == 0
    assert read.pages[-1].end == len(read.text)
    assert all(one.end == two.start for one, two in zip(read.pages, read.pages[1:], strict=False))
    assert [read.text[page.start : page.end].strip() for page in read.pages] == [
        "First page",
        "",
        "Third page",
    ]


@pytest.mark.parametrize(
    ("name", "raw", "words"),
    [
        ("a.exe", b"MZ", "not a kind that can be read"),
        ("noending", b"text", "no extension"),
        ("empty.txt", b"", "the file is empty"),
        ("blank.txt", b" \n\t\n", "holds no text"),
        ("blank.pdf", pdf_file(""), "holds no text"),
        ("corrupt.pdf", b"%PDF-1.7 nothing", "not a readable PDF"),
        ("cut.pdf", pdf_file("First page")[:300], "not a readable PDF"),
        ("locked.pdf", pdf_file("Secret", password="pass"), "protected by a password"),
        ("renamed.pdf", b"just text", "not a readable PDF"),
        ("zip.docx", b"PK\x03\x04broken", "damaged or of another kind"),
        ("list.eml", b"just text, no header\n", "no e-mail headers"),
        ("a.wpd", b"\xffWPC", "is a WordPerfect document; save it as"),
        ("wordperfect.doc", b"\xffWPC", "is a WordPerfect document; save it as"),
        ("a.XLSX", b"PK\x03\x04", "is a workbook; print"),
        ("a.msg", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "is an Outlook message; save it as .eml"),
        ("a.zip", b"PK\x03\x04", "is an archive"),
        ("archive.pdf", b"PK\x03\x04", "is an archive"),
        ("locked.docx", LOCKED_OFFICE, "protected by a password"),
        ("a.rtf", b"no RTF", "is not RTF"),
        ("a.png", b"\x89PNG\r\n\x1a\n", "damaged or of another kind"),
    ],
)
def test_refused(tmp_path: Path, name: str, raw: bytes, words: str) -> None:
    file = tmp_path / name
    file.write_bytes(raw)
    with pytest.raises(UnreadableFile, match=words) as refused:
        read_text(file)
    assert str(refused.value).startswith(f"{file}: ")
    assert "\n" not in str(refused.value)


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile, match="cannot be opened"):
        read_text(tmp_path / "none.txt")


@pytest.mark.parametrize("name", ["lease.pdf", "second_amendment.docx", "docket.html"])
def test_reader_gives_what_read_text_gives(name: str) -> None:
    file = SAMPLE_MATTER / "documents" / name
    with Reader() as reader:
        assert reader.read(file) == read_text(file)


def bomb(file: Path) -> None:
    """A DOCX of 150 KB whose document inflates to 110 MB."""
    source = zipfile.ZipFile(io.BytesIO(docx_file("First")))
    with source, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as target:
        for item in source.infolist():
            content = source.read(item)
            if item.filename == "word/document.xml":
                content = content.replace(b"First", b"A" * 110_000_000)
            target.writestr(item.filename, content)


def huge(file: Path) -> None:
    with file.open("wb") as sparse:
        sparse.truncate(2 * 1024**3)


@pytest.mark.parametrize(
    ("name", "make", "words"),
    [
        ("bomb.docx", bomb, "inflates to more than 100 MB"),
        ("huge.txt", huge, "memory"),
        ("endless.txt", os.mkfifo, "not read within 5 seconds"),
    ],
)
def test_hostile_file_costs_one_verdict(
    tmp_path: Path, name: str, make: Callable[[Path], None], words: str
) -> None:
    hostile, good = tmp_path / name, tmp_path / "good.txt"
    make(hostile)
    good.write_text("Rent is due.\n", encoding="utf-8")
    limits = {"seconds": 5.0} if name == "endless.txt" else {}
    with Reader(memory=256 * 1024**2, **limits) as reader:
        reader.read(good)  # the start of the child is not on trial
        with pytest.raises(UnreadableFile, match=words):
            reader.read(hostile)
        assert reader.read(good).text == "Rent is due.\n"


def test_reader_runs_no_code_of_the_folder_it_is_started_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "email.py").write_text("raise SystemExit('ran')\n", encoding="utf-8")
    good = tmp_path / "good.txt"
    good.write_text("Rent is due.\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    with Reader() as reader:
        assert reader.read(good).text == "Rent is due.\n"
