"""TRL's SFTTrainer with three things changed, and its progress told.

1. Off the GPU it scores the memorandum's tokens alone.
2. Quantised layers stay trainable while the held-out loss is measured.
3. A checkpoint appears whole or not at all (training/runs.py).
"""

import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from peft import set_peft_model_state_dict
from safetensors.torch import load_file
from transformers import Trainer, TrainerCallback, TrainerControl, TrainerState, TrainingArguments
from trl import SFTTrainer

from serving.adapters import PEFT_WEIGHTS
from training.hardware import first_process, peak_memory
from training.runs import BadRun, Run
from training.status import Progress

IGNORED = -100
"""The label of a token that is not trained on."""


class MemorandumTrainer(SFTTrainer):  # type: ignore[misc]
    """Trains on memoranda in the folder of a run."""

    def __init__(self, *arguments: Any, run: Run, **named: Any) -> None:
        self._run = run
        self._writes_to: Path | None = None
        self._seconds_before = 0.0 if run.resumed is None else run.resumed.seconds
        self._began = time.monotonic()
        super().__init__(*arguments, **named)

    @property
    def seconds(self) -> float:
        """How long this run has trained, the time before it was resumed included."""
        return self._seconds_before + time.monotonic() - self._began

    def train_run(self) -> None:
        """Trains to the end, from where the run goes on; early stopping takes the best weights."""
        self._began = time.monotonic()
        resumed = self._run.resumed
        self.train(resume_from_checkpoint=None if resumed is None else str(resumed.folder))
        if self.args.metric_for_best_model and self.state.best_global_step:
            self._load_from_checkpoint(str(self._run.best(self.state.best_global_step)))

    def compute_loss(
        self,
        model: Any,
        inputs: dict[str, Any],
        return_outputs: bool = False,
        num_items_in_batch: Any = None,
    ) -> Any:
        """Gives the mean loss of the memorandum's tokens.

        Off the GPU, SFTTrainer projects every token of the prompt onto the vocabulary too and then
        drops the result: 40% of a step. The loss is the same.
        """
        if self.accelerator.device.type != "cpu":
            return super().compute_loss(model, inputs, return_outputs, num_items_in_batch)
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

    def prediction_step(self, model: Any, inputs: Any, *rest: Any, **named: Any) -> Any:
        """Measures a held-out loss.

        In evaluation mode bitsandbytes repacks NF4 weights for a fused CPU kernel that has no
        gradient, and training would go on with it in silence: the quantised layers stay in training
        mode, in which they compute the same.
        """
        keep_trainable(model)
        return super().prediction_step(model, inputs, *rest, **named)

    def _determine_best_metric(self, metrics: dict[str, float], trial: Any) -> bool:
        best = bool(super()._determine_best_metric(metrics, trial))
        if best:
            self.state.best_global_step = self.state.global_step
            self.control.should_save = True
        return best

    def _save_checkpoint(self, model: Any, trial: Any) -> None:
        step = self.state.global_step
        # Stopped early: to resume is to measure again, and to stop again.
        if self.control.should_training_stop and step < self.state.max_steps:
            return
        staging = self._run.staging(step)
        self._writes_to = staging
        try:
            # Past SFTTrainer's own, which writes a model card beside the checkpoints.
            Trainer._save_checkpoint(self, model, trial)
            self.accelerator.wait_for_everyone()
            if first_process():
                written = staging / f"checkpoint-{step}"
                self._run.complete(written, step, self.seconds, self.state.best_global_step)
            self.accelerator.wait_for_everyone()
        except OSError as error:
            shutil.rmtree(staging, ignore_errors=True)
            raise BadRun(
                f"{self._run.folder}: the checkpoint after step {step} cannot be written "
                f"({error.strerror}); make room and go on with --resume"
            ) from error
        finally:
            self._writes_to = None

    def _get_output_dir(self, trial: Any) -> str:
        return str(self._writes_to or super()._get_output_dir(trial))

    def _load_from_checkpoint(self, resume_from_checkpoint: str, model: Any = None) -> None:
        # Not peft's load_adapter: it would give a quantised model's adapter another number type.
        weights = load_file(Path(resume_from_checkpoint) / PEFT_WEIGHTS)
        set_peft_model_state_dict(self.model if model is None else model, weights)


def keep_trainable(model: torch.nn.Module) -> None:
    """Puts the quantised layers of a model, whatever its mode, into training mode."""
    for module in model.modules():
        if type(module).__name__ == "Linear4bit":
            module.train()


class Reporter(TrainerCallback):  # type: ignore[misc]
    """Passes the trainer's progress on, after every step."""

    def __init__(self, trainer: MemorandumTrainer, report: Callable[[Progress], None]) -> None:
        self._trainer = trainer
        self._report = report
        self._from = 0

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        """Tells how many steps there are, and how many are done."""
        self._from = state.global_step
        self._report(Progress(state.global_step, state.max_steps, None, 0.0))

    def on_log(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        """Tells the loss of a step, and how fast the run is."""
        row = state.log_history[-1]
        if "loss" not in row:
            return
        seconds = self._trainer.seconds
        left = state.max_steps - state.global_step
        self._report(
            Progress(
                step=state.global_step,
                steps=state.max_steps,
                loss=row["loss"],
                tokens_per_second=int(state.num_input_tokens_seen) / seconds,
                seconds_left=round(left * seconds / state.global_step, 1),
                memory=peak_memory(),
            )
        )
