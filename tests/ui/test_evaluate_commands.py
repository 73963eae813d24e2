"""``casewright evaluate``: what it prints and writes, and that no work is done twice."""

import json
import re
from pathlib import Path

import pytest

from retrieval.library import Library
from tests.training.conftest import write_short_examples
from tests.ui.conftest import HOSTILE, Casewright, entries


@pytest.fixture
def evaluated(casewright: Casewright, questions: Path, tmp_path: Path) -> Casewright:
    """Runs ``evaluate`` on the small matter's questions, against a house of three memoranda."""
    house = write_short_examples(tmp_path / "house.jsonl", ["weir", "bridge"])
    given = ("--questions", str(questions), "--memoranda", str(house))
    return lambda *arguments: casewright("evaluate", "oven", *given, *arguments)


@pytest.mark.usefixtures("adapter")
def test_adapter_moves_style_and_retrieval_facts(
    evaluated: Casewright, asked: list[bool], library: Library, tmp_path: Path
) -> None:
    target = tmp_path / "out"
    status, out, err = evaluated("--output", str(target))
    assert status == 0, err
    assert "The adapter moves the style: confirmed" in out
    assert "The adapter does not move the facts: confirmed" in out
    assert "Retrieval moves the facts: confirmed" in out
    assert len(asked) == 2 * 8 - 2, "the one without an answer has no other gold passages"
    found = json.loads((target / "evaluation.json").read_text(encoding="utf-8"))
    scores = {(one["arm"], one["question"]): one for one in found["scores"]}
    assert scores["adapter, retrieved, plain", "rent"]["facts"]["found"] == 1
    assert scores["adapter, retrieved, plain", "rent"]["style"]["headings"] == 1
    assert scores["base, none, plain", "rent"]["facts"]["unsupported"] == 1
    assert HOSTILE not in json.dumps(found), "what a model wrote is in no JSON"
    assert [one["what"] for one in found["costs"][:2]] == ["training, once", "indexing, once"]
    assert (target / "chart.png").read_bytes()[:4] == b"\x89PNG"
    (export,) = [one for one in entries(library.home) if one["event"] == "export"]
    assert export["fields"]["table"] == "evaluation"
    (entry,) = [one for one in entries(library.home) if one["event"] == "evaluate"]
    fields = entry["fields"]
    assert (fields["matter"], fields["questions"], fields["outcome"]) == ("oven", 2, "ended")


@pytest.mark.usefixtures("adapter", "asked")
def test_report_needs_nothing_and_runs_nothing(evaluated: Casewright, tmp_path: Path) -> None:
    evaluated("--output", str(tmp_path))
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "default-src 'none'" in page
    assert HOSTILE not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    sources = re.findall(r'(?:src|href)="([^"]{0,30})', page)
    assert sources and all(one.startswith("data:image/png;base64,") for one in sources)
    for told in ("Confirmed", "How much is the rent?", "Log-likelihood", "training, once"):
        assert told in page


@pytest.mark.usefixtures("adapter")
def test_run_that_was_cut_short_goes_on(
    evaluated: Casewright, asked: list[bool], library: Library
) -> None:
    status, first, _ = evaluated("--arms", "four", "--json")
    assert (status, len(asked)) == (0, 8)
    (file,) = library.case_file("oven").evaluations.glob("*/written.jsonl")
    lines = file.read_bytes().splitlines(keepends=True)
    # A run that was killed while it wrote the sixth line.
    file.write_bytes(b"".join(lines[:5]) + lines[5][: len(lines[5]) // 2])
    asked.clear()
    status, again, _ = evaluated("--arms", "four", "--json")
    assert (status, len(asked)) == (0, 3)
    for part in ("scores", "effects", "table", "findings"):
        assert json.loads(again)[part] == json.loads(first)[part]
    asked.clear()
    # More arms are asked for; those that there are stay.
    evaluated("--arms", "standard")
    assert len(asked) == 6


@pytest.mark.usefixtures("adapter", "asked")
def test_each_run_is_kept_until_a_document_goes(
    evaluated: Casewright, casewright: Casewright, library: Library
) -> None:
    for limit in ("1", "2"):
        evaluated("--arms", "four", "--limit", limit)
    folder = library.case_file("oven").evaluations
    assert len([*folder.glob("*/written.jsonl")]) == 2
    status, _, err = casewright("delete", "oven", "lease.txt")
    assert status == 0, err
    assert not folder.exists()


@pytest.mark.usefixtures("adapter")
def test_examples_in_place_of_a_matter(
    casewright: Casewright, asked: list[bool], tmp_path: Path
) -> None:
    data = str(write_short_examples(tmp_path / "set.jsonl", ["weir", "bridge"]))
    arguments = ("evaluate", "--data", data, "--memoranda", data, "--arms", "four", "--json")
    status, out, err = casewright(*arguments)
    assert status == 0, err
    found = json.loads(out)
    # What is held out is asked; the others the adapter may have learned from.
    assert {one["question"] for one in found["scores"]} == {"sluice"}
    assert found["scores"][1]["facts"]["spans"] == 1
    assert len(asked) == 4
    casewright(*arguments)
    assert len(asked) == 4, "the set's passages are kept, and so is what was written"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("none", "--make-questions"), "none: no such matter"),
        (("oven",), "oven: what is it to be asked? Name a file with --questions"),
        (("oven", "--questions", "gone.jsonl"), "gone.jsonl: no such file"),
        (("oven", "--make-questions", "--adapter", "other"), "other: no such adapter"),
        (("--data", "gone.jsonl"), "gone.jsonl: no such file"),
    ],
)
@pytest.mark.usefixtures("adapter", "asked")
def test_what_cannot_be_evaluated_is_one_line(
    casewright: Casewright, arguments: tuple[str, ...], told: str
) -> None:
    status, out, err = casewright("evaluate", *arguments)
    assert (status, out) == (1, "")
    assert told in err and err.count("\n") == 1


def test_without_an_adapter_there_is_nothing_to_prove(casewright: Casewright) -> None:
    status, _, err = casewright("evaluate", "oven", "--make-questions")
    assert (status, err.count("\n")) == (1, 1)
    assert "there is no adapter to evaluate" in err


@pytest.mark.parametrize(
    "arguments", [(), ("oven", "--data", "a"), ("oven", "--questions", "a", "--make-questions"),
                  ("oven", "--make-questions", "--arms", "few")]
)  # fmt: skip
def test_wrong_usage(casewright: Casewright, arguments: tuple[str, ...]) -> None:
    assert casewright("evaluate", *arguments)[0] == 2
