"""Training examples: what they are, how they are read, and the checks on them.

An example is what serving will send and the memorandum that should come back: passages,
question, memorandum. The checks keep facts out of the weights: whatever a memorandum states
must stand in its prompt (*fact closure*).
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from serving import citations
from serving.prompts import HEADINGS, Excerpt
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


@dataclass(frozen=True, slots=True)
class Fault:
    """What a check holds against an example."""

    example: str
    check: str
    detail: str


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


def check_example(example: Example) -> list[Fault]:
    """Gives the faults of one example: headings, citations, fact closure."""
    faults = []
    lines = [line.strip() for line in example.memorandum.splitlines()]
    if [line for line in lines if line in HEADINGS] != list(HEADINGS):
        faults.append(
            Fault(example.id, "headings", "the five headings do not stand once each in order")
        )
    count = len(example.passages)
    cited = citations.citations(example.memorandum)
    faults += [
        Fault(example.id, "citation", f"[{number}] is not one of the {count} passages")
        for number in cited
        if not 1 <= number <= count
    ]
    if not cited:
        faults.append(Fault(example.id, "citation", "the memorandum cites no passage"))
    whole = [example.question, *_sources(example.passages)]
    for start, end in citations.sentences(example.memorandum):
        sentence = example.memorandum[start:end]
        if sentence.strip() in HEADINGS:
            continue
        faults += [
            Fault(example.id, "fact closure", f"“{fact}” does not stand in the prompt: {sentence}")
            for fact in citations.missing(sentence, whole)
        ]
    return faults


def check_examples(examples: Sequence[Example]) -> list[Fault]:
    """Gives the faults of all examples, and of the split: no matter on both sides."""
    faults = [fault for example in examples for fault in check_example(example)]
    sides: dict[str, set[str]] = {}
    for example in examples:
        sides.setdefault(example.matter, set()).add(example.split)
    faults += [
        Fault(matter, "split", "stands in the training and in the held-out part")
        for matter, split in sides.items()
        if len(split) > 1
    ]
    seen: dict[str, str] = {}
    for example in examples:
        if example.memorandum in seen:
            faults.append(
                Fault(example.id, "duplicate", f"the memorandum of {seen[example.memorandum]}")
            )
        seen.setdefault(example.memorandum, example.id)
    return faults


def _sources(passages: Sequence[Excerpt]) -> list[str]:
    return [f"{passage.document}, p. {passage.page}\n{passage.text}" for passage in passages]
