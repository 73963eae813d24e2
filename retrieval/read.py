"""A file -> its text with pages.

``read_text`` parses in the calling process. ``Reader`` does the same in a child process with
limits on memory and time, because parsers are hostile ground: a file of 1 MB can inflate to
gigabytes or never end. ``ingest`` only ever uses ``Reader``.
"""

import email
import email.policy
import json
import os
import resource
import select
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import astuple
from email.message import EmailMessage
from pathlib import Path
from types import TracebackType
from typing import IO

from retrieval.documents import DocumentText, Page
from retrieval.errors import UnreadableFile

MEMORY_LIMIT = 2 * 1024**3
"""Bytes of address space that a reading process may take."""
SECONDS_LIMIT = 60.0
"""Wall-clock seconds that one file may take."""
TEXT_LIMIT = 50_000_000
"""Characters of text that one file may yield."""


def read_text(path: Path) -> DocumentText:
    """Gives the text of a PDF, DOCX, HTML, EML, Markdown or text file, with its pages.

    The text of ``.txt`` and ``.md`` is the file's text untouched. A file without pages of its
    own is one page.

    Raises:
        UnreadableFile: missing, empty, of an unknown kind, corrupt, or without a text layer.
    """
    parse = _PARSERS.get(path.suffix.lower())
    if parse is None:
        kinds = ", ".join(sorted(_PARSERS))
        raise UnreadableFile(
            f"{path}: {path.suffix or 'no extension'} is not a kind that can be read ({kinds}); "
            "convert the file to PDF or text"
        )
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise UnreadableFile(
            f"{path}: cannot be opened ({error.strerror}); check the path and its permissions"
        ) from None
    if not raw:
        raise UnreadableFile(f"{path}: the file is empty; get a complete copy")
    try:
        document = parse(raw)
    except UnreadableFile as error:
        raise UnreadableFile(f"{path}: {error}") from None
    except MemoryError:
        raise UnreadableFile(
            f"{path}: takes more memory to read than is allowed; refused, split the file"
        ) from None
    # Parsers raise whatever they like on a damaged file; each is one verdict about that file.
    except Exception as error:
        raise UnreadableFile(
            f"{path}: cannot be read as {path.suffix.lower()} "
            f"({type(error).__name__}); the file is damaged or of another kind, get a fresh copy"
        ) from error
    if not document.text.strip():
        raise UnreadableFile(
            f"{path}: holds no text (a scan without a text layer needs OCR); "
            "run it through OCR and ingest the result"
        )
    if len(document.text) > TEXT_LIMIT:
        raise UnreadableFile(f"{path}: more than {TEXT_LIMIT:,} characters of text; split the file")
    return document


def _pdf(raw: bytes) -> DocumentText:
    # pypdfium2 loads its shared library on import; only PDF files pay for that.
    import pypdfium2
    import pypdfium2.raw

    try:
        pdf = pypdfium2.PdfDocument(raw)
    except pypdfium2.PdfiumError as error:
        if error.err_code == pypdfium2.raw.FPDF_ERR_PASSWORD:
            raise UnreadableFile("is protected by a password; save an open copy") from None
        raise UnreadableFile(
            "is not a readable PDF (corrupt or cut off); get a fresh copy"
        ) from None
    texts = []
    with pdf:
        for page in pdf:
            text = page.get_textpage().get_text_range()
            # U+FFFE is PDFium's mark for a hyphen at the end of a line.
            texts.append(text.replace("\r\n", "\n").replace("\r", "\n").replace("\ufffe", "-"))
            page.close()
    return _paged(texts)


def _docx(raw: bytes) -> DocumentText:
    from retrieval.read_docx import docx_text

    return _one_page(docx_text(raw))


def _html(raw: bytes) -> DocumentText:
    return _one_page(_html_text(_decoded(raw)))


def _html_text(html: str) -> str:
    import inscriptis

    return str(inscriptis.get_text(html))


def _eml(raw: bytes) -> DocumentText:
    message = email.message_from_bytes(raw, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    shown = [f"{name}: {message[name]}" for name in _EMAIL_HEADERS if message[name]]
    if not shown:
        raise UnreadableFile("has no e-mail headers; save the message again as .eml")
    body = message.get_body(preferencelist=("plain", "html"))
    content = body.get_content() if body is not None else ""
    if body is not None and body.get_content_subtype() == "html":
        content = _html_text(content)
    attached = [f"Attachment: {part.get_filename()}" for part in message.iter_attachments()]
    return _one_page("\n".join([*shown, *attached, "", content.replace("\r\n", "\n")]))


def _plain(raw: bytes) -> DocumentText:
    return _one_page(_decoded(raw))


def _decoded(raw: bytes) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        import charset_normalizer

        guess = charset_normalizer.from_bytes(raw).best()
        if guess is None:
            raise UnreadableFile("is not text in any known encoding; save it as UTF-8") from None
        return str(guess)


def _one_page(text: str) -> DocumentText:
    return DocumentText(text, (Page(1, 0, len(text)),))


def _paged(texts: Iterable[str]) -> DocumentText:
    """Joins the texts of pages; the line break between two pages belongs to the first."""
    pages: list[Page] = []
    start = 0
    parts = [text if text.endswith("\n") else text + "\n" for text in texts]
    for number, part in enumerate(parts, start=1):
        pages.append(Page(number, start, start + len(part)))
        start += len(part)
    return DocumentText("".join(parts), tuple(pages))


_EMAIL_HEADERS = ("From", "To", "Cc", "Date", "Subject")
_PARSERS: dict[str, Callable[[bytes], DocumentText]] = {
    ".pdf": _pdf,
    ".docx": _docx,
    ".html": _html,
    ".htm": _html,
    ".eml": _eml,
    ".md": _plain,
    ".txt": _plain,
}


class Reader:
    """Reads files one after another in a child process with limits; a context manager.

    The child is replaced when a file kills it, so that one bad file costs one verdict.
    """

    def __init__(self, *, memory: int = MEMORY_LIMIT, seconds: float = SECONDS_LIMIT) -> None:
        self._memory = memory
        self._seconds = seconds
        self._child: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> "Reader":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop()

    def read(self, path: Path) -> DocumentText:
        """Gives what ``read_text`` gives.

        Raises:
            UnreadableFile: as ``read_text``; also for a file that takes too much memory or time.
        """
        child = self._child or self._start()
        assert child.stdin is not None and child.stdout is not None
        try:
            child.stdin.write(json.dumps(str(path)).encode() + b"\n")
            child.stdin.flush()
            line = _read_line(child.stdout, self._seconds)
        except BrokenPipeError:
            line = b""
        except TimeoutError:
            self._stop()
            raise UnreadableFile(
                f"{path}: not read within {self._seconds:.0f} seconds; refused, split the file"
            ) from None
        if not line:
            self._stop()
            raise UnreadableFile(
                f"{path}: refused, reading it took more than "
                f"{self._memory // 1024**2} MB of memory or crashed the reader"
            )
        answer = json.loads(line)
        if "error" in answer:
            raise UnreadableFile(answer["error"])
        return DocumentText(answer["text"], tuple(Page(*page) for page in answer["pages"]))

    def _start(self) -> subprocess.Popen[bytes]:
        self._child = subprocess.Popen(
            # -P: a file named email.py in the folder of the user is not to be run.
            [sys.executable, "-P", "-m", "retrieval.read", str(self._memory)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        return self._child

    def _stop(self) -> None:
        if self._child is not None:
            self._child.kill()
            self._child.communicate()
            self._child = None


def _read_line(stream: IO[bytes], seconds: float) -> bytes:
    """One line from a pipe, or what came before it closed. Raises TimeoutError."""
    deadline = time.monotonic() + seconds
    parts: list[bytes] = []
    while not (parts and parts[-1].endswith(b"\n")):
        if not select.select([stream], [], [], max(0.0, deadline - time.monotonic()))[0]:
            raise TimeoutError
        part = os.read(stream.fileno(), 1 << 20)
        if not part:
            return b""
        parts.append(part)
    return b"".join(parts)


def _serve(memory: int) -> None:
    """The child: one JSON path a line in, one JSON answer a line out."""
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    for line in sys.stdin:
        try:
            document = read_text(Path(json.loads(line)))
            answer = {"text": document.text, "pages": [astuple(page) for page in document.pages]}
        except UnreadableFile as error:
            answer = {"error": str(error)}
        # A lone surrogate (some PDFs hold them) cannot be written as UTF-8: ASCII escapes can.
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    _serve(int(sys.argv[1]))
