"""What a run will do, told before it is begun: steps, tokens, time, memory by part, and where."""

import math
import time
from dataclasses import dataclass
from pathlib import Path

import torch

from training import speeds
from training.config import TrainingConfig
from training.hardware import Hardware, this_machine
from training.memory import Memory, estimate
from training.rows import Row
from training.runs import Checkpoint, Run, unfinished
from training.train import Prepared, load_base, make_trainer, prepare

FORWARD_SHARE = 1 / 3
"""Of a training step's time, what a forward pass alone takes: the backward pass costs two."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What ``train`` will do with this configuration and data."""

    examples: int
    held_out: int
    steps: int
    tokens: int
    """Trained on or read, all epochs."""
    trained_tokens: int
    """Of those, the memoranda's: the loss is over them alone."""
    longest: int
    """Tokens of the longest example."""
    tokens_per_second: float | None
    speed_from: str
    """``last run``, ``warm-up``, or why it is unknown."""
    seconds: float | None
    """Of training and of the held-out losses; loading the base model is not counted."""
    memory: Memory
    available: int
    """Free bytes of what the run will compute in: main memory, or its GPUs together."""
    device: str
    dtype: str
    resumable_from: int | None
    """The step after which an unfinished run of the same can go on."""

    @property
    def fits(self) -> bool:
        """Whether the memory is there."""
        return self.memory.total <= self.available


def make_plan(config: TrainingConfig, data: Path, home: Path, *, measure: bool = True) -> Plan:
    """Gives the plan. Without a last run of this kind, ``measure`` times two examples.

    Raises:
        BadExamples, ModelUnavailable: as ``train`` does.
    """
    ready = prepare(config, data, home)
    memory = estimate(
        config,
        ready.base.folder,
        ready.choice,
        [(len(row.tokens), row.trained) for row in (*ready.training, *ready.held_out)],
    )
    hardware = this_machine()
    available = _available(hardware)
    speed = speeds.last(home, speeds.key(config, ready.base, ready.choice))
    source = "last run"
    if speed is None:
        if memory.total > available:
            source = "unknown: the memory is too small for a warm-up"
        elif not measure:
            source = "unknown: no run of this kind yet"
        else:
            speed, source = _warm_up(config, ready), "warm-up"
    tokens = config.optimizer.epochs * sum(len(row.tokens) for row in ready.training)
    steps = optimizer_steps(config, len(ready.training), ready.choice.processes)
    evaluations = 2 + (steps // config.run.evaluate_steps if config.run.evaluate_steps else 0)
    held_out = evaluations * sum(len(row.tokens) for row in ready.held_out)
    before: Checkpoint | None = unfinished(home, config.name, ready.what)
    return Plan(
        examples=len(ready.training),
        held_out=len(ready.held_out),
        steps=steps,
        tokens=tokens,
        trained_tokens=config.optimizer.epochs * sum(row.trained for row in ready.training),
        longest=max(len(row.tokens) for row in (*ready.training, *ready.held_out)),
        tokens_per_second=speed,
        speed_from=source,
        seconds=None if speed is None else (tokens + FORWARD_SHARE * held_out) / speed,
        memory=memory,
        available=available,
        device=_device(hardware),
        dtype=ready.choice.dtype,
        resumable_from=None if before is None else before.step,
    )


def optimizer_steps(config: TrainingConfig, examples: int, processes: int = 1) -> int:
    """Gives the optimizer steps of a run over so many examples, unpacked.

    Each process takes its share; an epoch's last step may be over fewer examples.
    """
    batches = math.ceil(math.ceil(examples / processes) / config.optimizer.batch_examples)
    return config.optimizer.epochs * math.ceil(batches / config.optimizer.accumulate)


def _warm_up(config: TrainingConfig, ready: Prepared) -> float:
    """Tokens a second over two examples of middle length; a first step is not counted."""
    by_length = sorted(ready.training, key=lambda row: len(row.tokens))
    middle = len(by_length) // 2
    chosen: list[Row] = by_length[max(0, middle - 1) : middle + 1]
    model = load_base(config, ready)
    trainer = make_trainer(config, ready, Run(Path(), None, 0.0), model)
    trainer.model.train()
    trainer.create_optimizer()
    trainer.current_gradient_accumulation_steps = 1  # what its own loop would set
    seconds = []
    for row in (chosen[0], *chosen):
        began = time.monotonic()
        ids = torch.tensor([row.tokens], device=trainer.accelerator.device)
        labels = ids.clone()
        labels[:, : row.prompt] = -100
        inputs = {"input_ids": ids, "attention_mask": torch.ones_like(ids), "labels": labels}
        trainer.training_step(trainer.model, inputs)
        trainer.optimizer.step()
        trainer.model.zero_grad()
        seconds.append(time.monotonic() - began)
    return sum(len(row.tokens) for row in chosen) / sum(seconds[1:])


def _available(hardware: Hardware) -> int:
    if hardware.gpus:
        return sum(gpu.memory for gpu in hardware.gpus)
    return hardware.memory


def _device(hardware: Hardware) -> str:
    if hardware.gpus:
        return ", ".join(gpu.name for gpu in hardware.gpus)
    return f"CPU, {torch.get_num_threads()} threads"
