"""What a document says: lines of a page become its sentences again."""

from collections.abc import Callable

import pytest

from retrieval.documents import Passage
from serving.statements import statements, verdict_on

MakePassage = Callable[..., Passage]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "The roof above the oven leaked on\nMarch 2, 2023. It was patched in the week that\n"
            "followed.\n",
            ["The roof above the oven leaked on March 2, 2023.",
             "It was patched in the week that followed."],
        ),
        ("Due in forty-eight\n(48) hours.\n", ["Due in forty-eight (48) hours."]),
        ("HEADING OF A PAGE\nThe roof leaked.\n", ["HEADING OF A PAGE", "The roof leaked."]),
        ("It came by first-\nclass mail.\n", ["It came by first-class mail."]),
        (
            "03/01/2023   RNT   Base rent. Late.\n03/02/2023   PMT   Paid.\n",
            ["03/01/2023 RNT Base rent. Late.", "03/02/2023 PMT Paid."],
        ),
        ("| Mar 1, 2023 | Signed | a |\n", ["Mar 1, 2023 | Signed | a"]),
        (
            "[Mon 03/06/2023 05:29] Ann: Wet. Come in\n[Mon 03/06/2023 05:33] Bo: No.\n",
            ["[Mon 03/06/2023 05:29] Ann: Wet. Come in", "[Mon 03/06/2023 05:33] Bo: No."],
        ),
        ("> The roof leaks.\n", ["The roof leaks."]),
        (
            "Q. When did it leak?\nA. On May 3, 2023. At night.\nQ. Who saw it?\nA. I did.\n",
            ["Q. When did it leak? A. On May 3, 2023. At night.", "Q. Who saw it? A. I did."],
        ),
    ],
)  # fmt: skip
def test_statements(passage: MakePassage, text: str, said: list[str]) -> None:
    assert [one.text for one in statements([passage(text)])] == said


def test_numbers_of_lines_belong_to_no_sentence(passage: MakePassage) -> None:
    words = "the oven was cold when the witness came in on that day".split()
    text = "\n".join(f"{number} {word}" for number, word in enumerate(words, start=1))
    assert [one.text for one in statements([passage(text)])] == [" ".join(words)]


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("The roof leaked on May 3, 2023. It was wet.", "verified"),
        ("The roof leaked on May 4, 2023. It was wet.", "unsupported"),
    ],
)
def test_verdict_on(passage: MakePassage, text: str, verdict: str) -> None:
    place = passage("The roof leaked\non May 3, 2023. It was wet.\n")
    assert verdict_on(text, place, place.text) == verdict
