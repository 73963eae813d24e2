"""What a user says of a document: checked, kept through a re-ingest, and in the vectors at once."""

from pathlib import Path
from typing import Any

import pytest

from retrieval.documents import Description
from retrieval.edits import BadDescription, Edits, edited, edits_of
from retrieval.library import Library
from retrieval.search import search

READ = Description("LEASE", ("Orrin", "Tarn"), "2019-03-14", "lease")


@pytest.mark.parametrize(
    ("fields", "description"),
    [
        ({}, READ),
        ({"title": " Tannery  lease "},
         Description("Tannery lease", READ.parties, READ.date, "lease")),
        ({"title": "", "date": "", "parties": [""]}, Description(None, (), None, "lease")),
        ({"date": "2020-01-31", "kind": "NDA", "parties": [" Mara ", "Pim"]},
         Description("LEASE", ("Mara", "Pim"), "2020-01-31", "NDA")),
    ],
)  # fmt: skip
def test_edits(fields: dict[str, Any], description: Description) -> None:
    assert edited(READ, edits_of(**fields)) == description


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"date": "14 March 2019"}, "14 March 2019: not a date; write the year first"),
        ({"date": "2019-02-30"}, "2019-02-30: not a date"),
        ({"kind": "novel"}, "novel: not a kind of document; one of lease, "),
    ],
)
def test_bad_edits_are_told(fields: dict[str, Any], told: str) -> None:
    with pytest.raises(BadDescription, match=told):
        edits_of(**fields)


def best(library: Library, question: str) -> str:
    return search(library, "oven", question, 1)[0].passage.document


@pytest.mark.slow
def test_a_description_is_searched_at_once_and_outlives_a_changed_file(
    library: Library, files: Path
) -> None:
    question = "What does the Hobnail survey of 1998 say?"
    before = library.document("oven", "docket.html")
    edits: Edits = {"title": "Hobnail survey of 1998", "kind": "report"}
    after = library.describe("oven", "docket.html", edits)
    assert after.description == Description("Hobnail survey of 1998", (), None, "report")
    assert after.generation > before.generation
    assert library.store("oven").generations() == library.active_generations("oven")
    assert best(library, question) == "docket.html"
    (files / "docket.html").write_text("<p>The survey found nothing.</p>", encoding="utf-8")
    library.ingest("oven", [files / "docket.html"])
    assert library.document("oven", "docket.html").description == after.description
    again = library.describe("oven", "docket.html", {"date": "1998-05-04"})
    assert again.description.title == "Hobnail survey of 1998"
    forgotten = library.describe("oven", "docket.html", None)
    assert forgotten.description.title is None
    assert [one.verdict for one in library.ingest("oven", [files])] == ["unchanged"] * 3


def test_drafts_are_linked_until_one_of_them_goes(library: Library, files: Path) -> None:
    clauses = "".join(
        f"{n}. Tarn delivers {what} to the yard of Orrin before the end of the month.\n"
        for n, what in enumerate(["hides", "bark", "vats", "keys", "salt", "lime"], start=1)
    )
    (files / "draft1.txt").write_text("AMENDMENT\n" + clauses, encoding="utf-8")
    (files / "draft2.txt").write_text("AMENDMENT\n" + clauses + "7. Rest.\n", encoding="utf-8")
    told = {Path(one.path).name: one.reason for one in library.ingest("oven", [files])}
    assert told["draft2.txt"] == "files/draft2.txt: nearly the same as files/draft1.txt (96 %)"
    assert told["draft1.txt"] == ""
    near = library.document("oven", "draft2.txt").near
    assert near is not None and near.other == "files/draft1.txt"
    library.delete_document("oven", "draft1.txt")
    assert library.document("oven", "draft2.txt").near is None
