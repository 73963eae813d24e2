"""The QLoRA recipe, top to bottom.

A base model quantised to NF4 (double quantisation) carries a LoRA adapter on all its linear
layers; only the adapter learns, and only from the memorandum, not from its prompt
(completion-only loss). A configuration can leave the base unquantised instead. Arithmetic is in
bfloat16 where the processor has it, else in float32. What else is chosen for a GPU, and how
several GPUs are used, stands in ``training/hardware.py``.

Source: Dettmers et al. 2023, "QLoRA: Efficient Finetuning of
Quantized LLMs".
"""

import importlib.metadata
import os
import platform
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

# A run must not reach for a hub: what it needs is on disk. Set before the libraries read it.
os.environ.setdefault("HF_HUB_OFFLINE", "1")
# Tensors on huge pages: a step on a CPU takes a fifth less, most of it page faults saved.
os.environ.setdefault("THP_MEM_ALLOC_ENABLE", "1")

import datasets
import torch
from peft import LoraConfig
from transformers import (
    AutoModelForCausalLM,
    AutoTokenizer,
    BitsAndBytesConfig,
    EarlyStoppingCallback,
    PreTrainedTokenizerBase,
    PrinterCallback,
)
from trl import SFTConfig

from retrieval.errors import CasewrightError
from retrieval.packaged import file_sha256
from serving import adapters, prompts
from training import speeds, status
from training.checkpoint import TrainingBase, find_base
from training.checks import check_examples
from training.config import TrainingConfig
from training.examples import read_examples
from training.export import export_gguf
from training.hardware import Choice, choose, first_process, peak_memory, this_machine
from training.jsonl import BadExamples
from training.losses import draw_losses
from training.rows import Row, split_rows
from training.runs import Run, open_run
from training.samples import SAMPLES, write_samples
from training.status import Progress
from training.trainer import MemorandumTrainer, Reporter
from training.weights import base_bytes

if TYPE_CHECKING:
    from transformers import PreTrainedModel

VERSIONS = ("casewright", "torch", "transformers", "peft", "bitsandbytes", "trl", "accelerate")


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


def train(
    config: TrainingConfig,
    data: Path,
    home: Path,
    *,
    report: Callable[[Progress], None] = lambda progress: None,
    resume: bool = False,
) -> adapters.Adapter:
    """Trains an adapter on a file of examples and registers it.

    With ``resume`` it goes on from the last complete checkpoint of a run that was cut short.

    Raises:
        BadExamples: the data fails a check; nothing is trained.
        BadRun: there is nothing to resume, or another process works in the run.
        ModelUnavailable: the base model is missing or altered.
    """
    ready = prepare(config, data, home)
    with open_run(home, config.name, ready.what, resume=resume) as run:
        last = Progress(0, 0, None, 0.0)

        def tell(progress: Progress) -> None:
            nonlocal last
            last = progress
            if first_process():
                status.write(run.folder, "running", progress)
            report(progress)

        try:
            adapter = _trained(config, ready, run, home, tell)
        except BaseException as error:
            told = str(error) if isinstance(error, CasewrightError) else repr(error)
            if first_process() and run.folder.is_dir():
                status.write(run.folder, "failed", last, error=told)
            raise
        if first_process():
            run.finished()
            status.write(run.folder, "done", last, adapter=adapter.name)
        return adapter


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


def _trained(
    config: TrainingConfig,
    ready: Prepared,
    run: Run,
    home: Path,
    report: Callable[[Progress], None],
) -> adapters.Adapter:
    torch.manual_seed(config.seed)
    trainer = make_trainer(config, ready, run, load_base(config, ready))
    trainer.add_callback(Reporter(trainer, report))
    trainer.train_run()
    seconds = trainer.seconds
    after = trainer.evaluate()["eval_loss"]
    with trainer.model.disable_adapter():
        before = trainer.evaluate()["eval_loss"]
    tokens = int(trainer.state.num_input_tokens_seen)
    speeds.keep(home, speeds.key(config, ready.base, ready.choice), tokens / seconds)

    with tempfile.TemporaryDirectory(prefix="casewright-train-") as scratch:
        finished = Path(scratch) / "adapter"
        trainer.accelerator.unwrap_model(trainer.model).save_pretrained(finished)
        (finished / "README.md").unlink(missing_ok=True)
        export_gguf(finished, ready.base.folder, finished / adapters.GGUF_WEIGHTS)
        history = trainer.state.log_history
        losses = [(row["step"], row["loss"]) for row in history if "loss" in row]
        on_the_way = [
            (row["step"], row["eval_loss"])
            for row in history
            if "eval_loss" in row and config.run.evaluate_steps
        ][: -len((after, before))]
        draw_losses(losses, on_the_way, before=before, after=after, target=finished / "loss.png")
        if config.run.samples:
            chosen = ready.held_out[: config.run.samples]
            write_samples(
                trainer.model, ready.tokenizer, chosen, config.run.sample_tokens, finished / SAMPLES
            )
        card: dict[str, Any] = {
            **ready.what,
            "held_out": {
                "examples": len(ready.held_out),
                "before": before,
                "after": after,
                "on_the_way": on_the_way,
                "best_step": trainer.state.best_global_step if on_the_way else None,
            },
            "losses": losses,
            "steps": trainer.state.global_step,
            "seconds": round(seconds, 1),
            "tokens": tokens,
            "device": torch.cuda.get_device_name() if ready.choice.device == "cuda" else "cpu",
            "dtype": ready.choice.dtype,
            "choice": asdict(ready.choice),
            "threads": torch.get_num_threads(),
            "peak_memory": peak_memory(),
            "resumed_from": None if run.resumed is None else run.resumed.step,
            "python": platform.python_version(),
            "versions": {name: importlib.metadata.version(name) for name in VERSIONS},
        }
        return adapters.register(home, config.name, finished, card)


def load_base(config: TrainingConfig, ready: Prepared) -> "PreTrainedModel":
    """Loads the base model as it is trained on: quantised or whole, on its device."""
    dtype = getattr(torch, ready.choice.dtype)
    nf4 = BitsAndBytesConfig(
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=dtype,
    )
    return AutoModelForCausalLM.from_pretrained(
        ready.base.folder,
        dtype=dtype,
        quantization_config=nf4 if config.quantization == "nf4" else None,
        attn_implementation=ready.choice.attention,
        device_map=ready.choice.device_map,
    )


def make_trainer(
    config: TrainingConfig, ready: Prepared, run: Run, model: "PreTrainedModel"
) -> MemorandumTrainer:
    """Gives the trainer that puts the adapter on the model and trains it in the run's folder."""
    choice, optimizer = ready.choice, config.optimizer
    on_gpu = choice.device == "cuda"
    evaluates = config.run.evaluate_steps
    arguments = SFTConfig(
        output_dir=str(run.folder),
        seed=config.seed,
        use_cpu=not on_gpu,
        bf16=choice.dtype == "bfloat16",
        learning_rate=optimizer.learning_rate,
        lr_scheduler_type="linear",
        warmup_steps=optimizer.warmup_share,
        num_train_epochs=optimizer.epochs,
        per_device_train_batch_size=optimizer.batch_examples,
        per_device_eval_batch_size=1,
        gradient_accumulation_steps=optimizer.accumulate,
        gradient_checkpointing=choice.gradient_checkpointing,
        completion_only_loss=True,
        packing=choice.packing,
        eval_packing=False,
        # Lengths were checked: nothing is cut, with packing or without.
        max_length=config.data.max_tokens if choice.packing else None,
        optim=choice.optimizer,
        use_liger_kernel=choice.liger,
        logging_steps=1,
        save_strategy="steps" if config.run.checkpoint_steps else "no",
        save_steps=config.run.checkpoint_steps or 1,
        eval_strategy="steps" if evaluates else "no",
        eval_steps=evaluates or None,
        metric_for_best_model="eval_loss" if evaluates else None,
        greater_is_better=False,
        report_to="none",
        include_num_input_tokens_seen="all",
        disable_tqdm=True,
        dataloader_pin_memory=on_gpu,
        ddp_find_unused_parameters=False if choice.processes > 1 else None,
    )
    if choice.processes == 1:
        # On several GPUs the trainer would copy a model that lies on one of them.
        arguments._n_gpu = min(arguments.n_gpu, 1)
    trainer = MemorandumTrainer(
        run=run,
        model=model,
        args=arguments,
        train_dataset=datasets.Dataset.from_list([row.fields() for row in ready.training]),
        eval_dataset=datasets.Dataset.from_list([row.fields() for row in ready.held_out]),
        processing_class=ready.tokenizer,
        peft_config=LoraConfig(
            r=config.lora.rank,
            lora_alpha=config.lora.alpha,
            lora_dropout=config.lora.dropout,
            target_modules="all-linear",
            task_type="CAUSAL_LM",
        ),
        callbacks=[EarlyStoppingCallback(config.run.patience)] if evaluates else [],
    )
    trainer.remove_callback(PrinterCallback)  # `report` tells how far the run is
    return trainer
