"""What kind of file some bytes are: by what they hold where that is certain, else by the name."""

import re

READABLE = frozenset(
    ".pdf .docx .html .htm .eml .md .txt .rtf .doc .png .jpg .jpeg .tif .tiff".split()
)
"""Suffixes of files that can be turned into text."""

_WORD = "open it in Word and save it as .docx or PDF"
ADVICE = {
    ".wpd": "a WordPerfect document; save it as .docx or PDF (LibreOffice opens it)",
    ".wp": "a WordPerfect document; save it as .docx or PDF (LibreOffice opens it)",
    ".docm": f"a Word document with macros; {_WORD}",
    ".dot": f"a Word template; {_WORD}",
    ".odt": "an OpenDocument text; save it as .docx or PDF",
    ".pages": "a Pages document; export it as .docx or PDF",
    ".xls": "a workbook; print the sheets that matter to PDF",
    ".xlsx": "a workbook; print the sheets that matter to PDF",
    ".xlsm": "a workbook; print the sheets that matter to PDF",
    ".csv": "a table; save it as .txt if its rows are to be read as text",
    ".ppt": "a presentation; export it as PDF",
    ".pptx": "a presentation; export it as PDF",
    ".msg": "an Outlook message; save it as .eml, or print it to PDF",
    ".pst": "an Outlook mailbox; export its messages as .eml",
    ".mbox": "a mailbox; export its messages as .eml",
    ".zip": "an archive, which holds files and no text of its own",
    ".rar": "an archive; unpack it and ingest the folder, or make it a ZIP",
    ".7z": "an archive; unpack it and ingest the folder, or make it a ZIP",
    ".gz": "an archive; unpack it and ingest what it holds",
    ".tar": "an archive; unpack it and ingest the folder, or make it a ZIP",
    ".gif": "an image of a kind that is not read; save it as PNG",
    ".bmp": "an image of a kind that is not read; save it as PNG",
    ".heic": "a photograph of a kind that is not read; save it as JPEG",
    ".webp": "an image of a kind that is not read; save it as PNG",
    ".mp3": "a recording; ingest its transcript",
    ".wav": "a recording; ingest its transcript",
    ".mp4": "a recording; ingest its transcript",
    ".xml": "XML; save it as PDF or text as it is meant to be read",
}
"""What is said of a file that cannot be read, by its suffix: what it is, and what to do."""

_SIGNATURES = (
    (b"%PDF-", ".pdf"),
    (b"\x89PNG\r\n\x1a\n", ".png"),
    (b"\xff\xd8\xff", ".jpg"),
    (b"II*\0", ".tif"),
    (b"MM\0*", ".tif"),
    (b"{\\rtf", ".rtf"),
    (b"\xffWPC", ".wpd"),
    (b"Rar!\x1a\x07", ".rar"),
    (b"7z\xbc\xaf\x27\x1c", ".7z"),
    (b"\x1f\x8b\x08", ".gz"),
    (b"GIF87a", ".gif"),
    (b"GIF89a", ".gif"),
)
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_OLE_SUFFIXES = (".doc", ".dot", ".xls", ".ppt", ".msg")
_OLE_LOCKED = "EncryptedPackage".encode("utf-16-le")
_OFFICE = ((b"word/", ".docx"), (b"xl/", ".xlsx"), (b"ppt/", ".pptx"))
_PLAIN = (".txt", ".md")
_HTML = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]{0,100}>\s*)?(?:<!--.{0,1000}?-->\s*)?<(?:!doctype\s+)?html\b",
    re.IGNORECASE | re.DOTALL,
)


def kind_of(raw: bytes, suffix: str) -> str:
    """Gives the suffix that the bytes deserve: ``suffix``, in lower case, unless they say else.

    Text is taken at its word: a ``.txt`` or ``.md`` file that holds HTML stays what it is named.
    """
    suffix = suffix.lower()
    if raw.startswith(b"PK\x03\x04"):
        return _zip_kind(raw, suffix)
    if raw.startswith(_OLE):
        return suffix if suffix in _OLE_SUFFIXES else ".doc"
    for mark, kind in _SIGNATURES:
        if raw.startswith(mark):
            return kind
    if suffix not in _PLAIN and _HTML.match(raw):
        return ".html"
    return suffix


def is_locked_office(raw: bytes) -> bool:
    """Whether it is a Word file (or the like) under a password (ECMA-376, [MS-OFFCRYPTO] 2.3)."""
    return raw.startswith(_OLE) and _OLE_LOCKED in raw


def _zip_kind(raw: bytes, suffix: str) -> str:
    """Office files are ZIPs: told by the folder that their parts lie in."""
    if suffix == ".docx" or suffix in ADVICE:
        return suffix
    if b"[Content_Types].xml" in raw:
        for folder, kind in _OFFICE:
            if folder in raw:
                return kind
    return ".zip"
