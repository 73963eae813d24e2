"""``casewright diagnose``: the verdict in words, and whether it pays to train."""

import json
from pathlib import Path

import pytest

from retrieval.library import Library
from tests.training.conftest import write_short_examples
from tests.ui.conftest import Casewright, entries

pytestmark = pytest.mark.usefixtures("asked")

RENT = ("oven", "How much is the rent?")


@pytest.fixture
def house(tmp_path: Path) -> tuple[str, str]:
    file = write_short_examples(tmp_path / "house.jsonl", ["weir", "bridge"])
    return "--memoranda", str(file)


def test_right_answer_of_the_adapter_has_the_style_at_fault_alone(
    casewright: Casewright, adapter: str, house: tuple[str, str], library: Library
) -> None:
    arguments = (*RENT, "--fact", "$15,200.00", "--adapter", adapter, *house)
    status, out, err = casewright("diagnose", *arguments, "--json")
    assert status == 0, err
    (verdict,) = json.loads(out)
    assert verdict["facts"] is None
    assert set(verdict["faults"]) <= {"adapter", "prompt"}
    assert verdict["figures"]["adapter, retrieved, plain"][1] == 1
    (entry,) = [one for one in entries(library.home) if one["event"] == "diagnose"]
    assert "rent" not in json.dumps(entry)


def test_base_model_is_asked_where_no_adapter_is(
    casewright: Casewright, house: tuple[str, str], asked: list[bool]
) -> None:
    status, out, err = casewright("diagnose", *RENT, "--fact", "$15,200.00", "--base", *house)
    assert status == 0, err
    assert asked == [False] * 4
    assert "q1: at fault: adapter\n" in out
    assert "none is in use, and style is what training is for" in out
    assert "base, gold, thorough" in out
    casewright("diagnose", *RENT, "--fact", "$15,200.00", "--base", *house)
    assert len(asked) == 4, "what was written is kept"


def test_fact_that_the_file_does_not_have(casewright: Casewright, asked: list[bool]) -> None:
    status, out, _ = casewright("diagnose", *RENT, "--fact", "$77,000")
    assert (status, asked) == (0, [])
    assert out.startswith("At fault: file\n  oven: no passage states $77,000\nFile: ingest ")


def test_set_ends_with_a_tally(
    casewright: Casewright, adapter: str, house: tuple[str, str], questions: Path
) -> None:
    arguments = ("oven", "--questions", str(questions), "--adapter", adapter, *house)
    status, out, err = casewright("diagnose", *arguments)
    assert status == 0, err
    assert "rent: at fault: " in out and "maker: at fault: " in out
    assert "for the facts" in out.splitlines()[-7]


def test_whether_it_pays_to_train(
    casewright: Casewright, adapter: str, house: tuple[str, str], questions: Path
) -> None:
    status, out, _ = casewright("diagnose", "oven")
    assert status == 0
    lines = out.splitlines()
    assert [line[:2] for line in lines] == ["1.", "2.", "3.", "4.", "5."]
    assert [line.split("? ")[1].split(":")[0] for line in lines] == [
        "not known", "no", "not known", "not known", "no",
    ]  # fmt: skip
    casewright("evaluate", "oven", "--questions", str(questions), "--adapter", adapter, *house)
    status, out, _ = casewright("diagnose", "oven", *house, "--json")
    found = {one["question"]: one for one in json.loads(out)}
    assert found["Does it lack facts?"]["answer"] == "yes"
    assert found["Is it behaviour?"]["answer"] == "yes"
    assert found["Are there 200 examples or more?"]["told"].startswith("2 to train on; more")
    assert found["Was prompting tried?"]["answer"] == "yes"


@pytest.mark.parametrize(
    ("arguments", "status", "told"),
    [
        (("none",), 1, "none: no such matter"),
        (("oven", "Who?", "--questions", "a.jsonl"), 2, "either a question or"),
        (("oven", "--fact", "May 1"), 2, "goes with a question"),
        (("oven", "--questions", "gone.jsonl"), 1, "gone.jsonl: no such file"),
        (("oven", "?", "--base"), 1, "the question is empty"),
        (("oven", "Who?", "--adapter", "gone"), 1, "gone: no such adapter"),
    ],
)
def test_what_cannot_be_diagnosed(
    casewright: Casewright, arguments: tuple[str, ...], status: int, told: str
) -> None:
    ended, out, err = casewright("diagnose", *arguments)
    assert (ended, out) == (status, "")
    assert told in " ".join(err.replace("│", " ").split())
