"""One question asked of every document: how each row came to its answer."""

from collections.abc import Iterator

import pytest

from retrieval.errors import ModelUnavailable
from retrieval.library import Library
from retrieval.scope import Scope
from serving.prompts import Message
from serving.review import NOT_ANSWERED, Row, Writer, review

QUESTION = "When did the roof leak?"


def says(*texts: str) -> Writer:
    """A model that writes these sentences, one a document; then it is down."""
    left = iter(texts)

    def write(messages: list[Message], rules: str) -> str:
        assert 'cited ::= " "? "[" ("1")' in rules
        try:
            return next(left)
        except StopIteration:
            raise ModelUnavailable("the model did not answer") from None

    return write


def asked(library: Library, write: Writer, **options: bool) -> list[Row]:
    return list(review(library, "oven", QUESTION, write, **options))


def test_rows(small: Library) -> None:
    rows = asked(small, says("The roof leaked on September 11, 2023 [1]."))
    told = [(row.document.name, row.answer, row.how, row.verdict) for row in rows]
    assert told == [
        ("docket.html", NOT_ANSWERED, "not answered", "record"),
        ("lease.txt", NOT_ANSWERED, "not answered", "record"),
        ("note.txt", "The roof leaked on September 11, 2023.", "written", "verified"),
    ]
    assert [row.pin_cites for row in rows] == [(), (), ("File Note, p. 1",)]
    assert rows[2].passages[0].document == "note.txt"


@pytest.mark.parametrize(
    "written",
    [
        "The roof leaked on September 12, 2023 [1].",
        "The roof leaked on September 11, 2023.",
        "The roof leaked [1]. The landlord paid $500 [1].",
        "",
    ],
)
def test_what_is_not_verified_gives_way_to_the_document(small: Library, written: str) -> None:
    row = asked(small, says(written))[2]
    assert (row.how, row.verdict) == ("quoted", "verified")
    assert row.answer == "“The roof leaked on September 11, 2023.”"
    assert row.pin_cites == ("File Note, p. 1",)


def test_foreign_address_is_taken_out(small: Library) -> None:
    written = "The roof leaked on September 11, 2023 at www.evil.example [1]."
    assert "evil" not in asked(small, says(written))[2].answer


def test_weak_evidence_asks_no_model_unless_it_is_to_be(small: Library) -> None:
    rows = asked(small, says("", "", ""), anyway=True)
    assert [row.how for row in rows] == ["quoted", "quoted", "quoted"]


def test_model_that_goes_down_leaves_the_rows_before(small: Library) -> None:
    rows: Iterator[Row] = review(small, "oven", QUESTION, says(""), anyway=True)
    assert next(rows).document.name == "docket.html"
    with pytest.raises(ModelUnavailable):
        next(rows)


def test_sample_matter(sample: Library) -> None:
    scope = Scope(kinds=("lease", "amendment", "docket"))
    question = "What is the monthly base rent?"

    def write(messages: list[Message], rules: str) -> str:
        return "The rent is $1.00 [1]."

    rows = list(review(sample, "quillfeather", question, write, scope=scope))
    assert [(row.document.name, row.how) for row in rows] == [
        ("docket.html", "not answered"),
        ("first_amendment.pdf", "quoted"),
        ("lease.pdf", "quoted"),
        ("second_amendment.docx", "quoted"),
    ]
    assert "Base Rent" in rows[3].answer
    assert rows[3].pin_cites[0].startswith("Second Amendment to Commercial Lease")
