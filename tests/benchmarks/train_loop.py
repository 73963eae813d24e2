"""One training in a process of its own, or its plan; prints what it came to as JSON.

python -m tests.benchmarks.train_loop ours|bare|plan HOME CONFIG
"""

import json
import sys
import time
from pathlib import Path
from typing import Any

from training.config import TrainingConfig
from training.hardware import memory_of_process
from training.memoranda.vary import MEMORANDA


def ours(config: TrainingConfig, home: Path) -> dict[str, Any]:
    """Casewright's recipe, checkpoints and status included."""
    from training.status import Progress
    from training.train import train

    busy: list[float] = []

    def report(progress: Progress) -> None:
        busy.append(time.process_time())

    card = train(config, MEMORANDA, home, report=report).card
    return {
        "tokens": card["tokens"],
        "seconds": card["seconds"],
        "processor_seconds": busy[-1] - busy[0],
        "losses": [loss for _, loss in card["losses"]],
    }


def bare(config: TrainingConfig, home: Path) -> dict[str, Any]:
    """A loop as TRL's own documentation writes it, on the same rows with the same settings."""
    import datasets
    import torch
    from peft import LoraConfig
    from transformers import AutoModelForCausalLM
    from trl import SFTConfig, SFTTrainer

    from training.rows import prompt_text
    from training.train import prepare

    ready = prepare(config, MEMORANDA, home)
    rows = [
        {
            "prompt": prompt_text(row.example, ready.tokenizer),
            "completion": row.example.memorandum,
        }
        for row in ready.training
    ]
    torch.manual_seed(config.seed)
    trainer = SFTTrainer(
        model=AutoModelForCausalLM.from_pretrained(
            ready.base.folder, dtype=getattr(torch, ready.choice.dtype)
        ),
        args=SFTConfig(
            output_dir=str(home / "bare"),
            seed=config.seed,
            use_cpu=True,
            bf16=ready.choice.dtype == "bfloat16",
            learning_rate=config.optimizer.learning_rate,
            lr_scheduler_type="linear",
            warmup_steps=config.optimizer.warmup_share,
            num_train_epochs=config.optimizer.epochs,
            per_device_train_batch_size=config.optimizer.batch_examples,
            gradient_accumulation_steps=config.optimizer.accumulate,
            gradient_checkpointing=False,
            max_length=None,
            optim="adamw_torch",
            logging_steps=1,
            save_strategy="no",
            report_to="none",
            include_num_input_tokens_seen="all",
            disable_tqdm=True,
            dataloader_pin_memory=False,
        ),
        train_dataset=datasets.Dataset.from_list(rows),
        processing_class=ready.tokenizer,
        peft_config=LoraConfig(
            r=config.lora.rank,
            lora_alpha=config.lora.alpha,
            lora_dropout=config.lora.dropout,
            target_modules="all-linear",
            task_type="CAUSAL_LM",
        ),
    )
    began, busy = time.monotonic(), time.process_time()
    trainer.train()
    return {
        "tokens": int(trainer.state.num_input_tokens_seen),
        "seconds": time.monotonic() - began,
        "processor_seconds": time.process_time() - busy,
        "losses": [row["loss"] for row in trainer.state.log_history if "loss" in row],
    }


def plan(config: TrainingConfig, home: Path) -> dict[str, Any]:
    """What ``train --dry-run`` says of the memory."""
    from training.plan import make_plan

    told = make_plan(config, MEMORANDA, home, measure=False)
    return {"memory": told.memory.total, "steps": told.steps, "tokens": told.tokens}


def main(what: str, home: str, config: str) -> None:
    settings = TrainingConfig.model_validate_json(Path(config).read_text(encoding="utf-8"))
    told = {"ours": ours, "bare": bare, "plan": plan}[what](settings, Path(home))
    print(json.dumps({**told, "peak": memory_of_process("VmHWM")}), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
