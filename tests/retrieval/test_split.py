"""Passages tile the text exactly, stay on their page and within the target, and end well."""

import random

import pytest

from retrieval.documents import DocumentText, Page
from retrieval.split import TARGET, split

PARAGRAPH = "The Tenant shall pay Base Rent on the first day of each month. " * 5


def document(*pages: str) -> DocumentText:
    text, spans = "", []
    for number, page in enumerate(pages, start=1):
        spans.append(Page(number, len(text), len(text) + len(page)))
        text += page
    return DocumentText(text, tuple(spans))


def garble(seed: int) -> str:
    draw = random.Random(seed)
    return "".join(draw.choices("aé.  \n\r\t;-”\u2028中", k=draw.randrange(3000)))


@pytest.mark.parametrize(
    "pages",
    [
        ["Short."],
        ["x" * 5000],
        [PARAGRAPH * 9],
        [f"{PARAGRAPH}\n\n{PARAGRAPH}\n\n" * 3, "", "  \n", "Last page."],
        ["line\n" * 900],
        ["\r\n\r\n".join([PARAGRAPH] * 8)],
        ["\n" * 2000],
        ["cell | cell and more of it. | 3\n" * 60, "a\tb\n" * 300],
        ["a" * TARGET, "b" * (TARGET + 1), "c" * (TARGET * 3 // 2)],
        *([garble(seed), garble(seed + 100)] for seed in range(20)),
    ],
)
@pytest.mark.parametrize("target", [1, 40, TARGET])
def test_passages_tile(pages: list[str], target: int) -> None:
    whole = document(*pages)
    spans = split(whole, target=target)
    assert "".join(whole.text[start:end] for _, start, end in spans) == whole.text
    starts = [start for _, start, _ in spans]
    assert starts == [0, *(end for _, _, end in spans)][: len(spans)]
    for number, start, end in spans:
        page = whole.pages[number - 1]
        assert page.start <= start < end <= page.end
        assert end - start <= target


@pytest.mark.parametrize(
    ("text", "end"),
    [
        # The strongest break in the second half before the target; "|" is where it is.
        ("A" * 300 + "\n\n|" + "b c.\nd " * 100, 302),
        ("A" * 300 + "\n|" + "b c. " * 100, 301),
        ("A" * 300 + ". |" + "bcd efg " * 100, 302),
        ("A" * 300 + " |" + "b" * 900, 301),
        ("A" * 500 + "|" + "A" * 1000, 500),
    ],
)
def test_passage_ends_at_the_strongest_break(text: str, end: int) -> None:
    assert text.index("|") == end
    assert split(document(text.replace("|", "")))[0] == (1, 0, end)


@pytest.mark.parametrize(
    "row",
    [
        "{n} | Vat no. {n} of oak. It holds forty hides. " + "bark " * 40 + "| 12.50",
        "| {n} | Vat of oak. It holds forty hides. " + "bark " * 40 + "|",
        "{n}      Vat no. {n}. It holds forty hides. " + "bark " * 40 + "     12.50",
        "{n}\tVat no. {n}. It holds forty hides. " + "bark " * 40,
    ],
)
def test_rows_stay_whole(row: str) -> None:
    text = "Vats of the yard.\n" + "".join(row.format(n=n) + "\n" for n in range(1, 30))
    for _, _, end in split(document(text)):
        assert text[end - 1] == "\n"


def test_a_row_longer_than_a_passage_is_cut() -> None:
    text = "Head\n" + "cell | " * 200
    assert max(end - start for _, start, end in split(document(text))) <= TARGET


def test_last_passage_is_no_stub() -> None:
    text = "word " * 110
    assert min(end - start for _, start, end in split(document(text))) > TARGET // 4
