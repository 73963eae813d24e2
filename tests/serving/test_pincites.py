"""Pin cites: what a lawyer calls a document, and where in it a passage stands."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from retrieval.documents import Description, Passage
from serving.pincites import pin_cites

MakePassage = Callable[..., Passage]


@pytest.mark.parametrize(
    ("described", "place", "cite"),
    [
        (
            Description("Commercial Lease", kind="lease"),
            {"section": "ARTICLE IV > 4.2", "page": 3},
            "Commercial Lease § 4.2, p. 3",
        ),
        (
            Description("FIRST AMENDMENT TO THE LEASE"),
            {"section": "4.2 > (b)"},
            "First Amendment to the Lease § 4.2(b), p. 1",
        ),
        (Description("PART II OF HALCYON LLC'S LEASE"), {}, "Part II of Halcyon LLC'S Lease, p. 1"),
        (Description("Lease"), {"section": "ARTICLE IV"}, "Lease, art. IV, p. 1"),
        (Description("Lease"), {"section": "SCHEDULE B > 2.1"}, "Lease, SCHEDULE B, § 2.1, p. 1"),
        (Description("Lease"), {"page": 7, "label": "iv"}, "Lease, p. iv"),
        (
            Description("Re: the roof", date="2023-03-03", kind="e-mail"),
            {},
            "E-mail of March 3, 2023, p. 1",
        ),
        (Description("Re: the roof", kind="e-mail"), {}, "Re: the roof, p. 1"),
        (
            Description(None, date="2024-01-24", kind="letter"),
            {},
            "Letter of January 24, 2024, p. 1",
        ),
        (
            Description("Notice of Default", date="2024-01-16", kind="letter"),
            {},
            "Notice of Default, p. 1",
        ),
        (
            Description("Your letter about " + "the oven " * 9, date="2024-01-24", kind="letter"),
            {},
            "Letter of January 24, 2024, p. 1",
        ),
        (Description("Orrin v. Tarn", kind="docket"), {}, "Docket, Orrin v. Tarn, p. 1"),
        (Description("The " + "long " * 20 + "title"), {}, "The" + " long" * 15 + " …, p. 1"),
        (Description(), {"page": 2}, "lease.txt, p. 2"),
    ],
)
def test_pin_cite(
    passage: MakePassage, described: Description, place: dict[str, str | int], cite: str
) -> None:
    given = replace(passage("Rent is due."), **place)  # type: ignore[arg-type]
    assert pin_cites([given], {given.path: described}) == (cite,)


def test_document_that_is_not_described_goes_by_its_file(passage: MakePassage) -> None:
    assert pin_cites([passage("Rent is due.")], {}) == ("lease.txt, p. 1",)


def test_documents_of_one_name_are_told_apart(passage: MakePassage) -> None:
    first = passage("Rent is due.")
    second = replace(first, path="files/draft.txt", document="draft.txt", page=2)
    third = replace(first, path="files/note.txt", document="note.txt")
    lease = Description("Lease")
    described = {first.path: lease, second.path: lease, third.path: Description("Note")}
    assert pin_cites([first, second, third, first], described) == (
        "Lease (lease.txt), p. 1",
        "Lease (draft.txt), p. 2",
        "Note, p. 1",
        "Lease (lease.txt), p. 1",
    )
