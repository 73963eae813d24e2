"""The process of a job: waits for its turn, then is the ``casewright`` command.

``ui.jobs.start`` runs ``python -m ui.jobrun FOLDER``. Its turn has come when it is the first in the
queue and a slot of this machine is free; both are locks, which the system takes back from a process
that dies. SIGTERM ends the command as an exception does, so that what it has begun is put in order
and recorded; where that takes too long, at once.
"""

import fcntl
import json
import os
import platform
import signal
import sys
import time
import traceback
from pathlib import Path
from types import FrameType

from retrieval.locks import locked
from ui import jobs

STOPPED = 143  # as a shell says of a process that SIGTERM ended
PATIENCE = 8  # seconds that a stopped command has to put things in order
_EVERY = 0.1  # seconds between two looks at the queue


def run(folder: Path) -> int:
    """Runs the job of a folder when its turn comes; gives its exit status."""
    os.set_inheritable(jobs.LOCK_DESCRIPTOR, False)  # its children are not the job
    signal.signal(signal.SIGTERM, _stop)
    jobs.write(folder / "pid", str(os.getpid()))
    about = json.loads((folder / "job.json").read_text(encoding="utf-8"))
    status = STOPPED
    try:
        if _wait_for_turn(folder, about["most"]):
            status = _command(about["arguments"])
    except SystemExit as ended:
        status = ended.code if isinstance(ended.code, int) else 1
    finally:
        jobs.write(folder / "exit", f"{status}\n")
    return status


def _wait_for_turn(folder: Path, most: int) -> bool:
    """Waits until the job may run; False where it was stopped before."""
    home = folder.parents[1]
    while not (folder / "stop").exists():
        with locked(home, ".jobs"):
            if jobs.in_line(folder)[:1] == [folder] and _take_slot(home, most):
                jobs.write(folder / "begun", f"{time.time():.3f}")
                return True
        time.sleep(_EVERY)
    return False


def _take_slot(home: Path, most: int) -> bool:
    """Takes one of so many slots of this machine, for as long as this process lives."""
    for number in range(most):
        name = f".job-{platform.node()}-{number}"
        slot = os.open(home / "locks" / name, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(slot, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        except BlockingIOError:
            os.close(slot)
    return False


def _command(arguments: list[str]) -> int:
    """Is the command; what nobody foresaw is in the log with its trace."""
    from ui.cli import main

    sys.argv = ["casewright", *arguments]
    try:
        main()
    except SystemExit:
        raise
    except BaseException:
        traceback.print_exc()
        return 1
    return 0


def _stop(signum: int, frame: FrameType | None) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.alarm(PATIENCE)
    raise SystemExit(STOPPED)


if __name__ == "__main__":
    sys.exit(run(Path(sys.argv[1])))
