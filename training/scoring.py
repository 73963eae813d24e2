"""A PEFT adapter on its base in transformers: log-probabilities of given tokens.

This is the reference that the served model is held against. Arithmetic is float32.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

os.environ.setdefault("HF_HUB_OFFLINE", "1")

import torch
from peft import LoraConfig, get_peft_model, set_peft_model_state_dict
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM, AutoTokenizer

from serving.adapter_files import PEFT_WEIGHTS, BadAdapter, check_files
from serving.prompts import TEMPLATE_DATE, Message

ROWS = 32
"""Endings scored at a time: more would fill the memory with vocabularies and gain nothing."""


class Scorer:
    """An adapter on its base model, which gives log-probabilities with and without it."""

    def __init__(self, adapter: Path, checkpoint: Path, threads: int = 0) -> None:
        """Loads both. Raises BadAdapter where the folder's files are refused or do not fit.

        ``threads`` of torch's on a CPU; 0 leaves them as they are. More than are free wait for
        each other.
        """
        if threads:
            torch.set_num_threads(threads)
        self.tokenizer: Any = AutoTokenizer.from_pretrained(checkpoint)
        self._model = load_adapted(adapter, checkpoint, torch.float32)
        self._device = next(self._model.parameters()).device

    def prompt(self, messages: Sequence[Message]) -> str:
        """Gives the text of a prompt as training renders it."""
        return str(
            self.tokenizer.apply_chat_template(
                list(messages),
                tokenize=False,
                add_generation_prompt=True,
                date_string=TEMPLATE_DATE,
            )
        )

    def tokens(self, text: str) -> list[int]:
        """Gives the tokens of a text, control tokens read as such."""
        return list(self.tokenizer(text, add_special_tokens=False)["input_ids"])

    @contextmanager
    def base(self) -> Iterator[None]:
        """Switches the adapter off."""
        with self._model.disable_adapter():
            yield

    def following(self, context: Sequence[int], written: Sequence[int]) -> torch.Tensor:
        """Gives log-probabilities, shape (len(written), vocabulary): before each token written."""
        ids = torch.tensor([[*context, *written[:-1]]], device=self._device)
        kept = torch.arange(len(context) - 1, ids.shape[1], device=self._device)
        with torch.inference_mode():
            logits = self._model(input_ids=ids, use_cache=False, logits_to_keep=kept).logits[0]
            return torch.log_softmax(logits.float(), -1).cpu()

    def endings(self, context: Sequence[int], endings: Sequence[Sequence[int]]) -> list[float]:
        """Gives the log-probability of each ending, summed over its tokens, after the context.

        The context is read once; its keys and values are shared by all endings, ``ROWS`` of
        which are scored at a time.
        """
        sums: list[float] = []
        with torch.inference_mode():
            read = self._model(
                input_ids=torch.tensor([context], device=self._device),
                use_cache=True,
                logits_to_keep=1,
            )
            first = torch.log_softmax(read.logits[0, -1].float(), -1)
            cache = read.past_key_values
            cache.batch_repeat_interleave(min(ROWS, len(endings)))
            for start in range(0, len(endings), ROWS):
                rows = endings[start : start + ROWS]
                later = self._later(cache, rows)
                sums += [
                    float(first[row[0]] + scores[: len(row) - 1].sum())
                    for row, scores in zip(rows, later, strict=True)
                ]
        return sums

    def _later(self, cache: Any, rows: Sequence[Sequence[int]]) -> torch.Tensor:
        """Log-probabilities of each row's tokens but the first; leaves the cache as it was."""
        if len(rows) < cache.layers[0].keys.shape[0]:
            cache.batch_select_indices(torch.arange(len(rows), device=self._device))
        longest = max(map(len, rows))
        # Padded behind: what stands there is never attended to by what is scored.
        ids = torch.tensor(
            [[*row, *[0] * (longest - len(row))] for row in rows], device=self._device
        )
        if longest == 1:
            return torch.zeros(len(rows), 0)
        logits = self._model(
            input_ids=ids[:, :-1], past_key_values=cache, use_cache=True
        ).logits.float()
        cache.crop(1 - longest)
        wanted = logits.gather(-1, ids[:, 1:, None]).squeeze(-1)
        return (wanted - logits.logsumexp(-1)).cpu()


def load_adapted(adapter: Path, checkpoint: Path, dtype: torch.dtype) -> Any:
    """Gives the base model of a checkpoint with an adapter on it, ready to be asked.

    The weights are read by safetensors and by nothing else.

    Raises:
        BadAdapter: the folder's files are refused, or are of another base.
    """
    check_files(adapter)
    base = AutoModelForCausalLM.from_pretrained(checkpoint, dtype=dtype)
    base.to("cuda" if torch.cuda.is_available() else "cpu")
    model = get_peft_model(base, LoraConfig.from_pretrained(adapter))
    try:
        report = set_peft_model_state_dict(model, load_file(adapter / PEFT_WEIGHTS))
    except RuntimeError:
        raise BadAdapter(
            f"{adapter}: its weights do not fit this base model; name the base that it was "
            "trained on in CASEWRIGHT_BASE"
        ) from None
    lacking = [name for name in report.missing_keys if ".lora_" in name]
    if report.unexpected_keys or lacking:
        raise BadAdapter(
            f"{adapter}: {[*report.unexpected_keys, *lacking][0]} has no place in its base model "
            "or is missing; save the adapter again"
        )
    return model.eval()
