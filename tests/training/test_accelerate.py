"""Two processes share a run, as ``accelerate launch`` starts them on two GPUs; here on the CPU."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.training.conftest import write_short_examples
from training.config import TrainingConfig

pytest.importorskip("torch")

THINGS = ("weir", "bridge", "mill", "lock", "dam", "ferry", "quay", "well")
SCRIPT = """
import os, sys
from pathlib import Path
from training.config import TrainingConfig
from training.train import train

config, data, home, stop = sys.argv[1:]

def report(progress):
    print(f"process {os.environ['RANK']} tells step {progress.step}", flush=True)
    if int(stop) and progress.step == int(stop):
        os._exit(9)

settings = TrainingConfig.model_validate_json(Path(config).read_text())
adapter = train(settings, Path(data), Path(home), report=report, resume=stop == "0")
print(f"process {os.environ['RANK']} ends with {adapter.name}", flush=True)
"""


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_two_processes_one_adapter_resumed(tmp_path: Path, tiny_base: Path) -> None:
    data = write_short_examples(tmp_path / "short.jsonl", THINGS)
    config = TrainingConfig.model_validate(
        {
            "name": "two",
            "base": str(tiny_base),
            "quantization": "none",
            "lora": {"rank": 4, "alpha": 8},
            "optimizer": {"accumulate": 1, "learning_rate": 1e-2},
            "run": {"checkpoint_steps": 1, "evaluate_steps": 2},
        }
    )
    (tmp_path / "config.json").write_text(config.model_dump_json(), encoding="utf-8")
    (tmp_path / "run.py").write_text(SCRIPT, encoding="utf-8")

    def run(home: str, stop: int) -> tuple[int, str]:
        arguments = [tmp_path / "config.json", data, tmp_path / home, str(stop)]
        launch = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
        done = subprocess.run(
            [*launch, "--nproc_per_node", "2", tmp_path / "run.py", *map(str, arguments)],
            env={
                **os.environ,
                "PYTHONPATH": str(Path(__file__).parents[2]),
                "OMP_NUM_THREADS": "1",
            },
            stdout=subprocess.PIPE,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout

    def card(home: str) -> dict[str, Any]:
        (file,) = (tmp_path / home).glob("adapters/*/card.json")
        told: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        return told

    status, printed = run("whole", stop=-1)
    whole = card("whole")
    assert status == 0
    assert whole["choice"]["processes"] == 2
    assert whole["steps"] == len(THINGS) / 2
    assert "process 1 tells" not in printed
    for process in (0, 1):
        assert f"process {process} ends with {whole['name']}" in printed

    assert run("stopped", stop=3)[0] != 0
    status, printed = run("stopped", stop=0)
    resumed = card("stopped")
    assert status == 0
    assert resumed["resumed_from"] == 2
    assert (resumed["name"], resumed["losses"]) == (whole["name"], whole["losses"])
