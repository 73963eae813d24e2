"""The child of ``reader.Reader``: reads and unpacks files under limits of its own."""

import json
import math
import os
import resource
import sys
import time
from collections.abc import Callable
from dataclasses import astuple
from pathlib import Path
from typing import TYPE_CHECKING, Any

from retrieval.errors import CasewrightError
from retrieval.ocr import Scan, Scanned, scanned
from retrieval.read import read_text
from retrieval.unpack import BYTES_LIMIT, unpack

OCR_CPU_LIMIT = 60.0
"""Seconds of processor time that OCR of one page may take: five times that of a dense one."""
TELLING_SECONDS = 0.2
"""Pages are told of no more often than this."""

if TYPE_CHECKING:
    from PIL.Image import Image


def serve(memory: int, cpu_seconds: float, threads: int) -> None:
    """Answers requests, a JSON line each, until its input ends."""
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_FSIZE, (BYTES_LIMIT, BYTES_LIMIT))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    sys.addaudithook(_refuse_network)
    for line in sys.stdin:
        _allow_cpu(cpu_seconds)
        told = 0.0

        def done(number: int, of: int) -> None:
            nonlocal told
            _allow_cpu(cpu_seconds)
            if time.monotonic() - told > TELLING_SECONDS:
                told = time.monotonic()
                print(json.dumps({"done": [number, of]}), flush=True)

        def scan(image: "Image") -> Scanned:
            _allow_cpu(OCR_CPU_LIMIT)
            return scanned(image, threads)

        try:
            answer = _answer(json.loads(line), scan, done)
        except CasewrightError as error:
            answer = {"error": type(error).__name__, "message": str(error)}
        # A lone surrogate (some PDFs hold them) cannot be written as UTF-8: ASCII escapes can.
        print(json.dumps(answer), flush=True)


def _answer(
    request: dict[str, Any], scan: Scan, done: Callable[[int, int], None]
) -> dict[str, Any]:
    if "unpack" in request:
        members = unpack(Path(request["unpack"]), Path(request["into"]), member_done=done)
        return {"members": [(one.name, str(one.file or ""), one.reason) for one in members]}
    document = read_text(
        Path(request["read"]), scan=scan if request["ocr"] else None, page_done=done
    )
    return {
        "text": document.text,
        "pages": [astuple(page) for page in document.pages],
        "unread": document.unread,
    }


def _allow_cpu(seconds: float) -> None:
    """Seconds of processor time from now on; the kernel ends a process that takes more."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    soft = math.ceil(used.ru_utime + used.ru_stime + seconds)
    resource.setrlimit(resource.RLIMIT_CPU, (soft, resource.RLIM_INFINITY))


def _refuse_network(event: str, arguments: tuple[Any, ...]) -> None:
    """Nothing that a file says makes the reader speak to another machine."""
    if event.startswith("socket."):
        raise PermissionError(f"{event}: a reading process has no network")


if __name__ == "__main__":
    # Numeric libraries start a thread a core at import, unless told before.
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ[name] = sys.argv[3]
    serve(int(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3]))
