"""Questions that name a document are taken apart; all others are left whole."""

import numpy as np
import pytest

from retrieval.documents import Description, Document
from retrieval.embed import DIMENSIONS
from retrieval.naming import Headers, Named

NAMES = {
    "lease_unit_7.pdf": "Lease of Unit 7, Quillfeather Press and Ostrow Holdings, 2019-06-01",
    "lease_unit_9.pdf": "Lease of Unit 9, Tannery Row and Ostrow Holdings, 2018-02-01",
    "notice.pdf": "Notice of default, Ostrow Holdings, 2023-11-06",
    "weir_nda.docx": "Mutual Non-Disclosure Agreement, Weir Mills and Sluice & Sons",
    "deed.txt": "Deed of the weir",
}


def document(number: int, name: str, title: str) -> Document:
    return Document("f", "oven", name, name, 1, 1, number, Description(title=title))


@pytest.fixture
def headers() -> Headers:
    documents = [document(n, *one) for n, one in enumerate(NAMES.items(), start=1)]
    vectors = np.eye(len(NAMES), DIMENSIONS, dtype="<f4")
    kept = {
        one.generation: (f"{one.name}\n{one.description.title}", vector.tobytes())
        for one, vector in zip(documents, vectors, strict=True)
    }
    return Headers(documents, kept)


@pytest.mark.parametrize(
    ("question", "document", "words"),
    [
        (
            "Consider the agreement between Weir Mills and Sluice; may it be assigned?",
            "the agreement between Weir Mills and Sluice",
            "may it be assigned?",
        ),
        (
            "Under the lease of Unit 9, who repairs the roof?",
            "the lease of Unit 9",
            "who repairs the roof?",
        ),
        (
            "According to the notice of default: which rent is due?",
            "the notice of default",
            "which rent is due?",
        ),
        (
            "Who repairs the roof under the Unit 7 lease?",
            "the Unit 7 lease",
            "Who repairs the roof",
        ),
        (
            "May information be shared with counsel, in the Weir Mills Non-Disclosure Agreement?",
            "the Weir Mills Non-Disclosure Agreement",
            "May information be shared with counsel",
        ),
    ],
)
def test_question_that_names_a_document(
    headers: Headers, question: str, document: str, words: str
) -> None:
    assert headers.part(question) == Named(document, words)


@pytest.mark.parametrize(
    "question",
    [
        "Who repairs the roof?",
        "In October, who paid the rent?",
        "What rent was owed under the lease, and what does the notice of default say?",
        "Under what circumstances, if any, may the tenant of Unit 9 leave, and how?",
        "Unit 9",
        "of the weir",
        "",
    ],
)
def test_question_that_is_asked_whole(headers: Headers, question: str) -> None:
    assert headers.part(question) is None


def test_document_that_is_named_fits_best(headers: Headers) -> None:
    toward_the_fourth = [float(axis == 3) for axis in range(DIMENSIONS)]
    fits = headers.scores("the Weir Mills agreement", toward_the_fourth)
    assert max(fits, key=lambda generation: fits[generation]) == 4
    assert fits[4] == pytest.approx(1.0)
    assert all(0 <= fit <= 1 for fit in fits.values())
    assert fits[5] > fits[1]  # the deed is of the weir, too


def test_name_in_no_header_makes_no_difference(headers: Headers) -> None:
    fits = headers.scores("xyzzy", [0.0] * DIMENSIONS)
    assert set(fits.values()) == {0.0}


def test_header_of_an_earlier_version_is_missed(headers: Headers) -> None:
    assert headers.complete
    documents = [document(1, "a.txt", "A"), document(2, "b.txt", "B")]
    kept = {1: ("A", np.zeros(DIMENSIONS, "<f4").tobytes()), 2: ("", b"")}
    assert not Headers(documents, kept).complete
    assert not Headers([], {}).complete
