"""What the training tests share: the base model's checkpoint, made once, and a short data set."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from serving import models
from serving.prompts import Excerpt
from training.examples import Example, write_examples

MEMORANDUM = """QUESTION PRESENTED
Who repairs the {thing}?

BRIEF ANSWER
The Grantee repairs the {thing} [1].

FACTS
The {thing} stands above the mill [1].

DISCUSSION
The Grantee keeps the {thing} in repair [1].

CONCLUSION
The Grantee must repair the {thing} [1]."""


@pytest.fixture(scope="session")
def training_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with the base model's checkpoint. Tests may register adapters in it."""
    from training.checkpoint import ensure_checkpoint

    home = tmp_path_factory.mktemp("training-home")
    ensure_checkpoint(models.resolve(models.DEFAULT_BASE), home)
    return home


@pytest.fixture(scope="session")
def tiny_base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a Llama so small that a step takes milliseconds."""
    from tests.training.tiny_llama import make_tiny_llama

    return make_tiny_llama(tmp_path_factory.mktemp("base") / "tiny-llama")


@pytest.fixture
def short_examples(tmp_path: Path) -> Path:
    """Three examples of a few lines: a step takes seconds where NF4 has no fast kernel."""
    return write_short_examples(tmp_path / "short.jsonl", ["weir", "bridge"])


def write_short_examples(file: Path, things: Sequence[str]) -> Path:
    """Writes an example of a few lines about each thing, and a held-out one."""
    examples = [
        Example(
            id=thing,
            matter=thing,
            area="property",
            split=split,
            answerable=True,
            question=f"Who repairs the {thing}?",
            passages=(
                Excerpt("deed.txt", 1, f"The Grantee keeps the {thing} above the mill in repair."),
            ),
            memorandum=MEMORANDUM.format(thing=thing),
        )
        for thing, split in (*((thing, "train") for thing in things), ("sluice", "held-out"))
    ]
    write_examples(file, examples)
    return file
