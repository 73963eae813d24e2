"""A matter's chronology: its rows, their dates and pin cites."""

from pathlib import Path

import pytest

from retrieval.library import Library
from retrieval.scope import EmptyScope, Scope
from serving import chronology as subject
from serving.chronology import Chronology, chronology


def rows(made: Chronology) -> list[tuple[str, str, tuple[str, ...]]]:
    return [(one.date, one.text, one.pin_cites) for one in made.events]


def test_small_matter(small: Library) -> None:
    made = chronology(small, "oven")
    term = "The initial term begins on June 1, 2019 and expires on May 31, 2024."
    assert rows(made) == [
        ("2019-06-01", term, ("Lease Agreement, p. 1",)),
        ("2023-09-11", "The roof leaked on September 11, 2023.", ("File Note, p. 1",)),
        ("2024-05-31", term, ("Lease Agreement, p. 1",)),
        ("2024-09-20", "Discovery closes on September 20, 2024.", ("docket.html, p. 1",)),
    ]
    assert {one.verdict for one in made.events} == {"verified"}
    assert (len(made.documents), made.passages, made.left_out) == (3, 3, 0)


@pytest.mark.parametrize(
    ("since", "until", "dates"),
    [
        ("2023-09-11", "", ["2023-09-11", "2024-05-31", "2024-09-20"]),
        ("2023-09-12", "2024-05-31", ["2024-05-31"]),
        ("", "2019-12-31", ["2019-06-01"]),
    ],
)
def test_days_of_the_events(small: Library, since: str, until: str, dates: list[str]) -> None:
    made = chronology(small, "oven", since=since, until=until)
    assert [one.date for one in made.events] == dates


def test_documents_in_a_scope(small: Library) -> None:
    made = chronology(small, "oven", scope=Scope(documents=("note.txt",)))
    assert [one.date for one in made.events] == ["2023-09-11"]
    with pytest.raises(EmptyScope):
        chronology(small, "oven", scope=Scope(documents=("none.txt",)))


def test_one_event_that_two_documents_tell_is_one_row(small: Library, tmp_path: Path) -> None:
    library = Library(tmp_path / "home")
    library.embedder = small.embedder
    (tmp_path / "a.txt").write_text("FIRST NOTE\n\nThe ceiling fell on May 3, 2023.\n")
    (tmp_path / "b.txt").write_text(
        "SECOND NOTE\n\nThe ceiling fell down on May 3, 2023.\n\n"
        "The ceiling fell on 9 ovens on May 3, 2023.\n"
    )
    library.ingest("fall", [tmp_path / "a.txt", tmp_path / "b.txt"])
    found = rows(chronology(library, "fall"))
    assert [(text, len(cites)) for _, text, cites in found] == [
        ("The ceiling fell on May 3, 2023.", 2),
        ("The ceiling fell on 9 ovens on May 3, 2023.", 1),
    ]


def test_row_that_is_not_verified_is_left_out_and_counted(
    small: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        subject, "verdict_on", lambda text, *_: "partly" if "roof" in text else "verified"
    )
    made = chronology(small, "oven")
    assert [one.date for one in made.events] == ["2019-06-01", "2024-05-31", "2024-09-20"]
    assert made.left_out == 1


@pytest.mark.parametrize(
    ("date", "words", "cite"),
    [
        (
            "2019-03-14",
            "This Commercial Lease (this “Lease”) is made as of",
            "Commercial Lease, p. 1",
        ),
        (
            "2021-02-22",
            "is made as of Monday, February 22, 2021",
            "First Amendment to Commercial Lease, p. 1",
        ),
        (
            "2022-12-31",
            "Tenant shall surrender the Annex",
            "Second Amendment to Commercial Lease, p. 1",
        ),
        (
            "2023-03-03",
            "E-mail of March 3, 2023: Re: Water over the Proofing Room again",
            "E-mail of March 3, 2023, p. 1",
        ),
        (
            "2023-09-11",
            "About ninety (90) square feet of ceiling fell",
            "Roof and Rooftop Unit Inspection Report § 3, p. 2",
        ),
        (
            "2023-09-11",
            "A. September 11, 2023. That was the day the ceiling came down.",
            "Deposition of Dolores Petrakis, p. 2",
        ),
        ("2023-10-02", "PMT ACH OCT 2023 partial, abatement $12,820.00", "Tenant Ledger, p. 1"),
        (
            "2024-03-11",
            "COMPLAINT for declaratory judgment",
            "Docket, Quillfeather Baking Company, Inc. v. Tillmarsh Properties LLC, p. 1",
        ),
    ],
)
def test_sample_matter(sample_chronology: Chronology, date: str, words: str, cite: str) -> None:
    found = [one for one in sample_chronology.events if one.date == date and words in one.text]
    assert len(found) == 1
    assert cite in found[0].pin_cites


@pytest.mark.parametrize(
    "words", ["Printed Friday", "Filter:", "Run: ", "Exported", "Date: ", "dated May 30, 2019 ("]
)
def test_no_event_of_the_sample_matter(sample_chronology: Chronology, words: str) -> None:
    assert not [one.text for one in sample_chronology.events if words in one.text]


def test_the_sample_matter_is_read_whole(sample_chronology: Chronology) -> None:
    dates = [one.date for one in sample_chronology.events]
    assert dates == sorted(dates)
    assert len(sample_chronology.documents) == 17
    assert sample_chronology.left_out == 0


@pytest.fixture(scope="module")
def sample_chronology(sample: Library) -> Chronology:
    return chronology(sample, "quillfeather")
