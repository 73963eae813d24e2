"""One page of samples: what the base model and the adapter write to the same held-out prompts."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from training.rows import Row, completion_text
from training.trainer import keep_trainable

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

SAMPLES = "samples.md"


def write_samples(
    model: Any,
    tokenizer: "PreTrainedTokenizerBase",
    rows: Sequence[Row],
    most_tokens: int,
    target: Path,
) -> None:
    """Writes the page as Markdown, greedy, at most ``most_tokens`` a text.

    Model text stands in code blocks: nothing in it is Markdown.
    """
    lines = [
        "# Samples",
        "",
        "The same held-out prompts, greedy, before training and after. "
        f"Texts end after {most_tokens} tokens.",
    ]
    for number, row in enumerate(rows, start=1):
        with model.disable_adapter():
            before = _written(model, tokenizer, row, most_tokens)
        after = _written(model, tokenizer, row, most_tokens)
        lines += ["", f"## Prompt {number}"]
        for title, text in (
            ("Question", row.example.question),
            ("Before", before),
            ("After", after),
            ("As the house wrote it", completion_text(row.example)),
        ):
            fence = _fence(text)
            lines += ["", f"### {title}", "", f"{fence}text", text.strip(), fence]
    target.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _written(model: Any, tokenizer: "PreTrainedTokenizerBase", row: Row, most_tokens: int) -> str:
    model.eval()
    keep_trainable(model)
    prompt = torch.tensor([row.tokens[: row.prompt]], device=model.device)
    with torch.no_grad():
        ids = model.generate(
            input_ids=prompt,
            attention_mask=torch.ones_like(prompt),
            max_new_tokens=most_tokens,
            do_sample=False,
            temperature=None,
            top_p=None,
            top_k=None,
            pad_token_id=tokenizer.pad_token_id,
            eos_token_id=tokenizer.eos_token_id,
        )
    text: str = tokenizer.decode(ids[0, row.prompt :], skip_special_tokens=True)
    return text


def _fence(text: str) -> str:
    """A fence longer than any run of backticks in the text."""
    longest = run = 0
    for character in text:
        run = run + 1 if character == "`" else 0
        longest = max(longest, run)
    return "`" * max(3, longest + 1)
