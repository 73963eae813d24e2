"""The checks that refuse training examples.

They keep facts out of the weights: whatever a memorandum states must stand in its prompt (*fact
closure*). And they keep the held-out part apart, so that the loss measured on it means something.
"""

from collections.abc import Container, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from serving import citations, facts
from serving.house import HEADINGS
from serving.prompts import Excerpt
from training.examples import Example, read_examples
from training.jsonl import BadExamples
from training.leakage import repeated

FEW = 50
"""Fewer training examples are refused."""
ENOUGH = 200
"""Fewer training examples are warned of."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What a check holds against an example."""

    example: str
    check: str
    detail: str


def check_example(example: Example, common: Container[str] | None = None) -> list[Fault]:
    """Gives the faults of one example: headings, citations, fact closure.

    ``common`` are words that are no names, as ``serving.facts.missing`` takes them.
    """
    faults = []
    lines = [line.strip() for line in example.memorandum.splitlines()]
    if [line for line in lines if line in HEADINGS] != list(HEADINGS):
        faults.append(
            Fault(example.id, "headings", "the five headings do not stand once each in order")
        )
    else:
        faults += [
            Fault(example.id, "headings", f"nothing stands under {heading}")
            for heading, text in sections(example.memorandum).items()
            if not text
        ]
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
            for fact in citations.missing(sentence, whole, common)
        ]
    return faults


def check_examples(examples: Sequence[Example]) -> list[Fault]:
    """Gives the faults of all examples, and of the split between training and held-out part.

    No matter stands on both sides, no memorandum or case file of one side nearly on the other,
    no id or memorandum twice.
    """
    common = common_words(examples) | _sample_words()
    faults = [fault for example in examples for fault in check_example(example, common)]
    sides: dict[str, set[str]] = {}
    for example in examples:
        sides.setdefault(example.matter, set()).add(example.split)
    faults += [
        Fault(matter, "split", "stands in the training and in the held-out part")
        for matter, split in sides.items()
        if len(split) > 1
    ]
    seen: dict[str, str] = {}
    ids: set[str] = set()
    for example in examples:
        if example.id in ids:
            faults.append(Fault(example.id, "duplicate", "another example has this id"))
        ids.add(example.id)
        if example.memorandum in seen:
            faults.append(
                Fault(example.id, "duplicate", f"the memorandum of {seen[example.memorandum]}")
            )
        seen.setdefault(example.memorandum, example.id)
    apart = [one for one in repeated(examples) if one.leaks and len(sides[one.matter]) == 1]
    return faults + [Fault(one.example, "leak", one.told) for one in apart]


def refuse_few(data: Path, examples: Sequence[Example], *, force: bool) -> str:
    """Gives a warning where the training examples of a file are few for a style, else "".

    Raises:
        BadExamples: they are fewer than 50, and ``force`` is not given.
    """
    count = sum(example.split == "train" for example in examples)
    why = "a style needs 200 to 500 good ones, and below 100 a better prompt does more"
    if count < FEW and not force:
        raise BadExamples(
            f"{data}: {count} training examples, fewer than {FEW}; {why}; add examples, or go on "
            "all the same with --force"
        )
    return f"{count} training examples, fewer than {ENOUGH}; {why}" if count < ENOUGH else ""


def sections(memorandum: str) -> dict[str, str]:
    """Gives the text under each of the five headings that stands in a memorandum."""
    found: dict[str, str] = {}
    heading = ""
    for line in memorandum.splitlines():
        if line.strip() in HEADINGS:
            heading = line.strip()
            found.setdefault(heading, "")
        elif heading:
            found[heading] = f"{found[heading]}\n{line}".strip()
    return found


def common_words(examples: Sequence[Example]) -> frozenset[str]:
    """Gives the words that stand in lower case in any of the examples: they are no names."""
    texts = (
        text
        for example in examples
        for text in (example.question, example.memorandum, *_sources(example.passages))
    )
    return frozenset().union(*(facts.lower_case(text) for text in texts))


@lru_cache(maxsize=1)
def _sample_words() -> frozenset[str]:
    """The words of the memoranda that ship: a small file of one's own has too few."""
    return common_words(read_examples(Path(__file__).parent / "memoranda" / "memoranda.jsonl"))


def _sources(passages: Sequence[Excerpt]) -> list[str]:
    return [passage.shown for passage in passages]
