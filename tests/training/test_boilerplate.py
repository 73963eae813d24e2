"""Words that recur over the memoranda of several matters, and the marks of pages and letters."""

from dataclasses import replace

import pytest

from training.boilerplate import MATTERS, boilerplate
from training.examples import Example

NOTICE = "This advice rests on the file as it stands today and binds nobody else."
OWN = (
    "The weir above the mill was broken by the flood and the miller has mended it at his cost.",
    "A hedge of hawthorn parts the orchard from the lane and was cut back twice last spring.",
    "No boat may be tied to the old pier while the ferry company repairs its rotten planks.",
    "The choir sang in the chapel although the vicar had let the hall to a troupe of actors.",
    "Her kiln stands too near the thatch of the neighbour and throws sparks when the wind turns.",
)


def _examples(*texts: str) -> list[Example]:
    return [
        Example(f"{index}-1", str(index), "", "train", True, "", (), f"FACTS\n{text} [1].")
        for index, text in enumerate(texts)
    ]


def test_what_recurs_over_matters_is_told_with_its_share() -> None:
    found = boilerplate(_examples(*(f"{own}\n{NOTICE}" for own in OWN)))
    (phrase,) = found.phrases
    assert phrase.text + "." == NOTICE
    assert (phrase.matters, phrase.words) == (5, 14)
    assert found.shares["0-1"] == pytest.approx(14 / (len(OWN[0].split()) + 14))


@pytest.mark.parametrize(
    ("texts", "phrases"),
    [
        (OWN, 0),
        ((*OWN[:2], *[f"{own} {NOTICE}" for own in OWN[: MATTERS - 1]]), 0),
        ([f"{own} {NOTICE}" for own in OWN[:MATTERS]], 1),
        # digits aside, and where it is shorter than a run, as a line of its own
        ([f"{own}\nPage {index} of 9" for index, own in enumerate(OWN)], 1),
        ([f"{own}\nB. Quarles, Counsel" for own in OWN], 1),
        ([f"{own} By B. Quarles" for own in OWN], 0),
        (["", "x", "[1]", "\n\n"], 0),
    ],
)
def test_recurring(texts: list[str], phrases: int) -> None:
    assert len(boilerplate(_examples(*texts)).phrases) == phrases


def test_variants_of_one_matter_are_no_boilerplate() -> None:
    one = [replace(example, matter="mill") for example in _examples(*[f"{NOTICE}"] * 6)]
    assert boilerplate(one).phrases == ()


@pytest.mark.parametrize(
    ("line", "mark"),
    [
        ("Page 3 of 7", "a page mark"),
        ("- 4 -", "a page mark"),
        ("p. 12", "a page mark"),
        ("Our File No. A-12-034", "a file mark"),
        ("Sincerely,", "a closing"),
        ("Very truly yours,", "a closing"),
        ("/s/ B. Quarles", "a signature"),
        ("__________", "a signature"),
        ("Page 3 of the lease says so.", ""),
        ("He sincerely thinks so.", ""),
        ("The file has 3 letters.", ""),
    ],
)
def test_marks(line: str, mark: str) -> None:
    (example,) = _examples(f"The weir was broken.\n{line}\nIt was mended")
    found = boilerplate([example]).marks
    assert found == ({example.id: (f"{mark}: “{line}”",)} if mark else {})
