"""The child of ``reader.Reader``: reads and unpacks files under limits of its own."""

import json
import math
import resource
import sys
from collections.abc import Callable
from dataclasses import astuple
from pathlib import Path
from typing import Any

from retrieval.errors import NeedsOcr, UnreadableFile
from retrieval.read import read_text
from retrieval.unpack import unpack


def serve(memory: int, seconds: float, threads: int) -> None:
    """Answers requests, a JSON line each, until its input ends."""
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    for line in sys.stdin:
        _allow_cpu(seconds * threads)

        def done(number: int, of: int) -> None:
            print(json.dumps({"done": [number, of]}), flush=True)
            _allow_cpu(seconds * threads)

        try:
            answer = _answer(json.loads(line), done)
        except UnreadableFile as error:
            answer = {"error": str(error), "needs_ocr": isinstance(error, NeedsOcr)}
        # A lone surrogate (some PDFs hold them) cannot be written as UTF-8: ASCII escapes can.
        print(json.dumps(answer), flush=True)


def _answer(request: dict[str, Any], done: Callable[[int, int], None]) -> dict[str, Any]:
    if "unpack" in request:
        members = unpack(Path(request["unpack"]), Path(request["into"]), member_done=done)
        return {"members": [(one.name, str(one.file or ""), one.reason) for one in members]}
    document = read_text(Path(request["read"]))
    return {"text": document.text, "pages": [astuple(page) for page in document.pages]}


def _allow_cpu(seconds: float) -> None:
    """Seconds of CPU from now on; the kernel ends the process that takes more."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    soft = math.ceil(used.ru_utime + used.ru_stime + seconds)
    resource.setrlimit(resource.RLIMIT_CPU, (soft, resource.RLIM_INFINITY))


if __name__ == "__main__":
    serve(int(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3]))
