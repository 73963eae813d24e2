"""Hostile files, made by script: each is small or simple, and aims at whoever reads it.

``HOSTILE`` names each with what makes its bytes; ``lures`` are files that would have the reader
fetch something, given an address to fetch it from.
"""

import io
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from email.message import EmailMessage

import docx
from reportlab.pdfgen.canvas import Canvas

GIGABYTE = 1024**3
_CHUNK = 16 * 1024**2
TRUNCATIONS = 20


def _deflated(size: int, filler: bytes) -> bytes:
    """``size`` bytes of filler as a zlib stream: a packed chunk, again and again."""
    chunk = filler * (_CHUNK // len(filler))
    packer = zlib.compressobj(9)
    packed = packer.compress(chunk) + packer.flush(zlib.Z_FULL_FLUSH)
    check = 1
    for _ in range(size // _CHUNK):
        check = zlib.adler32(chunk, check)
    # The header of two bytes once, the chunks, and an empty last block (RFC 1950 and 1951).
    return packed[:2] + packed[2:] * (size // _CHUNK) + b"\3\0" + struct.pack(">I", check)


def pdf(objects: list[bytes]) -> bytes:
    """A PDF of these objects, numbered from 1; the first is its catalogue."""
    parts = [b"%PDF-1.7\n"]
    offsets = []
    for number, content in enumerate(objects, start=1):
        offsets.append(sum(map(len, parts)) if number == 1 else offsets[-1] + len(parts[-1]))
        parts.append(b"%d 0 obj\n%b\nendobj\n" % (number, content))
    start = offsets[-1] + len(parts[-1])
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    parts.append(
        b"xref\n0 %d\n0000000000 65535 f \n%b"
        b"trailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF"
        % (len(objects) + 1, table, len(objects) + 1, start)
    )
    return b"".join(parts)


def _stream(content: bytes, entries: bytes = b"/Filter/FlateDecode") -> bytes:
    return b"<</Length %d%b>>stream\n%b\nendstream" % (len(content), entries, content)


def _one_page_pdf(
    content: bytes, *, box: bytes = b"0 0 612 792", image: bytes | None = None, more: bytes = b""
) -> bytes:
    resources = b"/Resources<</Font<</F 5 0 R>>/XObject<</I 6 0 R>>>>"
    objects = [
        b"<</Type/Catalog/Pages 2 0 R%b>>" % more,
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[%b]/Contents 4 0 R%b>>" % (box, resources),
        content,
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    ]
    return pdf([*objects, image] if image is not None else objects)


def inflating_pdf(filler: bytes = b" ") -> bytes:
    """A page whose content is a gigabyte of ``filler``."""
    return _one_page_pdf(_stream(_deflated(GIGABYTE, filler)))


def image_bomb_pdf() -> bytes:
    """A page filled by an image of 30,000 x 30,000 pixels, all of one colour."""
    image = _stream(
        _deflated(30_000 * 30_000, b"\0"),
        b"/Type/XObject/Subtype/Image/Width 30000/Height 30000/BitsPerComponent 8"
        b"/ColorSpace/DeviceGray/Filter/FlateDecode",
    )
    return _one_page_pdf(_stream(b"612 0 0 792 0 0 cm /I Do", b""), image=image)


def endless_form_pdf() -> bytes:
    """Forms that draw each other ten times, ten deep: ten thousand million of them."""
    depth = 10
    forms = [
        _stream(
            b" ".join([b"/X Do"] * 10) if number < depth else b"BT /F 9 Tf (x) Tj ET",
            b"/Type/XObject/Subtype/Form/BBox[0 0 612 792]/Resources<</XObject<</X %d 0 R>>>>"
            % (7 + number),
        )
        for number in range(depth + 1)
    ]
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents 4 0 R"
        b"/Resources<</XObject<</X 6 0 R>>>>>>",
        _stream(b"/X Do", b""),
        b"<<>>",
        *forms,
    ]
    return pdf(objects)


def looping_pages_pdf() -> bytes:
    """A tree of pages whose branch is its own child."""
    return pdf(
        [
            b"<</Type/Catalog/Pages 2 0 R>>",
            b"<</Type/Pages/Kids[3 0 R]/Count 100000>>",
            b"<</Type/Pages/Parent 2 0 R/Kids[2 0 R 3 0 R]/Count 100000>>",
        ]
    )


def many_pages_pdf(count: int = 10_000) -> bytes:
    """That many pages with a line each."""
    kids = b" ".join(b"%d 0 R" % (4 + number) for number in range(count))
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents %d 0 R" + (
        b"/Resources<</Font<</F 3 0 R>>>>>>"
    )
    return pdf(
        [
            b"<</Type/Catalog/Pages 2 0 R>>",
            b"<</Type/Pages/Kids[%b]/Count %d>>" % (kids, count),
            b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
            *(page % (4 + count + number) for number in range(count)),
            *(
                _stream(b"BT /F 12 Tf 72 720 Td (Page %d) Tj ET" % number, b"")
                for number in range(count)
            ),
        ]
    )


def plain_pdf(password: str | None = None) -> bytes:
    """A page of text, under a password or not."""
    file = io.BytesIO()
    canvas = Canvas(file, encrypt=password, pageCompression=0)
    for number in range(40):
        canvas.drawString(72, 720 - 15 * number, f"Clause {number}. The tenant shall pay rent.")
    canvas.save()
    return file.getvalue()


def plain_docx() -> bytes:
    """A Word file with some paragraphs."""
    document = docx.Document()
    for number in range(40):
        document.add_paragraph(f"Clause {number}. The tenant shall pay rent.")
    file = io.BytesIO()
    document.save(file)
    return file.getvalue()


def altered_docx(part: str, change: Callable[[bytes], bytes]) -> bytes:
    """A Word file with one part changed."""
    file = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(plain_docx())) as source,
        zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as target,
    ):
        for item in source.infolist():
            content = source.read(item)
            target.writestr(item, change(content) if item.filename == part else content)
    return file.getvalue()


def inflating_docx() -> bytes:
    """A Word file whose document is a gigabyte of spaces."""
    file = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(plain_docx())) as source,
        zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as target,
    ):
        for item in source.infolist():
            if item.filename != "word/document.xml":
                target.writestr(item, source.read(item))
        with target.open("word/document.xml", "w") as document:
            for _ in range(GIGABYTE // _CHUNK):
                document.write(b" " * _CHUNK)
    return file.getvalue()


def laughing_docx() -> bytes:
    """A Word file with entities that stand for ten of the next, ten deep."""
    entities = b'<!ENTITY e0 "ha">' + b"".join(
        b'<!ENTITY e%d "%b">' % (number, b"&e%d;" % (number - 1) * 10) for number in range(1, 11)
    )
    return altered_docx(
        "word/document.xml",
        lambda xml: _with_doctype(xml, entities).replace(b"Clause 1.", b"&e10;"),
    )


def _with_doctype(xml: bytes, entities: bytes) -> bytes:
    head, _, rest = xml.partition(b"?>")
    return head + b"?><!DOCTYPE d [" + entities + b"]>" + rest


def bomb_zip(depth: int = 4) -> bytes:
    """Archives in archives, ten a level, with a gigabyte of zeros at the bottom of each."""
    file = io.BytesIO()
    with (
        zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("zeros.txt", "w") as member,
    ):
        for _ in range(GIGABYTE // _CHUNK):
            member.write(b"\0" * _CHUNK)
    for _ in range(depth - 1):
        inner, file = file.getvalue(), io.BytesIO()
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            for number in range(10):
                archive.writestr(f"{number}.zip", inner)
    return file.getvalue()


def locked_zip() -> bytes:
    """An archive whose only member says that it is encrypted."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("lease.txt", b"secret")
    raw = bytearray(file.getvalue())
    raw[raw.rindex(b"PK\x01\x02") + 8] |= 1
    raw[6] |= 1
    return bytes(raw)


def many_parts_eml(count: int = 10_000) -> bytes:
    """An e-mail of that many parts."""
    part = b"--b\r\nContent-Type: text/plain; name=a.txt\r\n\r\nx\r\n"
    return (
        b"From: a@x.example\r\nSubject: Parts\r\n"
        b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n' + part * count + b"--b--\r\n"
    )


def deep_eml(depth: int = 2_000) -> bytes:
    """An e-mail of parts within parts."""
    heads = b"".join(
        b'Content-Type: multipart/mixed; boundary="b%d"\r\n\r\n--b%d\r\n' % (number, number)
        for number in range(depth)
    )
    return b"From: a@x.example\r\nSubject: Deep\r\n" + heads + b"\r\nx\r\n"


def nested_eml(depth: int = 50) -> bytes:
    """An e-mail in an e-mail in an e-mail."""
    message = EmailMessage()
    message["Subject"] = "The innermost"
    message.set_content("x")
    for _ in range(depth):
        outer = EmailMessage()
        outer["Subject"] = "Fwd"
        outer.set_content("see below")
        outer.add_attachment(message)
        message = outer
    return message.as_bytes()


def huge_png(side: int = 60_000) -> bytes:
    """An image of that many pixels square, all white, in 4 MB."""
    row = b"\0" + b"\xff" * (side // 8)

    def chunk(name: bytes, content: bytes) -> bytes:
        return (
            struct.pack(">I", len(content))
            + name
            + content
            + struct.pack(">I", zlib.crc32(name + content))
        )

    packer = zlib.compressobj(9)
    rows = b"".join(packer.compress(row * 100) for _ in range(side // 100)) + packer.flush()
    head = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def deep_rtf(depth: int = 200_000) -> bytes:
    """Groups within groups."""
    return b"{\\rtf1 " + b"{" * depth + b"x" + b"}" * depth + b"}"


HOSTILE: dict[str, Callable[[], bytes]] = {
    "inflating.pdf": inflating_pdf,
    "inflating_text.pdf": lambda: inflating_pdf(b"BT /F 9 Tf (x) Tj ET "),
    "image_bomb.pdf": image_bomb_pdf,
    "endless_form.pdf": endless_form_pdf,
    "looping_pages.pdf": looping_pages_pdf,
    "many_pages.pdf": many_pages_pdf,
    "locked.pdf": lambda: plain_pdf("pass"),
    "vast_page.pdf": lambda: _one_page_pdf(
        _stream(b"0 0 1 rg 0 0 9e9 9e9 re f", b""), box=b"0 0 1e9 1e9"
    ),
    "thin_page.pdf": lambda: _one_page_pdf(_stream(b"0 0 9 9e9 re f", b""), box=b"0 0 0.0001 1e9"),
    "inflating.docx": inflating_docx,
    "laughing.docx": laughing_docx,
    "bomb.zip": bomb_zip,
    "locked.zip": locked_zip,
    "many_parts.eml": many_parts_eml,
    "deep.eml": deep_eml,
    "nested.eml": nested_eml,
    "huge.png": huge_png,
    "deep.html": lambda: b"<html>" + b"<div>" * 200_000 + b"x",
    "wide.html": lambda: b"<html><table><tr>" + b"<td colspan=100000>x" * 2_000,
    "deep.rtf": deep_rtf,
}
"""Files to be refused or read: by name, with what makes their bytes."""


def truncations() -> Iterator[tuple[str, bytes]]:
    """A PDF and a Word file, each cut off at 20 places."""
    for suffix, raw in ((".pdf", plain_pdf()), (".docx", plain_docx())):
        for number in range(TRUNCATIONS):
            yield f"cut_{number}{suffix}", raw[: 1 + number * len(raw) // TRUNCATIONS]


def lures(address: str) -> dict[str, bytes]:
    """Files that name ``address`` wherever a reader could be made to fetch it; a canary too."""
    link = address.encode()
    relation = (
        b'<Relationship Id="rIdX" TargetMode="External" Target="%b" Type="http://schemas.'
        b'openxmlformats.org/officeDocument/2006/relationships/%b"/></Relationships>'
    )
    lured = {
        f"{kind}.docx": altered_docx(
            "word/_rels/document.xml.rels",
            lambda xml, kind=kind: xml.replace(  # type: ignore[misc]
                b"</Relationships>", relation % (link, kind.encode())
            ),
        )
        for kind in ("image", "attachedTemplate", "footnotes", "header")
    }
    entity = b'<!ENTITY x SYSTEM "%b">' % link
    parameter = b'<!ENTITY %% x SYSTEM "%b"> %%x;' % link
    return {
        **lured,
        "entity.docx": altered_docx(
            "word/document.xml",
            lambda xml: _with_doctype(xml, entity).replace(b"Clause 1.", b"Clause 1. &x;"),
        ),
        "parameter.docx": altered_docx(
            "word/document.xml", lambda xml: _with_doctype(xml, parameter)
        ),
        "entity.html": b'<?xml version="1.0"?><!DOCTYPE html [%b]><html><p>Clause 1. &x;</p></html>'
        % entity,
        "external.html": b'<html><link rel=stylesheet href="%b"><img src="%b"><iframe src="%b">'
        b"</iframe><p>Clause 1.</p></html>" % (link, link, link),
        "external.eml": b"From: a@x.example\r\nContent-Type: message/external-body;"
        b' access-type=URL; URL="%b"\r\n\r\n' % link,
        "action.pdf": _one_page_pdf(
            _stream(b"BT /F 9 Tf 9 9 Td (Clause 1.) Tj ET", b""),
            more=b"/OpenAction<</S/URI/URI(%b)>>" % link,
        ),
        "reference.pdf": _one_page_pdf(
            _stream(b"", b"/F<</FS/URL/F(%b)>>" % link),
        ),
    }
