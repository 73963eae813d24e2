"""Training examples: what they are, and how they are read and written.

An example is what serving will send and the memorandum that should come back: passages,
question, memorandum. ``training.checks`` says what is wrong with one.
"""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from serving.prompts import Excerpt
from training.jsonl import BadExamples, rows


@dataclass(frozen=True, slots=True)
class Example:
    """One training example. ``matter`` is what the train/held-out split keeps together."""

    id: str
    matter: str
    area: str
    split: str
    """``train`` or ``held-out``."""
    answerable: bool
    question: str
    passages: tuple[Excerpt, ...]
    memorandum: str
    """Five headings on lines of their own, sentences cited ``[n]``."""


def read_examples(path: Path) -> list[Example]:
    """Gives the examples of a JSONL file.

    Raises:
        BadExamples: the file is missing, or a line is not an example; the message names it.
    """
    examples = []
    for number, fields in rows(path):
        try:
            fields["passages"] = tuple(Excerpt(**passage) for passage in fields["passages"])
            examples.append(Example(**fields))
        except (TypeError, KeyError) as error:
            raise BadExamples(
                f"{path}, line {number}: not an example ({error}); correct it"
            ) from None
    if not examples:
        raise BadExamples(f"{path}: holds no example; build it with `casewright dataset build`")
    return examples


def write_examples(path: Path, examples: Iterable[Example]) -> None:
    """Writes examples as JSONL, one a line, keys in a fixed order."""
    lines = [json.dumps(asdict(example), ensure_ascii=False) for example in examples]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
