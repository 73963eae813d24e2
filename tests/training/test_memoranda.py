"""The sample memoranda: what ``vary`` writes, without a fault, and nothing of the sample matter."""

import re
from collections import Counter
from pathlib import Path

import pytest

from tests.conftest import SAMPLE_MATTER
from training.checks import check_examples
from training.examples import Example, read_examples
from training.memoranda import vary
from training.memoranda.vary import MEMORANDA, faults_of

SCENARIOS = sorted((MEMORANDA.parent / "scenarios").glob("*.toml"))


@pytest.fixture(scope="module")
def examples() -> list[Example]:
    return read_examples(MEMORANDA)


def test_file_is_what_vary_writes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vary, "MEMORANDA", tmp_path / MEMORANDA.name)
    assert vary.main([]) == 0
    assert (tmp_path / MEMORANDA.name).read_bytes() == MEMORANDA.read_bytes()


def test_enough_of_each_kind(examples: list[Example]) -> None:
    splits = Counter(example.split for example in examples)
    assert set(splits) == {"train", "held-out"}
    assert splits["train"] >= 240
    assert len({example.matter for example in examples}) >= 40
    assert len({example.area for example in examples}) >= 12
    assert sum(not example.answerable for example in examples) >= 40
    assert len({example.id for example in examples}) == len(examples)


def test_no_fault(examples: list[Example]) -> None:
    assert check_examples(examples) == []


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda path: path.stem)
def test_scenario_keeps_to_its_measures(scenario: Path) -> None:
    assert faults_of(scenario) == []


@pytest.mark.parametrize(
    ("part", "changed", "words"),
    [
        (r"\{(?=\w+\})", "{no_", "unknown slot {no_"),
        (r"withhold = \[", 'withhold = ["nothing", ', "the unknown passage nothing"),
        (r"(?<=\[slots\]\n)(\w+) = \[", r'\1 = ["one more", ', "has 7 values, not 6"),
        (r"(?<= )\[[a-z_]+\]", "[nowhere]", "cites [nowhere]"),
        (r"(?<=\[memo\]\n)question_presented", "question", "KeyError: 'question_presented'"),
    ],
)
def test_faulty_scenario_is_told(tmp_path: Path, part: str, changed: str, words: str) -> None:
    text, changes = re.subn(part, changed, SCENARIOS[0].read_text(encoding="utf-8"), count=1)
    assert changes == 1
    file = tmp_path / "faulty.toml"
    file.write_text(text, encoding="utf-8")
    assert words in faults_of(file)[0]


def test_unanswerable_examples_do_not_answer(examples: list[Example]) -> None:
    for example in examples:
        answer = example.memorandum.split("BRIEF ANSWER\n")[1].split("\n\n")[0]
        if not example.answerable:
            assert not re.match(r"(Likely |Probably )?[Yy]es\b", answer), (example.id, answer)


@pytest.mark.parametrize(
    "name",
    [
        *("Quillfeather", "Brackwater", "Petrakis", "Oduya", "Fenwick", "Abernathy", "Prewitt"),
        *("Stellan", "Fennimore", "Vasquez", "Lathbury", "Crewe", "Kiln Yard", "Wendt"),
    ],
)
def test_no_name_of_the_sample_matter_is_trained_on(examples: list[Example], name: str) -> None:
    source = SAMPLE_MATTER / "source"
    assert any(name in file.read_text(encoding="utf-8") for file in source.glob("*.md"))
    named = [
        example.id
        for example in examples
        for text in (example.question, example.memorandum, *(p.text for p in example.passages))
        if re.search(rf"\b{name}\b", text)
    ]
    assert named == []
