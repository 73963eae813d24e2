"""Examples in tokens: their lengths, what a limit would cut, and which tokens are trained on."""

import shutil
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from serving.house import house
from serving.models import BaseModel
from training.examples import Example
from training.rows import completion_text, prompt_text

SHOWN = 3
"""Examples whose tokens are shown one by one: of the training part, short, middling and long."""


@dataclass(frozen=True, slots=True)
class Length:
    """The tokens of one example."""

    example: str
    prompt: int
    """Not trained on."""
    trained: int
    """The memorandum's, and the one that ends the turn."""
    cut: str
    """What the limit would cut, in words; empty where it fits."""

    @property
    def tokens(self) -> int:
        """Gives all tokens of the example."""
        return self.prompt + self.trained


@dataclass(frozen=True, slots=True)
class Mask:
    """An example token by token: its text, and whether it is trained on."""

    example: str
    tokens: tuple[tuple[str, bool], ...]


@dataclass(frozen=True, slots=True)
class Lengths:
    """The lengths of all examples against a limit, and a few of them token by token."""

    max_tokens: int
    examples: tuple[Length, ...]
    masks: tuple[Mask, ...]

    @property
    def trained_share(self) -> float:
        """Gives the share of all tokens that are trained on."""
        return sum(one.trained for one in self.examples) / sum(one.tokens for one in self.examples)


def load_tokenizer(base: BaseModel, home: Path) -> Any:
    """Gives the base model's tokenizer: of its checkpoint, else made of its GGUF file and kept.

    Reading it out of a GGUF file loads torch and takes ten seconds; a kept one needs no torch.
    """
    from transformers import PreTrainedTokenizerFast

    checkpoint = base.checkpoint(home)
    kept = checkpoint.with_name(f"{checkpoint.name}-tokenizer")
    for folder in (checkpoint, kept):
        if folder.is_dir():
            return PreTrainedTokenizerFast.from_pretrained(folder)
    from transformers import AutoTokenizer  # loads torch

    tokenizer = AutoTokenizer.from_pretrained(str(base.gguf.parent), gguf_file=base.gguf.name)
    kept.parent.mkdir(parents=True, exist_ok=True)
    staging = Path(tempfile.mkdtemp(prefix=".staging-", dir=kept.parent))
    try:
        tokenizer.save_pretrained(staging)
        with suppress(OSError):  # another process was first
            staging.replace(kept)
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return tokenizer


def lengths(examples: Sequence[Example], tokenizer: Any, max_tokens: int) -> Lengths:
    """Gives the lengths in tokens as training counts them, the end of the turn included."""
    found = [_length(example, tokenizer, max_tokens) for example in examples]
    trained = sorted(
        (one.tokens, index)
        for index, (example, one) in enumerate(zip(examples, found, strict=True))
        if example.split == "train"
    )
    places = [round(place * (len(trained) - 1) / (SHOWN - 1)) for place in range(SHOWN)]
    shown = dict.fromkeys(trained[place][1] for place in places if trained)
    return Lengths(
        max_tokens,
        tuple(found),
        tuple(_mask(examples[index], tokenizer) for index in shown),
    )


def _length(example: Example, tokenizer: Any, max_tokens: int) -> Length:
    prompt, completion = prompt_text(example, tokenizer), completion_text(example)
    offsets = _offsets(prompt + completion, tokenizer)
    before = sum(start < len(prompt) for start, _ in offsets)
    total = len(offsets) + 1
    cut = ""
    if total > max_tokens:
        at = offsets[max_tokens][0] if max_tokens < len(offsets) else len(prompt + completion)
        cut = f"{total - max_tokens} tokens, from {_place(at - len(prompt), completion)} on"
    return Length(example.id, before, total - before, cut)


def _place(position: int, memorandum: str) -> str:
    """The part of an example in which a character of the memorandum stands."""
    if position < 0:
        return "the prompt"
    if position >= len(memorandum):
        return "the end of the turn"
    # The whole of its line: it may be the heading itself.
    written = memorandum[:position] + memorandum[position:].split("\n", 1)[0]
    headings = [line.strip() for line in written.splitlines() if line.strip() in house().headings]
    return headings[-1] if headings else "before the first heading"


def _mask(example: Example, tokenizer: Any) -> Mask:
    prompt = prompt_text(example, tokenizer)
    text = prompt + completion_text(example)
    tokens = []
    # A character of several tokens is shown with the last of them.
    shown = 0
    for start, end in _offsets(text, tokenizer):
        tokens.append((text[max(shown, start) : end], start >= len(prompt)))
        shown = max(shown, end)
    return Mask(example.id, (*tokens, (tokenizer.eos_token, True)))


def _offsets(text: str, tokenizer: Any) -> list[tuple[int, int]]:
    # The chat template has written the beginning mark already.
    found = tokenizer(text, return_offsets_mapping=True, add_special_tokens=False)
    return list(found["offset_mapping"])
