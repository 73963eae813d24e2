"""What pages show of jobs: an answer that was cut short, comparisons, tables, evaluations."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from retrieval.library import Library
from retrieval.scope import EVERYWHERE
from tests.ui.test_app import (
    ASK,
    EVALUATE,
    FILES,
    MEMORANDUM,
    answered_here,
    ask,
    button,
    home,
    library,
    open_page,
    scripted,
    started,
    texts,
    without_escapes,
)
from ui import history, jobs, recording
from ui.history import Turn, Writer

__all__ = ["answered_here", "home", "library", "scripted", "started"]

QUESTION = "What is the monthly Base Rent?"


@pytest.fixture
def ended(home: Path) -> Callable[..., jobs.Job]:
    """Makes a job that has ended, as it lies on disk."""

    def make(*arguments: str, output: str = "", log: str = "", status: int = 0) -> jobs.Job:
        folder = home / "jobs" / "20260101-000000-000000-abcdef"
        folder.mkdir(parents=True)
        about = {
            "title": "A job",
            "arguments": arguments,
            "owner": recording.who(),
            "matter": "smith",
            "asked": 0.0,
        }
        for name, text in (
            ("job.json", json.dumps(about)),
            ("output.txt", output),
            ("log.txt", log),
            ("exit", str(status)),
        ):
            (folder / name).write_text(text, encoding="utf-8")
        job = jobs.find(home, recording.who(), folder.name)
        assert job is not None
        return job

    return make


def kept(library: Library, owner: str = "") -> Turn:
    return history.begin(
        library,
        "smith",
        owner or recording.who(),
        typed=QUESTION,
        question=QUESTION,
        earlier=[],
        conversation="",
        writers=[Writer(None, True)],
        anyway=False,
        scope=EVERYWHERE,
    )


def test_an_answer_is_found_again_by_a_new_session(library: Library, scripted: list[str]) -> None:
    scripted.append(MEMORANDUM)
    ask(open_page(ASK), QUESTION)
    app = open_page(ASK)
    assert texts(app, "question") == [QUESTION]
    button(app, "New conversation").click().run()
    assert texts(app, "question") == []
    again = next(one for one in app.button if without_escapes(one.label) == QUESTION)
    again.click().run()
    assert texts(app, "question") == [QUESTION]


def test_what_another_asked_is_not_shown(library: Library) -> None:
    kept(library, "bob@example.org")
    app = open_page(ASK)
    assert texts(app, "question") == []
    assert not [one for one in app.button if "Base Rent" in one.label]
    # Nor by an id that was guessed.
    mine = kept(library)
    app.session_state["opened"] = {"smith": f"../bob/{mine.id}"}
    app.run()
    assert not app.exception


def test_what_was_written_by_an_answer_that_ended_stays(
    library: Library, ended: Callable[..., jobs.Job]
) -> None:
    turn = kept(library)
    history.keep_job(turn, ended("answer-turn", "smith", turn.id, status=1).id)
    (turn.folder / "draft-1.txt").write_text("The rent is due", encoding="utf-8")
    app = open_page(ASK)
    assert "ended without a word" in app.error[0].value
    assert "The rent is due" in [one.value for one in app.text]
    (turn.folder / "error.txt").write_text("the model is *gone*", encoding="utf-8")
    app = open_page(ASK)
    assert [without_escapes(one.value) for one in app.error] == ["the model is *gone*"]


def test_answers_are_compared(library: Library, scripted: list[str]) -> None:
    scripted += [MEMORANDUM, MEMORANDUM.replace("[1]", "")]
    app = open_page(ASK)
    next(one for one in app.toggle if one.label == "Compare").set_value(True).run()
    app = ask(app, QUESTION)
    assert not app.exception
    table = app.dataframe[0].value
    assert list(table["Written by"]) == [
        "Base model, from the case file",
        "Base model, without the case file",
    ]
    assert list(table["Verified"]) == [1, 0]


@pytest.mark.parametrize(
    ("press", "arguments"),
    [
        ("Make the chronology", ["chronology", "smith", "--json"]),
        ("Ask every document", ["review", "--json", "--", "smith", "-- Is it due?"]),
    ],
)
def test_a_table_is_made_by_a_job(
    library: Library, started: list[list[str]], press: str, arguments: list[str]
) -> None:
    app = open_page(FILES)
    next(one for one in app.text_input if "every document" in one.label).input("-- Is it due?")
    button(app, press).click().run()
    assert started == [arguments]


def test_a_chronology_is_shown(library: Library, ended: Callable[..., jobs.Job]) -> None:
    event = {
        "date": "2023-12-04",
        "event": "Notice is <b>due</b>.",
        "pin_cites": ["lease.txt, p. 1"],
        "verdict": "verified",
    }
    made = {"events": [event], "receipt": {"matter": "smith"}}
    ended("chronology", "smith", "--json", output=json.dumps(made), log="1 events")
    app = open_page(FILES)
    table = next(one.value for one in app.dataframe if "Event" in one.value)
    assert list(table["Event"]) == ["Notice is <b>due</b>."]
    assert len(app.get("download_button")) == 2


def test_a_failed_review_says_why(library: Library, ended: Callable[..., jobs.Job]) -> None:
    ended("review", "--json", "--", "smith", "Q?", log="the model is gone; start it", status=1)
    app = open_page(FILES)
    assert "A job: failed" in texts(app, "")
    assert "the model is gone; start it" in texts(app, "fact")


def test_the_newest_evaluation_is_shown(library: Library) -> None:
    effect = {"mean": 0.33, "low": 0.29, "high": 0.37, "questions": 10}
    found: dict[str, Any] = {
        "findings": [
            {"expected": "The adapter moves the style", "outcome": "confirmed", "told": "+0.33"},
            {"expected": "Retrieval moves the facts", "outcome": "not shown", "told": "+0.01"},
        ],
        "effects": [{"what": "adapter", "measure": "style score", "effect": effect}],
        "table": {"base, none": {"style score": effect, "fact score": effect}},
    }
    folder = library.case_file("smith").evaluations / "one"
    folder.mkdir(parents=True)
    (folder / "evaluation.json").write_text(json.dumps(found), encoding="utf-8")
    app = open_page(EVALUATE)
    assert not app.exception
    assert "The adapter moves the style: confirmed, +0.33" in texts(app, "")
    assert {"✓", "○"} <= set(texts(app, "sign"))
    assert list(app.dataframe[0].value["Effect of"]) == ["adapter"]
