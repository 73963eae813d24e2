"""Real files, damaged at random: each has a verdict, and the reader goes on to the next.

Read as an ingest reads them: in the child process, with its limits.
"""

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from retrieval.errors import CasewrightError
from retrieval.kinds import READABLE
from retrieval.reader import Reader
from tests.faults.extent import SEED, tries
from tests.faults.hostile import plain_docx, plain_pdf
from tests.retrieval.test_read import docx_file, eml_file, pdf_file

HTML = (
    b"<!DOCTYPE html><html><head><meta charset=utf-8><style>.x{display:none}</style></head><body>"
    b"<h1>Docket</h1><p class=x>hidden</p><table><tr><td colspan=2>June 1</td><td>Filed</td></tr>"
    b"</table><ul><li>One<li>Two</ul><p style='color:white'>white</p></body></html>"
)
RTF = (
    b"{\\rtf1\\ansi\\ansicpg1252{\\fonttbl{\\f0 Times;}}\\f0\\fs24 Clause 1. The tenant \\'96 "
    b"shall pay \\b rent\\b0 .\\par \\u8220?Rent\\u8221? {\\*\\generator x;}{\\pict 89504e47}\\par}"
)
FILES: dict[str, Callable[[], bytes]] = {
    "two.pdf": lambda: pdf_file("The rent is due.", "The roof leaked."),
    "many.pdf": plain_pdf,
    "short.docx": lambda: docx_file("The rent is due.", "The roof leaked."),
    "long.docx": plain_docx,
    "page.html": lambda: HTML,
    "plain.eml": lambda: eml_file(html=False),
    "html.eml": lambda: eml_file(html=True),
    "clause.rtf": lambda: RTF,
    "note.txt": "Die Miete beträgt 5 €.\r\nשלום\x00".encode,
}
WORDS = (
    b"<", b">", b"\0", b"\xff\xfe", b"obj", b"stream", b"/Length 99999999", b"PK\x03\x04", b"--",
    b"\r\n\r\n", b"boundary=", b"charset=utf-7", b"{\\", b"}", b"\\bin99999999 ", b"\\u-1?",
    b"<td rowspan=99999 colspan=99999>", b"&#xD800;", b"&#0;", b"<![CDATA[", b"%00", b"=?utf-8?q?=",
    b"style='position:absolute'", b"@import url(x);", b"<!--", b"%PDF-1.7", b"startxref\n99",
)  # fmt: skip


def damaged(raw: bytes, draw: random.Random) -> bytes:
    """The bytes with a few changes: turned bits, cuts, repeats, words of the formats put in."""
    changed = bytearray(raw)
    for _ in range(draw.choice((1, 1, 2, 4, 16))):
        if not changed:
            break
        at = draw.randrange(len(changed))
        length = draw.choice((1, 2, 8, 64, 512))
        match draw.randrange(6):
            case 0:
                changed[at] ^= 1 << draw.randrange(8)
            case 1:
                changed[at : at + length] = draw.randbytes(length)
            case 2:
                del changed[at : at + length]
            case 3:
                changed[at:at] = changed[at : at + length] * draw.choice((1, 2, 50))
            case 4:
                changed[at:at] = draw.choice(WORDS) * draw.choice((1, 1, 100))
            case _:
                del changed[at:]
    return bytes(changed)


@pytest.mark.timeout(3600)
def test_damaged_files_have_a_verdict(tmp_path: Path) -> None:
    draw, good = random.Random(SEED), tmp_path / "good.txt"
    good.write_text("Rent is due.\n", encoding="utf-8")
    read = refused = 0
    with Reader(ocr=False) as reader:
        for number in range(tries(30)):
            name, made = draw.choice([*FILES.items()])
            # Sometimes under another kind's name: what a file is called is not what it is.
            suffix = draw.choice([Path(name).suffix] * 9 + [*sorted(READABLE)])
            file = tmp_path / f"damaged{suffix}"
            file.write_bytes(damaged(made(), draw))
            into = tmp_path / f"into{number}"
            into.mkdir()
            try:
                members = reader.unpack(file, into)
                text = reader.read(file)
            except CasewrightError as error:
                refused += 1
                assert str(error).startswith(f"{file}: ") and "\n" not in str(error), error
                continue
            read += 1
            assert all(one.file or one.reason for one in members)
            assert text.pages[0].start == 0 and text.pages[-1].end == len(text.text)
            for page, after in zip(text.pages, text.pages[1:], strict=False):
                assert page.start <= page.end == after.start
        assert reader.read(good).text == "Rent is due.\n"
    print(f"seed {SEED}: {read + refused} damaged files, {read} read, {refused} refused")
    assert read and refused
