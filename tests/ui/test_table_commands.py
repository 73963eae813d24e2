"""The commands chronology and review: what they print, write and record."""

import json
from pathlib import Path

import pytest

from serving import audit
from tests.serving.scripted import Scripted, says
from tests.ui.conftest import Casewright, entries

QUESTION = "When did the roof leak?"


def test_chronology(casewright: Casewright, home: Path) -> None:
    status, out, _ = casewright(
        "chronology", "oven", "--since", "2023-01-01", "--json", "--output", "c.csv"
    )
    assert status == 0
    made = json.loads(out)
    assert [one["date"] for one in made["events"]] == ["2023-09-11", "2024-05-31", "2024-09-20"]
    event = made["events"][0]
    assert (event["event"], event["verdict"]) == (
        "The roof leaked on September 11, 2023.",
        "verified",
    )
    assert event["passages"][0]["page"] == 1
    lines = Path("c.csv").read_text("utf-8-sig").splitlines()
    assert lines[1].startswith('2023-09-11,day,"September 11, 2023"')
    first, second = entries(home)
    assert (first["event"], first["fields"]["outcome"], first["fields"]["events"]) == (
        "chronology",
        "ended",
        3,
    )
    assert (second["event"], second["fields"]["form"]) == ("export", ".csv")
    log = (home / audit.NAME).read_text("utf-8")
    assert not [word for word in ("roof", "leaked", "note.txt") if word in log]


def test_chronology_for_people(casewright: Casewright) -> None:
    status, out, err = casewright("chronology", "oven", "--document", "note.txt")
    assert status == 0
    assert "2023-09-11" in out
    assert "1 events in 1 documents" in err


def test_review(casewright: Casewright, model: list[Scripted], home: Path) -> None:
    model.append(says("The roof leaked on September 11, 2023 [1]."))
    status, out, err = casewright("review", "oven", QUESTION, "--output", "r.md")
    assert status == 0
    assert "note.txt\n   The roof leaked on September 11, 2023.\n   written, verified" in out
    assert "3 of 3 documents" in err
    assert "leaked on September 11, 2023" in Path("r.md").read_text("utf-8")
    first, second = entries(home)
    assert (first["event"], first["fields"]["outcome"]) == ("review", "ended")
    assert first["fields"]["answers"] == {"not answered": 2, "written": 1}
    assert len(first["fields"]["documents"]) == 3
    assert second["event"] == "export"
    assert "leak" not in (home / audit.NAME).read_text("utf-8")


def test_model_that_goes_down_leaves_the_rows(
    casewright: Casewright, model: list[Scripted], home: Path
) -> None:
    model += [says("No."), says("The", breaks=ConnectionError("cut"))]
    status, out, err = casewright(
        "review", "oven", QUESTION, "--answer-anyway", "--json", "--output", "r.md"
    )
    assert status == 1
    made = json.loads(out)
    assert [row["document"] for row in made["rows"]] == ["docket.html"]
    assert "1 of 3 documents were reviewed" in made["fault"]
    assert err.splitlines()[-1].startswith("the model stopped before the end")
    assert "Incomplete: the model stopped" in Path("r.md").read_text("utf-8")
    assert entries(home)[0]["fields"]["outcome"] == "ModelUnavailable"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("chronology", "none"), "none: no such matter"),
        (("chronology", "oven", "--output", "c.pdf"), "c.pdf: a table is written as"),
        (("chronology", "oven", "--since", "soon"), "soon"),
        (("chronology", "oven", "--document", "none.txt"), "none.txt: no document of the matter"),
        (("review", "none", QUESTION), "none: no such matter"),
        (("review", "oven", "?!"), "the question is empty"),
        (("review", "oven", QUESTION, "--output", "r"), "r: a table is written as"),
        (("review", "oven", QUESTION, "--kind", "leese"), "leese"),
    ],
)
def test_bad_input_is_one_line(
    casewright: Casewright, model: list[Scripted], arguments: tuple[str, ...], told: str
) -> None:
    status, out, err = casewright(*arguments)
    assert (status, out) == (1, "")
    assert told in err
    assert err.count("\n") == 1
