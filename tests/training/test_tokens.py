"""Lengths in tokens, what a limit cuts, and the mask, with the tokenizer of the packaged model."""

from pathlib import Path
from typing import Any

import pytest

from serving import models
from serving.house import HEADINGS
from training.examples import Example, read_examples
from training.memoranda.vary import MEMORANDA
from training.rows import prompt_text
from training.tokens import lengths, load_tokenizer

pytest.importorskip("transformers")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def tokenizer(home: Path) -> Any:
    return load_tokenizer(models.resolve(models.DEFAULT_BASE), home)


@pytest.fixture(scope="module")
def examples() -> list[Example]:
    return read_examples(MEMORANDA)[:5]


def test_kept_tokenizer_gives_the_same_tokens(
    home: Path, tokenizer: Any, examples: list[Example]
) -> None:
    (kept,) = (home / "models").iterdir()
    again = load_tokenizer(models.resolve(models.DEFAULT_BASE), home)
    assert kept.name.endswith("-tokenizer")
    for example in examples:
        prompt, memorandum = prompt_text(example, tokenizer), example.memorandum
        assert prompt_text(example, again) == prompt
        text = f"{prompt}{memorandum} — § 4.3(b) é 租金 🙂"
        assert again(text)["input_ids"] == tokenizer(text)["input_ids"]


def test_length_is_that_of_prompt_memorandum_and_end(
    tokenizer: Any, examples: list[Example]
) -> None:
    found = lengths(examples, tokenizer, 2048)
    for example, one in zip(examples, found.examples, strict=True):
        prompt, memorandum = prompt_text(example, tokenizer), example.memorandum
        assert one.example == example.id
        assert one.prompt == len(tokenizer(prompt)["input_ids"])
        assert one.tokens == len(tokenizer(prompt + memorandum)["input_ids"]) + 1
        assert one.cut == ""
    trained = sum(one.trained for one in found.examples)
    assert found.trained_share == trained / sum(one.tokens for one in found.examples)


def test_mask_is_the_whole_text_with_the_memorandum_trained_on(
    tokenizer: Any, examples: list[Example]
) -> None:
    found = lengths(examples, tokenizer, 2048)
    assert len(found.masks) == 3
    by_id = {example.id: example for example in examples}
    for mask in found.masks:
        example = by_id[mask.example]
        prompt, memorandum = prompt_text(example, tokenizer), example.memorandum
        assert "".join(text for text, trained in mask.tokens if not trained) == prompt
        learned = "".join(text for text, trained in mask.tokens if trained)
        assert learned == memorandum + tokenizer.eos_token


@pytest.mark.parametrize(
    ("kept", "place"),
    [
        (lambda prompt, parts: prompt - 1, "the prompt"),
        (lambda prompt, parts: prompt + parts[0] + 2, "QUESTION PRESENTED"),
        (lambda prompt, parts: prompt + parts[3] + 9, "DISCUSSION"),
        (lambda prompt, parts: -1, "the end of the turn"),
        (lambda prompt, parts: 0, ""),
    ],
)
def test_what_a_limit_cuts(tokenizer: Any, examples: list[Example], kept: Any, place: str) -> None:
    example = examples[0]
    prompt, memorandum = prompt_text(example, tokenizer), example.memorandum
    before = len(tokenizer(prompt)["input_ids"])
    parts = [
        len(tokenizer(memorandum[: memorandum.index(heading)])["input_ids"]) for heading in HEADINGS
    ]
    total = len(tokenizer(prompt + memorandum)["input_ids"]) + 1
    at = kept(before, parts)
    limit = at if at > 0 else total + at
    (one,) = lengths([example], tokenizer, limit).examples
    expected = f"{total - limit} tokens, from {place} on" if place else ""
    assert one.cut == expected
