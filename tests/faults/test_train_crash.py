"""`kill -9` in the middle of a training: resumed, it ends as if nothing had happened.

    python -m pytest -m crash -s tests/faults/test_train_crash.py      20 kills
    CASEWRIGHT_CRASHES=4 ...                                           as many as one has time for

Half of the kills come at a seeded random moment of the run; half a few milliseconds after a
checkpoint has begun to be written. The adapter's name carries the hash of its weights: the same
name is the same weights to the last bit.
"""

import json
import multiprocessing
import os
import random
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any

import pytest

from retrieval.packaged import file_sha256
from training import runs
from training.config import TrainingConfig
from training.runs import COMPLETE

CRASHES = int(os.environ.get("CASEWRIGHT_CRASHES", "20"))
SEED = 31
STEPS = 8
THINGS = ("weir", "bridge", "mill", "lock", "dam", "ferry", "quay", "well")

pytestmark = [pytest.mark.crash, pytest.mark.timeout(3600)]


def config(base: Path) -> TrainingConfig:
    """Eight steps, a checkpoint after each; dropout, so that the random state matters."""
    return TrainingConfig.model_validate(
        {
            "name": "killed",
            "base": str(base),
            "quantization": "none",
            "lora": {"rank": 4, "alpha": 8, "dropout": 0.1},
            "data": {"held_out_examples": 1},
            "optimizer": {"accumulate": 2, "epochs": 2, "learning_rate": 1e-2},
            "run": {"checkpoint_steps": 1, "evaluate_steps": 3, "patience": 9},
        }
    )


def work(base: str, data: str, home: str, resume: bool, told: str) -> None:
    """Trains in a process of its own; each step's number is a line in the file ``told``."""
    import torch

    from training.status import Progress
    from training.train import train

    torch.set_num_threads(1)

    def report(progress: Progress) -> None:
        with Path(told).open("a", encoding="utf-8") as steps:
            steps.write(f"{progress.step}\n")

    train(config(Path(base)), Path(data), Path(home), report=report, resume=resume)


@dataclass
class Bench:
    """Where the runs are, and what each of them is given."""

    base: Path
    data: Path
    folder: Path

    def start(self, home: Path, *, resume: bool) -> ForkServerProcess:
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(["training.train"])
        home.mkdir(exist_ok=True)
        file = home / "heard"
        process = context.Process(
            target=work, args=(str(self.base), str(self.data), str(home), resume, str(file))
        )
        process.start()
        return process

    def finish(self, home: Path, *, resume: bool) -> dict[str, Any]:
        process = self.start(home, resume=resume)
        process.join(600)
        assert process.exitcode == 0
        (card,) = home.glob("adapters/*/card.json")
        told: dict[str, Any] = json.loads(card.read_text(encoding="utf-8"))
        return told


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    pytest.importorskip("torch")
    from tests.training.conftest import write_short_examples
    from tests.training.tiny_llama import make_tiny_llama

    folder = tmp_path_factory.mktemp("killed")
    data = write_short_examples(folder / "short.jsonl", THINGS)
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("TQDM_DISABLE", "1")
        environment.setenv("TRANSFORMERS_VERBOSITY", "error")
        environment.setenv("HF_DATASETS_DISABLE_PROGRESS_BARS", "1")
        yield Bench(make_tiny_llama(folder / "tiny-llama"), data, folder)


def heard(home: Path) -> int:
    """How many times a run has told its progress: before the first step and after each."""
    file = home / "heard"
    return file.read_text(encoding="utf-8").count("\n") if file.exists() else 0


def wait_until(there: Any, process: ForkServerProcess) -> None:
    while process.is_alive() and not there():
        time.sleep(0.0005)


def kill(process: ForkServerProcess) -> None:
    assert process.pid is not None
    if process.is_alive():
        os.kill(process.pid, signal.SIGKILL)
    process.join()


def whole(checkpoint: Path) -> bool:
    marker = checkpoint / COMPLETE
    if not marker.is_file():
        return False
    files = json.loads(marker.read_text(encoding="utf-8"))["files"]
    return all(file_sha256(checkpoint / name) == sha256 for name, sha256 in files.items())


def test_killed_and_resumed_is_the_same_adapter(bench: Bench) -> None:
    draw = random.Random(SEED)
    expected = bench.finish(bench.folder / "whole", resume=False)
    step_seconds = expected["seconds"] / STEPS
    assert len(expected["losses"]) == expected["steps"] == STEPS
    assert expected["losses"][0][1] > expected["losses"][-1][1]
    in_saving = 0
    for number in range(CRASHES):
        home = bench.folder / f"home-{number}"
        process = bench.start(home, resume=False)
        step = draw.randint(1, STEPS)
        if number % 2:
            wait_until(lambda at=step, of=home: [*of.glob(f"training/*/.staging-{at:06}")], process)
            time.sleep(draw.uniform(0, 0.03))
        else:
            wait_until(lambda at=step, of=home: heard(of) >= at, process)
            time.sleep(draw.uniform(0, step_seconds))
        kill(process)
        (run,) = home.glob("training/killed-*")
        left = [*run.glob(".staging-*")]
        in_saving += bool(left)
        named = sorted(run.glob("checkpoint-*"))
        # What a kill leaves under a checkpoint's name is whole, but for one that was being removed.
        last = runs.last_checkpoint(run)
        removing = [one for one in named if not whole(one)]
        assert all(not (one / COMPLETE).exists() for one in removing)
        registered = [*home.glob("adapters/*/card.json")]
        resumed = last is not None and not registered
        card = bench.finish(home, resume=resumed)
        print(
            f"kill {number}: {'in a save, ' * bool(left)}last complete step "
            f"{last.step if last else None}, "
            + ("registered before" if registered else f"resumed from {card['resumed_from']}")
        )
        assert card["losses"] == expected["losses"]
        assert card["held_out"] == expected["held_out"]
        assert card["name"] == expected["name"]
        assert card["resumed_from"] == (last.step if resumed and last else None) or registered
        assert not [*run.glob(".staging-*"), *run.glob("checkpoint-*")]
    print(f"{CRASHES} kills, {in_saving} of them while a checkpoint was being written")
    assert in_saving
