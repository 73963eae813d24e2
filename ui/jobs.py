"""Long work as processes of their own, with their status on disk.

A click in the app ends the script that drew the page; a job goes on, whatever becomes of the page,
the browser and the app. Each job is a run of the ``casewright`` command (``ui.jobrun``) whose state
lies in ``<home>/jobs/<id>/``:

    lock           held by the job for as long as it lives: no process id is believed
    job.json       what it is, and whose
    begun          when its turn came; before that it waits in the queue
    status.json    how far it is, written by the command itself; figures.jsonl, one line a step
    output.txt     what the command printed; log.txt, what it noted; exit, its exit status
    stop           somebody stopped it

Only so many run on one machine at once (``CASEWRIGHT_JOBS``); the rest wait their turn.
"""

import contextlib
import fcntl
import json
import os
import platform
import shutil
import signal
import sys
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from retrieval.durable import write_whole

STATUS_VARIABLE = "CASEWRIGHT_STATUS_FILE"
"""Where a command that runs as a job writes how far it is."""
LOCK_DESCRIPTOR = 63
"""Under which number a job inherits its lock."""
KEPT = 100
"""Ended jobs that are remembered."""

_FIGURES = "figures.jsonl"
_started_here: set[int] = set()
"""Process ids of jobs that this process started, which it must wait for when they end."""

State = Literal["waiting", "running", "done", "failed", "stopped"]


@dataclass(frozen=True, slots=True)
class Job:
    """A job as its folder tells it."""

    id: str
    title: str
    arguments: tuple[str, ...]
    """Of the command, so that it can be started again."""
    owner: str
    """Who started it; nobody else sees it."""
    matter: str
    """The matter that it works on; empty where it works on none."""
    started: float
    """When its turn came, in seconds since the epoch; when it was put, where it still waits."""
    state: State
    status: Mapping[str, Any]
    """What the command last said: ``done``, ``of``, ``text`` and figures of its own."""
    folder: Path

    @property
    def kind(self) -> str:
        """The name of its command, as ``ingest`` or ``train``."""
        return self.arguments[0] if self.arguments else ""

    @property
    def alive(self) -> bool:
        """Whether it runs, or will when its turn comes."""
        return self.state in ("waiting", "running")

    @property
    def output(self) -> str:
        """What the command has printed so far."""
        return _text(self.folder / "output.txt")

    @property
    def log(self) -> str:
        """What the command has noted so far: progress, and the error that ended it."""
        return _text(self.folder / "log.txt")


def start(
    home: Path, title: str, arguments: Sequence[str], *, owner: str, matter: str = "", most: int = 2
) -> Job:
    """Starts ``casewright ARGUMENTS`` as a job that outlives the caller.

    It runs as soon as fewer than ``most`` do on this machine. Its arguments stand in its folder,
    which is closed to others, and on no command line that other users of the machine see.
    """
    _forget_old(home)
    moment = _now()
    folder = home / "jobs" / f"{_stamp(home, moment)}-{uuid.uuid4().hex[:6]}"
    folder.mkdir(parents=True, mode=0o700)
    lock = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        about = {
            "title": title,
            "arguments": [*arguments],
            "owner": owner,
            "matter": matter,
            "asked": moment,
            "most": most,
            "host": platform.node(),
        }
        write(folder / "job.json", json.dumps(about))
        _started_here.add(_spawn(home, folder, lock, owner))
    finally:
        os.close(lock)
    return _read(folder)


def _now() -> float:
    return time.time()


def _stamp(home: Path, moment: float) -> str:
    """Gives a name that sorts behind those of all jobs before, also where the clock went back."""
    day = time.strftime("%Y%m%d-%H%M%S", time.localtime(moment))
    stamp = f"{day}-{int(moment % 1 * 1e6):06}"
    last = max((one.name for one in (home / "jobs").glob("*-*-*")), default="")
    if stamp > last:
        return stamp
    before, micro = last[: len(day)], last[len(day) + 1 : len(stamp)]
    return f"{before}-{int(micro) + 1:06}"


def _spawn(home: Path, folder: Path, lock: int, owner: str) -> int:
    """Starts the process of a job, which inherits its lock; gives its id."""
    # Not Popen: it wants to be waited for, and this job outlives whoever started it.
    return os.posix_spawn(
        sys.executable,
        # -P: a folder named ui where the app was started is not ours.
        [sys.executable, "-P", "-m", "ui.jobrun", str(folder)],
        {
            **os.environ,
            "CASEWRIGHT_HOME": str(home),
            "CASEWRIGHT_USER": owner,
            STATUS_VARIABLE: str(folder / "status.json"),
        },
        file_actions=[
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_OPEN, 1, str(folder / "output.txt"), os.O_WRONLY | os.O_CREAT, 0o600),
            (os.POSIX_SPAWN_OPEN, 2, str(folder / "log.txt"), os.O_WRONLY | os.O_CREAT, 0o600),
            (os.POSIX_SPAWN_DUP2, lock, LOCK_DESCRIPTOR),
        ],
        setsid=True,
    )


def jobs(home: Path, owner: str) -> Iterator[Job]:
    """Gives the jobs of a user, newest first."""
    _reap()
    for file in sorted((home / "jobs").glob("*/job.json"), reverse=True):
        with contextlib.suppress(FileNotFoundError):  # forgotten meanwhile
            job = _read(file.parent)
            if job.owner == owner:
                yield job


def find(home: Path, owner: str, job_id: str) -> Job | None:
    """Gives a job of a user by its id; None where there is none."""
    _reap()
    folder = home / "jobs" / Path(job_id).name
    try:
        job = _read(folder) if job_id else None
    except FileNotFoundError:
        return None
    return job if job is not None and job.owner == owner else None


def stop(job: Job) -> None:
    """Stops a job, waiting or running; what it has written by then stays."""
    (job.folder / "stop").touch()
    pid = job.folder / "pid"
    # Its lock is held, so the process of this number is still the one that wrote it.
    if pid.exists() and _held(job.folder):
        with contextlib.suppress(ProcessLookupError):
            os.kill(int(pid.read_text(encoding="ascii")), signal.SIGTERM)


def forget_matter(home: Path, matter: str, kinds: Sequence[str] = ()) -> None:
    """Stops what works on a matter and removes all that jobs keep of it, whoever's they are.

    Only those of some ``kinds``, where they are named.
    """
    for file in (home / "jobs").glob("*/job.json"):
        with contextlib.suppress(FileNotFoundError):
            job = _read(file.parent)
            if job.matter == matter and (not kinds or job.kind in kinds):
                if job.alive:
                    stop(job)
                    wait(job, 10.0)
                shutil.rmtree(job.folder, ignore_errors=True)


def wait(job: Job, seconds: float) -> None:
    """Waits until a job has ended, but no longer than so many seconds."""
    deadline = time.monotonic() + seconds
    while _held(job.folder) and time.monotonic() < deadline:
        _reap()
        time.sleep(0.05)


def in_line(folder: Path) -> list[Path]:
    """Gives the folders of the jobs that wait on this machine, in the order of their turn.

    A question goes before longer work: a person sits before it.
    """
    waiting = []
    for file in folder.parent.glob("*/job.json"):
        if (file.parent / "begun").exists() or (file.parent / "exit").exists():
            continue
        with contextlib.suppress(FileNotFoundError, ValueError):
            about = json.loads(file.read_text(encoding="utf-8"))
            if about["host"] == platform.node() and _held(file.parent):
                asks = about["arguments"][:1] == ["answer-turn"]
                waiting.append((not asks, file.parent.name, file.parent))
    return [path for _, _, path in sorted(waiting)]


def tell(done: int, of: int, text: str, **figures: Any) -> None:
    """Writes how far this command is, where it runs as a job; else does nothing."""
    target = os.environ.get(STATUS_VARIABLE)
    if not target:
        return
    write(Path(target), json.dumps({"done": done, "of": of, "text": text, **figures}))
    if figures:
        with Path(target).with_name(_FIGURES).open("a", encoding="utf-8") as history:
            history.write(json.dumps({"done": done, **figures}) + "\n")


def figures(job: Job, name: str) -> dict[int, float]:
    """Gives a figure of a job by step, from the first on; empty where it has told none."""
    file = job.folder / _FIGURES
    if not file.exists():
        return {}
    # A line that is being written has no end yet.
    lines = file.read_text(encoding="utf-8").split("\n")[:-1]
    rows = [json.loads(line) for line in lines]
    return {int(row["done"]): float(row[name]) for row in rows if row.get(name) is not None}


def _read(folder: Path) -> Job:
    about = json.loads((folder / "job.json").read_text(encoding="utf-8"))
    begun, status = folder / "begun", folder / "status.json"
    held = _held(folder)  # before the exit status, which is written before it is let go of
    state: State
    if (folder / "exit").exists():
        done = (folder / "exit").read_text(encoding="ascii").strip() == "0"
        state = "done" if done else "failed"
    elif held:
        state = "running" if begun.exists() else "waiting"
    else:
        state = "failed"
    if state == "failed" and (folder / "stop").exists():
        state = "stopped"
    return Job(
        id=folder.name,
        title=about["title"],
        arguments=tuple(about["arguments"]),
        owner=about.get("owner", ""),
        matter=about.get("matter", ""),
        started=float(begun.read_text(encoding="ascii")) if begun.exists() else about["asked"],
        state=state,
        status=json.loads(status.read_text(encoding="utf-8")) if status.exists() else {},
        folder=folder,
    )


def _text(file: Path) -> str:
    return file.read_text(encoding="utf-8", errors="replace") if file.exists() else ""


def _held(folder: Path) -> bool:
    """Whether a process holds a job's lock, which is: whether it lives."""
    try:
        lock = os.open(folder / "lock", os.O_RDONLY)
    except FileNotFoundError:
        return False
    try:
        # Shared, so that who looks is not seen by who else looks.
        fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(lock)
    return False


def _forget_old(home: Path) -> None:
    """Removes the ended jobs beyond those that are remembered."""
    folders = sorted((home / "jobs").glob("*/job.json"), reverse=True)[KEPT:]
    for file in folders:
        if not _held(file.parent):
            shutil.rmtree(file.parent, ignore_errors=True)


def _reap() -> None:
    """Lets the system forget the jobs of this process that have ended."""
    for pid in list(_started_here):
        try:
            ended, _ = os.waitpid(pid, os.WNOHANG)
        except ChildProcessError:
            ended = pid
        if ended:
            _started_here.discard(pid)


def write(target: Path, text: str) -> None:
    """Writes a file of a job's folder, which others read meanwhile: whole or not at all."""
    write_whole(target, text.encode())
