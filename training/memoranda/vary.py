"""Scenarios -> the sample memoranda that ship with Casewright.

Each scenario is a TOML file written by hand: passages, question and memorandum with slots for
its facts, two wordings of every part, and a gap (a memorandum for the case that the answering
passages were not found). Six examples come of each: five that the passages answer and one that
they do not. Which wording, which order of passages is drawn by a generator seeded with the
scenario's name, so that the result is the same on every machine.

    python -m training.memoranda.vary            write memoranda.jsonl
    python -m training.memoranda.vary --check F  say what is wrong with a scenario
"""

import random
import re
import sys
import tomllib
from pathlib import Path
from typing import Any

from serving.house import HEADINGS
from serving.prompts import Excerpt
from training.checks import check_example
from training.examples import Example, write_examples

HERE = Path(__file__).parent
MEMORANDA = HERE / "memoranda.jsonl"
VARIANTS = 6
HELD_OUT = 10
"""Every tenth scenario, by name, is held out whole."""

_SECTIONS = ("question_presented", "brief_answer", "facts", "discussion", "conclusion")


def examples_of(path: Path, *, split: str) -> list[Example]:
    """Gives the six examples of a scenario. Raises ValueError where its parts do not fit."""
    scenario = tomllib.loads(path.read_text(encoding="utf-8"))
    lengths = {name: len(values) for name, values in scenario["slots"].items()}
    wrong = [name for name, length in lengths.items() if length != VARIANTS]
    if wrong:
        raise ValueError(f"slot {wrong[0]} has {lengths[wrong[0]]} values, not {VARIANTS}")
    return [_example(path.stem, scenario, variant, split) for variant in range(VARIANTS)]


def _example(name: str, scenario: dict[str, Any], variant: int, split: str) -> Example:
    draw = random.Random(f"{name}/{variant}")
    slots = {slot: values[variant] for slot, values in scenario["slots"].items()}
    answerable = variant < VARIANTS - 1
    withheld = [] if answerable else scenario["gap"]["withhold"]
    unknown = set(withheld) - {passage["key"] for passage in scenario["passages"]}
    if unknown:
        raise ValueError(f"gap.withhold names the unknown passage {unknown.pop()}")
    passages = [passage for passage in scenario["passages"] if passage["key"] not in withheld]
    draw.shuffle(passages)
    numbers = {passage["key"]: f"[{number}]" for number, passage in enumerate(passages, start=1)}
    parts = dict(scenario["memo"])
    if not answerable:
        parts |= {key: value for key, value in scenario["gap"].items() if key != "withhold"}
    # With two wordings each, the variants take them in turn before chance repeats one.
    sections = []
    for index, section in enumerate(_SECTIONS):
        wordings = parts[section]
        text = wordings[(variant + draw.randrange(2) * index) % len(wordings)]
        sections.append(f"{HEADINGS[index]}\n{_cited(_filled(text, slots), numbers)}")
    questions = scenario["question"]
    return Example(
        id=f"{name}-{variant + 1}",
        matter=name,
        area=scenario["area"],
        split=split,
        answerable=answerable,
        question=_filled(questions[variant % len(questions)], slots),
        passages=tuple(
            Excerpt(
                document=_filled(passage["document"], slots),
                page=passage["page"],
                text=_filled(passage["text"], slots),
            )
            for passage in passages
        ),
        memorandum="\n\n".join(sections),
    )


def _filled(text: str, slots: dict[str, str]) -> str:
    def value(match: re.Match[str]) -> str:
        if match.group(1) not in slots:
            raise ValueError(f"unknown slot {match.group()}")
        return slots[match.group(1)]

    return re.sub(r"\{(\w+)\}", value, text).strip()


def _cited(text: str, numbers: dict[str, str]) -> str:
    def number(match: re.Match[str]) -> str:
        if match.group(1) not in numbers:
            raise ValueError(f"cites {match.group()}, which is no passage of this variant")
        return numbers[match.group(1)]

    return re.sub(r"\[(\w+)\]", number, text)


def faults_of(path: Path) -> list[str]:
    """Gives what is wrong with a scenario, one line each."""
    try:
        examples = examples_of(path, split="train")
    except (ValueError, KeyError) as error:
        return [f"{path.name}: {type(error).__name__}: {error}"]
    lines = [
        f"{path.name}: {fault.example}: {fault.check}: {fault.detail}"
        for example in examples
        for fault in check_example(example)
    ]
    for example in examples:
        words = len(example.memorandum.split())
        if example.answerable and not 160 <= words <= 290:
            lines.append(f"{path.name}: {example.id}: memorandum of {words} words (170 to 260)")
    for passage in examples[0].passages:
        if not 240 <= len(passage.text) <= 520:
            lines.append(
                f"{path.name}: passage of {len(passage.text)} characters (260 to 480): "
                f"{passage.text[:40]!r}"
            )
    return list(dict.fromkeys(lines))


def main(arguments: list[str]) -> int:
    """Writes ``memoranda.jsonl``, or checks the scenarios named after ``--check``."""
    if arguments[:1] == ["--check"]:
        faults = [fault for name in arguments[1:] for fault in faults_of(Path(name))]
        print("\n".join(faults) or f"{len(arguments) - 1} scenarios, no fault")
        return 1 if faults else 0
    examples = []
    for index, path in enumerate(sorted((HERE / "scenarios").glob("*.toml"))):
        split = "held-out" if index % HELD_OUT == HELD_OUT - 1 else "train"
        examples += examples_of(path, split=split)
    write_examples(MEMORANDA, examples)
    print(f"{len(examples)} examples in {MEMORANDA.name}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
