"""Long work as processes of their own, with their status on disk.

A click in the app ends the script that drew the page; a job goes on. Each job is a run of the
``casewright`` command whose state lives in ``<home>/jobs/<id>/``: ``job.json`` (what it is),
``status.json`` (how far it is, written by the command itself), ``figures.jsonl`` (its figures, one
line a step), ``log.txt`` and ``exit``.
"""

import contextlib
import json
import os
import shlex
import sys
import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from serving.settings import FormSettings

STATUS_VARIABLE = "CASEWRIGHT_STATUS_FILE"
"""Where a command that runs as a job writes how far it is."""

_FIGURES = "figures.jsonl"

State = Literal["running", "done", "failed"]


@dataclass(frozen=True, slots=True)
class Job:
    """A job as its folder tells it."""

    id: str
    title: str
    arguments: tuple[str, ...]
    """Of the command, so that it can be started again."""
    started: float
    """Seconds since the epoch."""
    state: State
    status: Mapping[str, Any]
    """What the command last said: ``done``, ``of``, ``text`` and figures of its own."""
    log: str


def start(home: Path, title: str, arguments: Sequence[str]) -> Job:
    """Starts ``casewright ARGUMENTS`` as a job that outlives the caller."""
    folder = _new_folder(home)
    about = {"title": title, "arguments": [*arguments], "started": _now()}
    (folder / "job.json").write_text(json.dumps(about), encoding="utf-8")
    pid = _spawned(home, folder, arguments)
    (folder / "pid").write_text(str(pid), encoding="utf-8")
    return _read(folder)


def jobs(home: Path) -> list[Job]:
    """Gives all jobs, newest first."""
    return [_read(file.parent) for file in sorted((home / "jobs").glob("*/job.json"), reverse=True)]


def tell(done: int, of: int, text: str, **figures: Any) -> None:
    """Writes how far this command is, where it runs as a job; else does nothing."""
    target = os.environ.get(STATUS_VARIABLE)
    if not target:
        return
    staging = Path(target + ".tmp")
    status = {"done": done, "of": of, "text": text, **figures}
    staging.write_text(json.dumps(status), encoding="utf-8")
    staging.replace(target)
    if figures:
        with Path(target).with_name(_FIGURES).open("a", encoding="utf-8") as history:
            history.write(json.dumps({"done": done, **figures}) + "\n")


def figures(home: Path, job: Job, name: str) -> dict[int, float]:
    """Gives a figure of a job by step, from the first on; empty where it has told none."""
    file = home / "jobs" / job.id / _FIGURES
    if not file.exists():
        return {}
    # A line that is being written has no end yet.
    lines = file.read_text(encoding="utf-8").split("\n")[:-1]
    rows = [json.loads(line) for line in lines]
    return {int(row["done"]): float(row[name]) for row in rows if row.get(name) is not None}


def _now() -> float:
    return time.time()


def _new_folder(home: Path) -> Path:
    """Makes a folder whose name comes behind those of all jobs before, whatever the clock says."""
    stamp, serial = time.strftime("%Y%m%d-%H%M%S", time.localtime(_now())), 0
    last = max((one.name for one in (home / "jobs").glob("*-*-*")), default="")
    if stamp <= last[: len(stamp)]:  # the clock went back, or two in one second
        stamp, told = last[: len(stamp)], last[len(stamp) + 1 :].partition("-")[0]
        serial = int(told) + 1 if told.isdecimal() and len(told) == 4 else 1
    folder = home / "jobs" / f"{stamp}-{serial:04}-{uuid.uuid4().hex[:6]}"
    folder.mkdir(parents=True)
    return folder


def _spawned(home: Path, folder: Path, arguments: Sequence[str]) -> int:
    """Starts the command in its folder; gives the process's id."""
    command = [sys.executable, "-m", "ui.cli", *arguments]
    # The shell writes the exit status even where nobody is left to wait for the command.
    script = (
        f"cd {shlex.quote(str(folder))} && exec </dev/null >log.txt 2>&1; "
        f"{shlex.join(command)}; echo $? >exit.tmp; mv exit.tmp exit"
    )
    house = FormSettings().house
    # Not Popen: it wants to be waited for, and this job outlives whoever started it.
    return os.posix_spawn(
        "/bin/sh",
        ["/bin/sh", "-c", script],
        {
            **os.environ,
            "CASEWRIGHT_HOME": str(home),
            "CASEWRIGHT_HOUSE": "" if house is None else str(house),
            STATUS_VARIABLE: "status.json",
        },
        setsid=True,
    )


def _read(folder: Path) -> Job:
    about = json.loads((folder / "job.json").read_text(encoding="utf-8"))
    status_file, exit_file, log = folder / "status.json", folder / "exit", folder / "log.txt"
    state: State = "running"
    if exit_file.exists():
        state = "done" if exit_file.read_text(encoding="utf-8").strip() == "0" else "failed"
    elif not _alive(folder):
        state = "failed"
    return Job(
        id=folder.name,
        title=about["title"],
        arguments=tuple(about.get("arguments", ())),
        started=about["started"],
        state=state,
        status=json.loads(status_file.read_text(encoding="utf-8")) if status_file.exists() else {},
        log=log.read_text(encoding="utf-8", errors="replace") if log.exists() else "",
    )


def _alive(folder: Path) -> bool:
    file = folder / "pid"
    if not file.exists():
        return True  # about to be written
    pid = int(file.read_text(encoding="utf-8"))
    # Reaped if it is a child of ours that ended; else only asked after.
    with contextlib.suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
