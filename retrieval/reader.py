"""Files are read in a child process with limits, because parsers are hostile ground.

A file of 1 MB can inflate to gigabytes or never end. ``ingest`` only ever uses ``Reader``; what
the child itself does is in ``read`` (a file -> its text) and ``unpack`` (an archive -> its files).

Parent and child speak JSON, a line each: a request, then any number of pages done, each of which
buys the next one its time, then an answer.
"""

import contextlib
import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import IO, Any

from retrieval.documents import DocumentText, Member, Page
from retrieval.errors import CasewrightError, ModelUnavailable, NeedsOcr, UnreadableFile

MEMORY_LIMIT = 2 * 1024**3
"""Bytes of address space that a reading process may take."""
SECONDS_LIMIT = 300.0
"""Wall-clock seconds that a page may take, or a file that has none.

Long, because a busy machine takes long: what a file is held to is the processor time below.
"""
FILE_SECONDS_LIMIT = 7200.0
"""Wall-clock seconds that a file may take with all its pages: some 1,000 scanned ones."""
CPU_LIMIT = 12.0
"""Seconds of processor time that a page may take without OCR, or a file that has no pages."""


_ERRORS: dict[str, type[CasewrightError]] = {
    error.__name__: error for error in (UnreadableFile, NeedsOcr, ModelUnavailable)
}


class Reader:
    """Reads files one after another in a child process with limits; a context manager.

    The child is replaced when a file kills it, so that one bad file costs one verdict.

    ``ocr`` off leaves pages without a text layer unread (``NeedsOcr`` where a file has no other).
    ``threads`` is how many cores one page's OCR may use: 1 where several readers run.
    """

    def __init__(
        self,
        ocr: bool = True,
        *,
        threads: int = 1,
        memory: int = MEMORY_LIMIT,
        seconds: float = SECONDS_LIMIT,
        cpu_seconds: float = CPU_LIMIT,
    ) -> None:
        self._ocr = ocr
        self._threads = threads
        self._memory = memory
        self._seconds = seconds
        self._cpu_seconds = cpu_seconds
        self._child: tuple[subprocess.Popen[bytes], _Lines] | None = None

    def __enter__(self) -> "Reader":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop()

    def read(
        self, path: Path, *, page_done: Callable[[int, int], None] = lambda done, pages: None
    ) -> DocumentText:
        """Gives what ``read_text`` gives; ``page_done`` is told pages, of how many.

        Raises:
            UnreadableFile: as ``read_text``; also for a file that takes too much memory or time.
            NeedsOcr, ModelUnavailable: as ``read_text``.
        """
        answer = self._ask(path, {"read": str(path), "ocr": self._ocr}, page_done)
        pages = tuple(Page(*page) for page in answer["pages"])
        return DocumentText(answer["text"], pages, tuple(answer["unread"]))

    def unpack(
        self,
        path: Path,
        into: Path,
        *,
        member_done: Callable[[int, int], None] = lambda done, members: None,
    ) -> tuple[Member, ...]:
        """Copies the files in a ZIP, or those attached to an e-mail, into a folder; names them.

        Archives and e-mails among them are unpacked too, down to ``unpack.DEPTH_LIMIT``: their
        members are named ``inner.zip/lease.pdf``. An e-mail among them is a member itself, before
        its attachments. A file of any other kind has no members.

        Raises:
            UnreadableFile: the file cannot be opened or is damaged, or unpacking it exceeds a
                limit on members, bytes or time; what was copied until then may stand in ``into``.
        """
        answer = self._ask(path, {"unpack": str(path), "into": str(into)}, member_done)
        return tuple(
            Member(name, Path(file) if file else None, reason)
            for name, file, reason in answer["members"]
        )

    def kill(self) -> None:
        """Kills the child; a read that waits for it in another thread ends with UnreadableFile."""
        if self._child is not None:
            self._child[0].kill()

    def _ask(
        self, path: Path, request: dict[str, Any], done: Callable[[int, int], None]
    ) -> dict[str, Any]:
        """Sends a request and gives the child's answer."""
        child, lines = self._child or self._start()
        assert child.stdin is not None
        latest = time.monotonic() + FILE_SECONDS_LIMIT
        try:
            child.stdin.write(json.dumps(request).encode() + b"\n")
            child.stdin.flush()
            while True:
                deadline = min(latest, time.monotonic() + self._seconds)
                line = lines.next(deadline)
                answer: dict[str, Any] = json.loads(line) if line else {}
                if "done" not in answer:
                    break
                done(*answer["done"])
        except BrokenPipeError:
            answer = {}
        except TimeoutError:
            self._stop()
            raise UnreadableFile(
                f"{path}: not read within {self._seconds:.0f} seconds; refused, split the file"
            ) from None
        if not answer:
            raise UnreadableFile(f"{path}: refused, {self._cause_of_death()}")
        if "error" in answer:
            raise _ERRORS[answer["error"]](answer["message"])
        return answer

    def _cause_of_death(self) -> str:
        assert self._child is not None
        child, _ = self._child
        with contextlib.suppress(subprocess.TimeoutExpired):
            # Its end of the pipe is closed: it is gone or going.
            child.wait(timeout=5)
        self._stop()
        if child.returncode == -signal.SIGXCPU:
            return "it takes more processor time to read than is allowed; print it to PDF anew"
        return (
            f"reading it took more than {self._memory // 1024**2} MB of memory "
            "or crashed the reader"
        )

    def _start(self) -> "tuple[subprocess.Popen[bytes], _Lines]":
        child = subprocess.Popen(
            # -P: a file named email.py in the folder of the user is not to be run.
            [
                *(sys.executable, "-P", "-m", "retrieval.reading"),
                *(str(self._memory), str(self._cpu_seconds), str(self._threads)),
            ],
            # A converter that the child runs dies with it.
            process_group=0,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        assert child.stdout is not None
        self._child = child, _Lines(child.stdout)
        return self._child

    def _stop(self) -> None:
        """Ends the child and what it started."""
        if self._child is None:
            return
        child, _ = self._child
        self._child = None
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        child.communicate()


class _Lines:
    """The lines of a pipe, each waited for until a deadline."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._rest = b""

    def next(self, deadline: float) -> bytes:
        """Gives the next line, or nothing if the pipe closed before its end.

        Raises:
            TimeoutError: the deadline (of ``time.monotonic``) passed.
        """
        parts = [self._rest]
        while b"\n" not in parts[-1]:
            left = max(0.0, deadline - time.monotonic())
            if not select.select([self._stream], [], [], left)[0]:
                raise TimeoutError
            part = os.read(self._stream.fileno(), 1 << 20)
            if not part:
                return b""
            parts.append(part)
        line, _, self._rest = b"".join(parts).partition(b"\n")
        return line
