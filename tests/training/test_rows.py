"""Examples as tokens: one beginning mark, the prompt's boundary, the end of turn, nothing cut."""

from pathlib import Path
from typing import Any

import pytest

from serving.house import House
from tests.training.conftest import write_short_examples
from training.examples import Example, read_examples
from training.jsonl import BadExamples

transformers = pytest.importorskip("transformers")

LLAMA_3 = (
    "{{ bos_token }}"
    "{% if not date_string is defined %}{% set date_string = strftime_now('%d %b %Y') %}{% endif %}"
    "Today is {{ date_string }}. "
    "{% for message in messages %}{{ message['content'] }}\n{% endfor %}"
)


@pytest.fixture
def example(tmp_path: Path) -> Example:
    return read_examples(write_short_examples(tmp_path / "short.jsonl", ["weir"]))[0]


@pytest.fixture
def tokenizer(tiny_base: Path) -> Any:
    return transformers.AutoTokenizer.from_pretrained(tiny_base)


def test_row_is_prompt_memorandum_and_end_of_turn(example: Example, tokenizer: Any) -> None:
    from training.rows import prompt_text, render

    row = render(example, tokenizer, 4096)
    assert tokenizer.decode(row.tokens[: row.prompt]) == prompt_text(example, tokenizer)
    assert tokenizer.decode(row.tokens[row.prompt :]) == example.memorandum + "<|im_end|>"
    fields = row.fields()
    assert fields["completion_mask"] == [0] * row.prompt + [1] * row.trained
    assert len(fields["input_ids"]) == len(fields["completion_mask"])
    assert render(example, tokenizer, len(row.tokens)).tokens == row.tokens
    with pytest.raises(BadExamples, match=r"weir: \d+ tokens, more than data.max_tokens"):
        render(example, tokenizer, len(row.tokens) - 1)


def test_beginning_mark_stands_once_and_no_day_s_date(example: Example, tokenizer: Any) -> None:
    """Llama 3: the tokenizer adds the mark that the template has written, the template a date."""
    from tokenizers.processors import TemplateProcessing

    from serving.prompts import TEMPLATE_DATE
    from training.rows import prompt_text, render

    tokenizer.add_special_tokens({"bos_token": "<|begin_of_text|>"})
    tokenizer.backend_tokenizer.post_processor = TemplateProcessing(
        single="<|begin_of_text|> $A", special_tokens=[("<|begin_of_text|>", len(tokenizer) - 1)]
    )
    tokenizer.chat_template = LLAMA_3
    doubled = tokenizer(prompt_text(example, tokenizer))["input_ids"]
    assert doubled.count(tokenizer.bos_token_id) == 2
    assert render(example, tokenizer, 4096).tokens.count(tokenizer.bos_token_id) == 1
    assert f"Today is {TEMPLATE_DATE}. " in prompt_text(example, tokenizer)


def test_base_without_a_template_is_refused(example: Example, tokenizer: Any) -> None:
    from training.rows import render

    tokenizer.chat_template = None
    with pytest.raises(BadExamples, match="no chat template; name an Instruct model"):
        render(example, tokenizer, 4096)


def test_same_tokens_as_trl_makes_of_the_texts(example: Example, training_home: Path) -> None:
    from serving import models
    from training.rows import prompt_text, render

    base = models.resolve(models.DEFAULT_BASE)
    packaged = transformers.AutoTokenizer.from_pretrained(base.checkpoint(training_home))
    text = prompt_text(example, packaged) + example.memorandum + packaged.eos_token
    assert render(example, packaged, 4096).tokens == packaged(text)["input_ids"]


def test_a_house_s_names_are_what_is_trained_on(
    example: Example, tokenizer: Any, other_house: House
) -> None:
    from training.rows import render

    row = render(example, tokenizer, 4096)
    trained = tokenizer.decode(row.tokens[row.prompt :])
    assert trained.startswith("ISSUE\n")
    assert "LAW AND OPINION\n" in trained
    assert "QUESTION PRESENTED" not in tokenizer.decode(row.tokens)
