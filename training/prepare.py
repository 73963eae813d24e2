"""What stands ready before anything large is loaded: checked examples as tokens, base, choice."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from transformers import AutoTokenizer, PreTrainedTokenizerBase

from retrieval.packaged import file_sha256
from serving import prompts
from training.checkpoint import TrainingBase, find_base
from training.checks import check_examples
from training.config import TrainingConfig
from training.examples import read_examples
from training.hardware import Choice, choose, this_machine
from training.jsonl import BadExamples
from training.rows import Row, split_rows
from training.weights import base_bytes


@dataclass(frozen=True, slots=True)
class Prepared:
    """What stands ready before anything large is loaded."""

    base: TrainingBase
    choice: Choice
    tokenizer: PreTrainedTokenizerBase
    training: Sequence[Row]
    held_out: Sequence[Row]
    what: dict[str, Any]
    """What the run is of: two runs of the same give the same adapter."""


def prepare(config: TrainingConfig, data: Path, home: Path) -> Prepared:
    """Checks the examples, finds the base model and renders the examples as tokens.

    Raises:
        BadExamples: the data fails a check.
        ModelUnavailable: the base model is missing or altered.
    """
    examples = read_examples(data)
    if faults := check_examples(examples):
        first = faults[0]
        raise BadExamples(
            f"{data}: {len(faults)} faults, first {first.example}: {first.check}: {first.detail}; "
            "correct the examples"
        )
    base = find_base(config.base, home)
    tokenizer = AutoTokenizer.from_pretrained(base.folder)
    training, held_out = split_rows(examples, config.data, config.seed, tokenizer)
    hardware = this_machine()
    dtype = torch.bfloat16 if hardware.bfloat16 else torch.float32
    choice = choose(hardware, base_bytes(base.folder, config.quantization, dtype))
    what = {
        "config": config.model_dump(),
        "data": {"sha256": file_sha256(data), "trained": len(training)},
        "base": base.card,
        "prompt": prompts.fingerprint(),
    }
    return Prepared(base, choice, tokenizer, training, held_out, what)
