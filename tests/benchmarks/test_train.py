"""Our training against a bare loop of TRL's SFTTrainer: same rows, model and settings.

    CASEWRIGHT_TRAIN_EXAMPLES=12 CASEWRIGHT_TRAIN_ROUNDS=2 make bench-train

Each in a process of its own, alternated. Prints tokens a second by the clock and by the time of the
processor (which other work on the machine moves less), the last losses, the peak memory, and how
far the plan's memory was from it.
"""

import json
import os
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from training.config import TrainingConfig, read_config

EXAMPLES = int(os.environ.get("CASEWRIGHT_TRAIN_EXAMPLES", "12"))
ROUNDS = int(os.environ.get("CASEWRIGHT_TRAIN_ROUNDS", "2"))
QUIET = {
    "TQDM_DISABLE": "1",
    "TRANSFORMERS_VERBOSITY": "error",
    "HF_DATASETS_DISABLE_PROGRESS_BARS": "1",
}


@pytest.mark.bench
@pytest.mark.timeout(7200)
def test_against_a_bare_loop(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    demo = read_config(Path("demo.toml"))
    data = demo.data.model_copy(update={"max_examples": EXAMPLES})
    config = tmp_path / "config.json"
    config.write_text(demo.model_copy(update={"data": data}).model_dump_json(), encoding="utf-8")
    assert TrainingConfig.model_validate_json(config.read_text(encoding="utf-8")).name == "demo"

    planned = _run("plan", tmp_path, config)
    told: dict[str, list[dict[str, Any]]] = {"ours": [], "bare": []}
    for number in range(ROUNDS):
        # The second round begins with the other one.
        for what in ("ours", "bare") if number % 2 == 0 else ("bare", "ours"):
            told[what].append(_run(what, tmp_path, config))
            _tell(what, told[what][-1])
    speed = {
        clock: {
            what: statistics.median(run["tokens"] / run[clock] for run in runs)
            for what, runs in told.items()
        }
        for clock in ("seconds", "processor_seconds")
    }
    for clock, by in speed.items():
        ratio = by["ours"] / by["bare"]
        print(f"tokens a {clock[:-1]}: {by['ours']:.1f} / {by['bare']:.1f} = {ratio:.3f}")
    peak = max(run["peak"] for run in told["ours"])
    error = planned["memory"] / peak - 1
    print(f"planned {planned['memory'] / 2**20:.0f} MiB, peak {peak / 2**20:.0f}: {error:+.1%}")

    ours, bare = told["ours"][0], told["bare"][0]
    assert ours["tokens"] == bare["tokens"] == planned["tokens"]
    assert len(ours["losses"]) == len(bare["losses"]) == planned["steps"]
    assert ours["losses"] == pytest.approx(bare["losses"], abs=0.03)
    assert speed["seconds"]["ours"] >= 0.95 * speed["seconds"]["bare"]
    assert abs(error) <= 0.15


def _run(what: str, home: Path, config: Path) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.train_loop", what, str(home), str(config)],
        env={**os.environ, **QUIET},
        cwd=Path(__file__).parents[2],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return told


def _tell(what: str, run: dict[str, Any]) -> None:
    print(
        f"{what}: {run['tokens']} tokens in {run['seconds']:.1f} s "
        f"({run['tokens'] / run['seconds']:.1f}/s), {run['processor_seconds']:.1f} s of processor, "
        f"last losses {', '.join(f'{loss:.4f}' for loss in run['losses'][-3:])}, "
        f"peak {run['peak'] / 2**20:.0f} MiB",
        flush=True,
    )
