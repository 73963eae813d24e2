"""How far a run is: one JSON file in its folder, replaced whole at each step."""

import json
import os
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from retrieval.durable import write_whole

STATUS = "status.json"

State = Literal["running", "done", "failed"]


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is: optimizer steps done, the last loss, tokens trained on per second."""

    step: int
    steps: int
    loss: float | None
    tokens_per_second: float
    seconds_left: float | None = None
    memory: int | None = None
    """Bytes that the process has held at most: of its GPUs, else of main memory."""


def write(folder: Path, state: State, progress: Progress, **more: Any) -> None:
    """Writes the status of the run in this folder; a reader sees the old one or the new one."""
    status = {
        "state": state,
        **asdict(progress),
        **more,
        "pid": os.getpid(),
        "written": round(time.time(), 3),
    }
    write_whole(folder / STATUS, f"{json.dumps(status, indent=2)}\n".encode())


def read(folder: Path) -> dict[str, Any] | None:
    """Gives the status of a run; None before its first step.

    A run whose process is gone is ``failed``, whatever it said last: a kill says nothing.
    """
    file = folder / STATUS
    if not file.is_file():
        return None
    status: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    if status["state"] == "running" and not _alive(status["pid"]):
        status["state"] = "failed"
    return status


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
