"""Examples -> rows of tokens: the prompt just as serving sends it, the memorandum, end of turn."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from serving import prompts
from serving.house import house
from training.config import DataTable
from training.examples import Example
from training.jsonl import BadExamples

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase


@dataclass(frozen=True, slots=True)
class Row:
    """One example as the model sees it."""

    example: Example
    tokens: list[int]
    prompt: int
    """How many of the tokens are the prompt's; the rest is trained on."""

    @property
    def trained(self) -> int:
        """How many tokens are trained on."""
        return len(self.tokens) - self.prompt

    def fields(self) -> dict[str, list[int]]:
        """Gives the columns that TRL's trainer takes for a row that is already tokens."""
        return {
            "input_ids": self.tokens,
            "completion_mask": [0] * self.prompt + [1] * self.trained,
        }


def chosen(examples: Sequence[Example], split: str, most: int | None, seed: int) -> list[Example]:
    """Gives at most ``most`` examples of a split, from all matters alike, in a random order.

    Raises:
        BadExamples: there is none.
    """
    draw = random.Random(seed)
    by_matter: dict[str, list[Example]] = {}
    for example in examples:
        if example.split == split:
            by_matter.setdefault(example.matter, []).append(example)
    for group in by_matter.values():
        draw.shuffle(group)
    found: list[Example] = []
    while any(by_matter.values()):
        turn = [group.pop() for group in by_matter.values() if group]
        draw.shuffle(turn)
        found += turn
    if not found:
        raise BadExamples(f"no example has the split “{split}”; both parts are needed")
    return found[:most]


def split_rows(
    examples: Sequence[Example], data: DataTable, seed: int, tokenizer: "PreTrainedTokenizerBase"
) -> tuple[list[Row], list[Row]]:
    """Gives the rows to train on and those held out, as the configuration limits them.

    Raises:
        BadExamples: a part is missing, or an example is longer than ``data.max_tokens``.
    """
    training = chosen(examples, "train", data.max_examples, seed)
    held_out = chosen(examples, "held-out", data.held_out_examples, seed)
    return (
        [render(example, tokenizer, data.max_tokens) for example in training],
        [render(example, tokenizer, data.max_tokens) for example in held_out],
    )


def render(example: Example, tokenizer: "PreTrainedTokenizerBase", max_tokens: int) -> Row:
    """Gives an example as tokens. Raises BadExamples if they are too many: nothing is cut."""
    prompt = prompt_text(example, tokenizer)
    # The template has written the beginning mark already; a second one would flatter the adapter.
    before = _tokens(prompt, tokenizer)
    whole = _tokens(prompt + completion_text(example) + tokenizer.eos_token, tokenizer)
    if len(whole) > max_tokens:
        raise BadExamples(
            f"{example.id}: {len(whole)} tokens, more than data.max_tokens ({max_tokens}); "
            "shorten the example or raise the limit"
        )
    if whole[: len(before)] != before:
        raise BadExamples(
            f"{example.id}: its memorandum's first token runs into the prompt; begin it with a "
            "heading on a line of its own"
        )
    return Row(example, whole, len(before))


def prompt_text(example: Example, tokenizer: "PreTrainedTokenizerBase") -> str:
    """Gives the prompt of an example as text. Raises BadExamples for a base without a template."""
    if tokenizer.chat_template is None:
        raise BadExamples(
            f"{tokenizer.name_or_path}: its tokenizer has no chat template; name an Instruct model"
        )
    text: str = tokenizer.apply_chat_template(
        prompts.messages(example.question, example.passages),
        tokenize=False,
        add_generation_prompt=True,
        date_string=prompts.TEMPLATE_DATE,
    )
    return text


def completion_text(example: Example) -> str:
    """Gives the memorandum that is to come back, its parts called what the house calls them."""
    return house().worded(example.memorandum)


def _tokens(text: str, tokenizer: Any) -> list[int]:
    ids: list[int] = tokenizer(text, add_special_tokens=False)["input_ids"]
    return ids
