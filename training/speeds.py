"""How fast this machine trained last: tokens a second, kept in the home by what they depend on."""

import json
import os
from pathlib import Path

from training.checkpoint import TrainingBase
from training.config import TrainingConfig
from training.hardware import Choice

_FILE = "speeds.json"


def key(config: TrainingConfig, base: TrainingBase, choice: Choice) -> str:
    """Gives what a speed depends on: base model, quantisation, device, number type, threads."""
    threads = os.environ.get("OMP_NUM_THREADS") or os.cpu_count()
    return (
        f"{base.sha256[:12]} {config.quantization} r{config.lora.rank} {choice.device} "
        f"{choice.dtype} {choice.processes}x{threads}"
    )


def last(home: Path, speed_key: str) -> float | None:
    """Gives the tokens a second of the last run of this kind; None where there was none."""
    file = home / "training" / _FILE
    if not file.is_file():
        return None
    speed: float | None = json.loads(file.read_text(encoding="utf-8")).get(speed_key)
    return speed


def keep(home: Path, speed_key: str, tokens_per_second: float) -> None:
    """Keeps the speed of a run."""
    file = home / "training" / _FILE
    file.parent.mkdir(parents=True, exist_ok=True)
    kept = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    staging = file.with_name(f".{_FILE}.{os.getpid()}")
    staging.write_text(json.dumps({**kept, speed_key: round(tokens_per_second, 2)}, indent=2))
    staging.replace(file)
