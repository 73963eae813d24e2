"""A run's folder: what it is a run of, its checkpoints, and the lock that keeps others out.

    <home>/training/<name>-<hash>/
        run.json             configuration, data, base model, prompt: what the run is of
        status.json          how far it is (training/status.py)
        checkpoint-000050/   complete: its files, and ``complete.json`` with their hashes
        .staging-000075/     being written, or left by a kill: never read, cleared at the next start

A checkpoint is written in a staging folder, its files and the folder are forced to disk, and only
then is it renamed: what has a checkpoint's name is whole, whenever process or machine stop.
"""

import fcntl
import hashlib
import json
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from retrieval.durable import sync
from retrieval.errors import CasewrightError
from retrieval.packaged import file_sha256
from training.hardware import first_process

COMPLETE = "complete.json"
KEPT = 2
"""How many checkpoints stay: the last, and the one before should the last be damaged."""


class BadRun(CasewrightError):
    """A run that cannot be started or resumed as asked."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A complete checkpoint: where, after which step, after how many seconds of training."""

    folder: Path
    step: int
    seconds: float
    saved: float
    """Seconds since the epoch."""


@dataclass(frozen=True, slots=True)
class Run:
    """The folder of one run, held by this process."""

    folder: Path
    resumed: Checkpoint | None
    """Where it goes on from; None for a run from the beginning."""
    began: float
    """Seconds since the epoch: checkpoints of before are another attempt's."""

    def staging(self, step: int) -> Path:
        """Gives the folder in which the checkpoint of this step is to be written."""
        return self.folder / f".staging-{step:06}"

    def complete(self, written: Path, step: int, seconds: float, best: int | None) -> None:
        """Makes a written folder the checkpoint of this step, and removes those no longer needed.

        ``best`` is the step whose checkpoint must stay.

        Raises:
            BadRun: the disk does not take it.
        """
        target = self.folder / f"checkpoint-{step:06}"
        files = sorted(file for file in written.rglob("*") if file.is_file())
        complete = {
            "step": step,
            "seconds": round(seconds, 3),
            "saved": time.time(),
            "files": {str(file.relative_to(written)): file_sha256(file) for file in files},
        }
        (written / COMPLETE).write_text(json.dumps(complete, indent=2), encoding="utf-8")
        for path in (*files, written / COMPLETE, written):
            sync(path)
        if target.exists():  # of an earlier attempt
            _remove(target)
        written.replace(target)
        sync(self.folder)
        shutil.rmtree(self.staging(step), ignore_errors=True)
        self._keep(best)

    def best(self, step: int) -> Path:
        """Gives the folder of the checkpoint of this step."""
        return self.folder / f"checkpoint-{step:06}"

    def finished(self) -> None:
        """Removes the checkpoints: the adapter is registered."""
        for folder in self.folder.glob("checkpoint-*"):
            _remove(folder)

    def _keep(self, best: int | None) -> None:
        """Of this attempt the last ones and the best; of earlier attempts, what was resumed."""
        found = _checkpoints(self.folder, verify=False)
        since = 0.0 if self.resumed is not None else self.began
        own = [one for one in found if one.saved >= since]
        keep = {one.folder for one in own[-KEPT:]}
        keep |= {one.folder for one in own if one.step == best}
        for folder in self.folder.glob("checkpoint-*"):
            if folder not in keep:
                _remove(folder)


@contextmanager
def open_run(home: Path, name: str, what: Mapping[str, Any], *, resume: bool) -> Iterator[Run]:
    """Holds the run of this configuration and data while the block runs.

    A run from the beginning leaves the checkpoints of an earlier attempt until its own first one
    is complete.

    Raises:
        BadRun: another process works in it; or ``resume``, and there is nothing to go on from.
    """
    folder = home / "training" / f"{name}-{_identity(what)}"
    began = time.time()
    resumed = last_checkpoint(folder) if resume else None
    if resume and resumed is None:
        raise BadRun(f"{name}: {_why_not(home, name, folder, what)}; train without --resume")
    if not first_process():
        yield Run(folder, resumed, began)
        return
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BadRun(
                f"{name}: another process trains it in {folder}; wait for it or stop it"
            ) from None
        for left in folder.glob(".staging-*"):
            shutil.rmtree(left)
        (folder / "run.json").write_text(json.dumps(what, indent=2) + "\n", encoding="utf-8")
        yield Run(folder, resumed, began)


def unfinished(home: Path, name: str, what: Mapping[str, Any]) -> Checkpoint | None:
    """Gives where ``resume`` would go on from; None where there is nothing."""
    return last_checkpoint(home / "training" / f"{name}-{_identity(what)}")


def last_checkpoint(folder: Path) -> Checkpoint | None:
    """Gives the checkpoint of a run that was completed last and is as it was written."""
    found = _checkpoints(folder, verify=True)
    return found[-1] if found else None


def _checkpoints(folder: Path, *, verify: bool) -> list[Checkpoint]:
    """The complete ones in the order of their completion."""
    found = []
    for marker in folder.glob(f"checkpoint-*/{COMPLETE}"):
        try:
            told = json.loads(marker.read_text(encoding="utf-8"))
        except ValueError:
            continue  # damaged on the disk: as if it were not there
        one = Checkpoint(marker.parent, told["step"], told["seconds"], told["saved"])
        if not verify or all(
            (one.folder / name).is_file() and file_sha256(one.folder / name) == sha256
            for name, sha256 in told["files"].items()
        ):
            found.append(one)
    return sorted(found, key=lambda one: one.saved)


def _why_not(home: Path, name: str, folder: Path, what: Mapping[str, Any]) -> str:
    """Why there is nothing to resume: never begun, or begun with something else."""
    for other in sorted((home / "training").glob(f"{name}-*/run.json")):
        if other.parent == folder or (last := last_checkpoint(other.parent)) is None:
            continue
        theirs = _flat(json.loads(other.read_text(encoding="utf-8")))
        ours = _flat(json.loads(json.dumps(what)))
        if theirs.get("config.name") != name:
            continue
        keys = [key for key in (*ours, *theirs) if ours.get(key) != theirs.get(key)]
        changed = ", ".join(dict.fromkeys(keys))
        return f"the run that stopped after step {last.step} was of another {changed}"
    return "no unfinished run of this configuration and data has a complete checkpoint"


def _flat(tables: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in tables.items():
        if isinstance(value, Mapping):
            flat |= _flat(value, f"{prefix}{key}.")
        else:
            flat[prefix + key] = value
    return flat


def _identity(what: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(what, sort_keys=True).encode()).hexdigest()[:10]


def _remove(folder: Path) -> None:
    """Removes a checkpoint so that a kill in between leaves none that looks complete."""
    (folder / COMPLETE).unlink(missing_ok=True)
    shutil.rmtree(folder)
