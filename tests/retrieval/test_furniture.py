import time
from itertools import pairwise

import pytest

from retrieval.documents import DocumentText, Page
from retrieval.furniture import furniture, without

BODIES = (
    "The tenant shall keep the roof dry.\nIt shall not store hides there.",
    "Rent is due on the first day.\nA late charge of 4 percent is owed after it.",
    "The landlord may enter on notice.\nNotice is given in writing.",
    "Each party bears its own costs.\nNo waiver is implied.",
)


def paged(*pages: str) -> DocumentText:
    text, spans = "", []
    for number, page in enumerate(pages, start=1):
        spans.append(Page(number, len(text), len(text) + len(page) + 1))
        text += page + "\n"
    return DocumentText(text, tuple(spans))


def around(head: str, foot: str, bodies: tuple[str, ...] = BODIES) -> DocumentText:
    """Pages with a header and a footer; ``{n}`` in them is the page's number."""
    parts = []
    for n, body in enumerate(bodies, start=1):
        edges = (head.replace("{n}", str(n)), body, foot.replace("{n}", str(n)))
        parts.append("\n".join(part for part in edges if part))
    return paged(*parts)


@pytest.mark.parametrize(
    ("head", "foot"),
    [
        ("Lease of Pier 9", "{n}"),
        ("Lease of Pier 9 | Page {n}", ""),
        ("", "- {n} -"),
        ("", "Page {n} of 4"),
        ("Hale v. Orrin\nOpinion of the Court", "Case 1:23-cv-7 Document 4 Filed 1/2/23 Page {n}"),
        ("", "[ {n} ]\nDraft of counsel, not for signature"),
        ("\n".join(str(n) for n in range(1, 29)), "{n}"),
    ],
)
def test_headers_footers_and_page_numbers_are_cut_and_nothing_else(head: str, foot: str) -> None:
    document = around(head, foot)
    spans = furniture(document)
    kept = without(document.text, 0, len(document.text), spans)
    assert kept.split() == " ".join(BODIES).split()
    assert all(left[1] < right[0] for left, right in pairwise(spans))


@pytest.mark.parametrize(
    "pages",
    [
        # Each signs for itself.
        [f"{body}\nBy:\nName: P. Orrin\nTitle: Director" for body in BODIES],
        # Headings that differ in their number alone.
        [f"SCHEDULE {n}\n{body}" for n, body in enumerate(BODIES, start=1)],
        # A line of the body that comes again, within the page.
        ["\n".join([body] * 4 + ["As above."] + [body] * 4) for body in BODIES],
        # Numbers at the foot that do not count with the pages.
        [f"{body}\n{n}" for body, n in zip(BODIES, (1200, 35, 1200, 7), strict=True)],
        # One page alone has nothing to repeat.
        ["Lease of Pier 9\n" + BODIES[0] + "\n1"],
    ],
)
def test_what_only_looks_like_furniture_stays(pages: list[str]) -> None:
    assert furniture(paged(*pages)) == []


def test_numbers_of_exhibits_start_again() -> None:
    pages = [f"{body}\n{n}" for n, body in enumerate(BODIES, start=1)]
    document = paged(*pages, *pages)
    assert len(furniture(document)) == 8


@pytest.mark.parametrize("cut", ["\f", "\n"])
def test_a_text_file_with_page_marks(cut: str) -> None:
    long = [body + "\n" + "The roof is of slate. " * 60 for body in BODIES]
    text = cut.join(f"{body}\n{n}\nSource: the Orrin archive" for n, body in enumerate(long, 1))
    document = DocumentText(text, (Page(1, 0, len(text)),))
    kept = without(text, 0, len(text), furniture(document))
    assert kept.count("Source: the Orrin archive") <= 1  # the last one stands behind the last page
    assert [line for line in kept.split("\n") if line.strip("\f ").isdigit()] in ([], ["4"])
    assert kept.count("slate") == text.count("slate")


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        (0, 10, "0156"),
        (0, 2, "01"),
        (3, 4, ""),
        (3, 6, "5"),
        (6, 10, "6"),
        (4, 8, "56"),
    ],
)
def test_without(start: int, end: int, expected: str) -> None:
    assert without("0123456789", start, end, [(2, 5), (7, 10)]) == expected


def test_300_pages_take_less_than_a_second() -> None:
    bodies = tuple("\n".join([f"{n}.{k} The tenant keeps it dry." for k in range(60)])
                   for n in range(300))  # fmt: skip
    document = around("Lease of Pier 9", "{n}", bodies)
    start = time.perf_counter()
    assert len(furniture(document)) >= 300
    assert time.perf_counter() - start < 1
