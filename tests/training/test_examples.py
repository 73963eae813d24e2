"""Training examples: the file form, and checks that find each fault and only that."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from serving.prompts import HEADINGS, Excerpt
from training.examples import (
    Example,
    check_example,
    check_examples,
    read_examples,
    write_examples,
)
from training.jsonl import BadExamples

BODY = {
    "QUESTION PRESENTED": "Whether Quillfeather owes rent.",
    "BRIEF ANSWER": "Yes [1].",
    "FACTS": "Rent is $15,200.00 and was due on June 1, 2019 [1].",
    "DISCUSSION": "The lease governs [1]. The roof leaked [2].",
    "CONCLUSION": "Rent is due.",
}
GOOD = Example(
    id="lease-1",
    matter="lease",
    area="real property",
    split="train",
    answerable=True,
    question="Does Quillfeather owe rent?",
    passages=(
        Excerpt("Lease", 3, "Rent of $15,200.00 is due on June 1, 2019."),
        Excerpt("Note", 1, "The roof leaked."),
    ),
    memorandum="\n\n".join(f"{heading}\n{text}" for heading, text in BODY.items()),
)


def with_part(heading: str, text: str) -> str:
    return "\n\n".join(
        f"{name}\n{text if name == heading else kept}" for name, kept in BODY.items()
    )


def test_good_example_has_no_fault() -> None:
    assert check_examples([GOOD]) == []


@pytest.mark.parametrize(
    ("memorandum", "check", "detail"),
    [
        (with_part("FACTS", "Rent is $16,000.00 [1]."), "fact closure", "“$16,000.00”"),
        (with_part("FACTS", "Rent was due on June 10 [1]."), "fact closure", "“June 10”"),
        (with_part("FACTS", "Rent was due on June 1, 2018 [1]."), "fact closure", "“June 1, 2018”"),
        (with_part("FACTS", "It was said “pay now” [1]."), "fact closure", "“pay now”"),
        (with_part("FACTS", "We asked Halcyon [1]."), "fact closure", "“Halcyon”"),
        (with_part("FACTS", "Rent is due [3]."), "citation", "[3] is not one of the 2 passages"),
        (with_part("FACTS", "Rent is due [0]."), "citation", "[0] is not one of the 2 passages"),
        (GOOD.memorandum.replace("[1]", "").replace("[2]", ""), "citation", "cites no passage"),
        (GOOD.memorandum.replace("FACTS\n", ""), "headings", "in order"),
        (GOOD.memorandum + "\n\nFACTS\nNone.", "headings", "in order"),
        (
            "\n\n".join(f"{heading}\nRent is due [1]." for heading in reversed(HEADINGS)),
            "headings",
            "in order",
        ),
    ],
)
def test_each_fault_is_found(memorandum: str, check: str, detail: str) -> None:
    (fault,) = check_example(replace(GOOD, memorandum=memorandum))
    assert (fault.example, fault.check) == ("lease-1", check)
    assert detail in fault.detail


def test_matter_on_both_sides_of_the_split() -> None:
    other = replace(GOOD, id="lease-2", split="held-out", memorandum=GOOD.memorandum + " Truly.")
    (fault,) = check_examples([GOOD, other])
    assert (fault.example, fault.check) == ("lease", "split")


def test_memorandum_given_twice() -> None:
    (fault,) = check_examples([GOOD, replace(GOOD, id="lease-2")])
    assert (fault.example, fault.check, fault.detail) == (
        "lease-2",
        "duplicate",
        "the memorandum of lease-1",
    )


def test_examples_come_back_as_they_were_written(tmp_path: Path) -> None:
    file = tmp_path / "examples.jsonl"
    examples = [GOOD, replace(GOOD, id="lease-2", question="¿Wer schuldet “Miete”?\u2028")]
    write_examples(file, examples)
    assert read_examples(file) == examples


def without(key: str) -> Callable[[dict[str, object]], object]:
    return lambda row: {name: value for name, value in row.items() if name != key}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (without("question"), "question"),
        (without("passages"), "passages"),
        (lambda row: row | {"colour": "red"}, "colour"),
        (lambda row: row | {"passages": [{"text": "x"}]}, "missing"),
        (lambda row: row | {"passages": None}, "not an example"),
        (lambda row: [row], "not a JSON object"),
        (lambda row: 7, "not a JSON object"),
    ],
)
def test_bad_line_is_named(
    tmp_path: Path, change: Callable[[dict[str, object]], object], words: str
) -> None:
    file = tmp_path / "examples.jsonl"
    write_examples(file, [GOOD])
    line = file.read_text(encoding="utf-8")
    file.write_text(f"{line}\n{json.dumps(change(json.loads(line)))}\n", encoding="utf-8")
    with pytest.raises(BadExamples, match=words) as bad:
        read_examples(file)
    assert str(bad.value).startswith(f"{file}, line 3: ")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "no such file"),
        ("", "holds no example"),
        ("\n\n", "holds no example"),
        ("{", "line 1"),
    ],
)
def test_no_examples(tmp_path: Path, content: str | None, words: str) -> None:
    file = tmp_path / "examples.jsonl"
    if content is not None:
        file.write_text(content, encoding="utf-8")
    with pytest.raises(BadExamples, match=words):
        read_examples(file)
