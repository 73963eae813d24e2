"""The QLoRA recipe, top to bottom.

A base model quantised to NF4 (double quantisation) carries a LoRA adapter on all its linear
layers; only the adapter learns, and only from the memorandum, not from its prompt
(completion-only loss). A configuration can leave the base unquantised instead. Arithmetic is in
bfloat16 where the processor has it, else in float32.

Source: Dettmers et al. 2023, "QLoRA: Efficient Finetuning of
Quantized LLMs".
"""

import importlib.metadata
import os
import random
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# A run must not reach for a hub: what it needs is on disk. Set before the libraries read it.
os.environ.setdefault("HF_HUB_OFFLINE", "1")
# Tensors on huge pages: a step on a CPU takes a fifth less, most of it page faults saved.
os.environ.setdefault("THP_MEM_ALLOC_ENABLE", "1")

import datasets
import matplotlib
import torch
from peft import LoraConfig
from transformers import (
    AutoModelForCausalLM,
    AutoTokenizer,
    BitsAndBytesConfig,
    PreTrainedTokenizerBase,
    PrinterCallback,
    TrainerCallback,
    TrainerControl,
    TrainerState,
    TrainingArguments,
)
from trl import SFTConfig, SFTTrainer

from retrieval.packaged import file_sha256
from serving import adapters, models, prompts
from training.checkpoint import ensure_checkpoint
from training.checks import check_examples
from training.config import TrainingConfig
from training.examples import Example, read_examples
from training.export import export_gguf
from training.jsonl import BadExamples

IGNORED = -100
"""The label of a token that is not trained on."""

VERSIONS = ("torch", "transformers", "peft", "bitsandbytes", "trl")


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is: optimizer steps done, the last loss, tokens trained on per second."""

    step: int
    steps: int
    loss: float | None
    tokens_per_second: float


def train(
    config: TrainingConfig,
    data: Path,
    home: Path,
    *,
    report: Callable[[Progress], None] = lambda progress: None,
) -> adapters.Adapter:
    """Trains an adapter on a file of examples and registers it.

    Raises:
        BadExamples: the data fails a check; nothing is trained.
        ModelUnavailable: the base model is missing or altered.
    """
    base = models.resolve(config.base)
    examples = read_examples(data)
    if faults := check_examples(examples):
        first = faults[0]
        raise BadExamples(
            f"{data}: {len(faults)} faults, first {first.example}: {first.check}: {first.detail}; "
            "correct the examples"
        )
    checkpoint = ensure_checkpoint(base, home)
    tokenizer = AutoTokenizer.from_pretrained(checkpoint)
    training = _chosen(examples, "train", config.data.max_examples, config.seed)
    held_out = _chosen(examples, "held-out", config.data.held_out_examples, config.seed)
    rows = _rendered(training, tokenizer, config.data.max_tokens)
    held_out_rows = _rendered(held_out, tokenizer, config.data.max_tokens)

    torch.manual_seed(config.seed)
    on_gpu = torch.cuda.is_available()
    dtype = compute_dtype()
    model = AutoModelForCausalLM.from_pretrained(
        checkpoint,
        dtype=dtype,
        quantization_config=_nf4(dtype) if config.quantization == "nf4" else None,
    )
    with tempfile.TemporaryDirectory(prefix="casewright-train-") as scratch:
        folder = Path(scratch)
        trainer = _MemorandumTrainer(
            model=model,
            args=SFTConfig(
                output_dir=str(folder / "run"),
                seed=config.seed,
                use_cpu=not on_gpu,
                bf16=dtype is torch.bfloat16,
                learning_rate=config.optimizer.learning_rate,
                lr_scheduler_type="linear",
                warmup_steps=config.optimizer.warmup_share,
                num_train_epochs=config.optimizer.epochs,
                per_device_train_batch_size=config.optimizer.batch_examples,
                per_device_eval_batch_size=1,
                gradient_accumulation_steps=config.optimizer.accumulate,
                gradient_checkpointing=on_gpu,
                completion_only_loss=True,
                max_length=None,  # lengths were checked: nothing is cut in silence
                optim="paged_adamw_8bit" if on_gpu else "adamw_torch",
                logging_steps=1,
                save_strategy="no",
                report_to="none",
                include_num_input_tokens_seen="all",
                disable_tqdm=True,
                dataloader_pin_memory=on_gpu,
            ),
            train_dataset=datasets.Dataset.from_list(rows),
            eval_dataset=datasets.Dataset.from_list(held_out_rows),
            processing_class=tokenizer,
            peft_config=LoraConfig(
                r=config.lora.rank,
                lora_alpha=config.lora.alpha,
                lora_dropout=config.lora.dropout,
                target_modules="all-linear",
                task_type="CAUSAL_LM",
            ),
            callbacks=[_Reporter(report)],
        )
        trainer.remove_callback(PrinterCallback)  # `report` tells how far the run is
        started = time.monotonic()
        trainer.train()
        seconds = time.monotonic() - started
        # Not before training: in evaluation mode bitsandbytes repacks NF4 weights for a fused CPU
        # kernel that has no gradient, and training would go on with it in silence.
        after = trainer.evaluate()["eval_loss"]
        with trainer.model.disable_adapter():
            before = trainer.evaluate()["eval_loss"]

        finished = folder / "adapter"
        trainer.model.save_pretrained(finished, safe_serialization=True)
        (finished / "README.md").unlink(missing_ok=True)
        export_gguf(finished, checkpoint, finished / adapters.GGUF_WEIGHTS)
        losses = [(row["step"], row["loss"]) for row in trainer.state.log_history if "loss" in row]
        _draw_losses(losses, before, after, finished / "loss.png")
        card: dict[str, Any] = {
            "base": {"name": base.name, "sha256": base.sha256},
            "prompt": prompts.fingerprint(),
            "config": config.model_dump(),
            "data": {"sha256": file_sha256(data), "trained": len(rows)},
            "held_out": {"examples": len(held_out_rows), "before": before, "after": after},
            "losses": losses,
            "seconds": round(seconds, 1),
            "tokens": int(trainer.state.num_input_tokens_seen),
            "device": torch.cuda.get_device_name() if on_gpu else "cpu",
            "dtype": str(dtype).removeprefix("torch."),
            "versions": {name: importlib.metadata.version(name) for name in VERSIONS},
        }
        return adapters.register(home, config.name, finished, card)


def compute_dtype() -> torch.dtype:
    """Gives the number type to train in: bfloat16 where the processor computes in it, else float32.

    A processor without it (AVX2 alone) emulates it, 30 times slower than float32.
    """
    if torch.cuda.is_available():
        native = torch.cuda.is_bf16_supported(including_emulation=False)
    else:
        can = torch.cpu.get_capabilities()
        native = any(can.get(name) for name in ("avx512_bf16", "amx_bf16", "bf16"))
    return torch.bfloat16 if native else torch.float32


def _nf4(dtype: torch.dtype) -> BitsAndBytesConfig:
    return BitsAndBytesConfig(
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=dtype,
    )


def _chosen(examples: Sequence[Example], split: str, most: int | None, seed: int) -> list[Example]:
    """At most ``most`` examples of a split, taken from all matters alike, in a random order."""
    draw = random.Random(seed)
    by_matter: dict[str, list[Example]] = {}
    for example in examples:
        if example.split == split:
            by_matter.setdefault(example.matter, []).append(example)
    for group in by_matter.values():
        draw.shuffle(group)
    chosen: list[Example] = []
    while any(by_matter.values()):
        turn = [group.pop() for group in by_matter.values() if group]
        draw.shuffle(turn)
        chosen += turn
    if not chosen:
        raise BadExamples(f"no example has the split “{split}”; both parts are needed")
    return chosen[:most]


def _rendered(
    examples: Sequence[Example], tokenizer: PreTrainedTokenizerBase, max_tokens: int
) -> list[dict[str, str]]:
    """Prompt and completion as text, the prompt just as serving sends it."""
    rows = []
    for example in examples:
        prompt = tokenizer.apply_chat_template(
            prompts.messages(example.question, example.passages),
            tokenize=False,
            add_generation_prompt=True,
        )
        length = len(tokenizer(prompt + example.memorandum)["input_ids"]) + 1
        if length > max_tokens:
            raise BadExamples(
                f"{example.id}: {length} tokens, more than data.max_tokens ({max_tokens}); "
                "shorten the example or raise the limit"
            )
        # The trainer appends the end-of-turn token, and trains on it.
        rows.append({"prompt": prompt, "completion": example.memorandum})
    return rows


class _MemorandumTrainer(SFTTrainer):  # type: ignore[misc]
    """Scores the memorandum's tokens alone.

    Off the GPU, SFTTrainer projects every token of the prompt onto the vocabulary too and then
    drops the result: 40% of a step. The loss is the same.
    """

    def compute_loss(
        self,
        model: Any,
        inputs: dict[str, Any],
        return_outputs: bool = False,
        num_items_in_batch: Any = None,
    ) -> Any:
        targets = inputs["labels"][:, 1:]
        scored = (targets != IGNORED).any(dim=0).nonzero().squeeze(1)
        outputs = model(
            input_ids=inputs["input_ids"],
            attention_mask=inputs.get("attention_mask"),
            use_cache=False,
            logits_to_keep=scored,
        )
        targets = targets[:, scored]
        total = torch.nn.functional.cross_entropy(
            outputs.logits.float().flatten(0, 1),
            targets.flatten(),
            ignore_index=IGNORED,
            reduction="sum",
        )
        trained = (targets != IGNORED).sum() if num_items_in_batch is None else num_items_in_batch
        loss = total / trained
        return (loss, outputs) if return_outputs else loss


class _Reporter(TrainerCallback):  # type: ignore[misc]
    """Passes the trainer's progress on."""

    def __init__(self, report: Callable[[Progress], None]) -> None:
        self._report = report
        self._started = 0.0

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        self._started = time.monotonic()
        self._report(Progress(0, state.max_steps, None, 0.0))

    def on_log(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        row = state.log_history[-1]
        if "loss" in row:
            speed = int(state.num_input_tokens_seen) / (time.monotonic() - self._started)
            self._report(Progress(state.global_step, state.max_steps, row["loss"], speed))


def _draw_losses(
    losses: Sequence[tuple[int, float]], before: float, after: float, target: Path
) -> None:
    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(7, 4), layout="constrained")
    axes.plot(*zip(*losses, strict=True), color="#8a97a8", linewidth=1, label="training")
    ends = [losses[0][0], losses[-1][0]]
    axes.plot(ends, [before, after], "o--", color="#1f3a5f", label="held out, before and after")
    axes.set(xlabel="optimizer step", ylabel="loss per token of the memorandum")
    axes.legend(frameon=False)
    figure.savefig(target, dpi=120)
    pyplot.close(figure)
