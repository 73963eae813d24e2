"""Passages of a document: their ids, their sections and what their vectors are made of."""

import pytest

from retrieval.documents import Description, DocumentText, Page
from retrieval.passages import header_of, indexed_texts, passages_of
from retrieval.sections import sections

NOTHING = Description()


@pytest.mark.parametrize(
    ("one", "two", "same"),
    [
        (("oven", "a" * 64, "a.txt"), ("oven", "a" * 64, "a.txt"), True),
        (("oven", "a" * 64, "a.txt"), ("other", "a" * 64, "a.txt"), False),
        (("oven", "a" * 64, "a.txt"), ("oven", "b" * 64, "a.txt"), False),
        (("oven", "a" * 64, "a.txt"), ("oven", "a" * 64, "b.txt"), False),
    ],
)
def test_passage_ids(one: tuple[str, str, str], two: tuple[str, str, str], same: bool) -> None:
    text = DocumentText("word " * 300, (Page(1, 0, 1500),))

    def ids(which: tuple[str, str, str]) -> list[str]:
        return [passage.id for passage in passages_of(*which, text, ())]

    assert (ids(one) == ids(two)) is same
    assert len(set(ids(one))) == len(ids(one)) > 1


def test_blank_pages_have_no_passage() -> None:
    text = DocumentText("One.\n \n***\nTwo.", (Page(1, 0, 5), Page(2, 5, 11), Page(3, 11, 15)))
    assert [passage.page for passage in passages_of("oven", "a" * 64, "a.txt", text, ())] == [1, 3]


def test_header_tells_the_file_and_how_it_opens() -> None:
    text = DocumentText("LEASE\n\n  between A and B " + "x" * 900, (Page(1, 0, 900),))
    said = Description("Lease", ("A", "B"), "2019-03-14", "lease")
    name, told, opening = header_of("second_amendment-2023.pdf", text, said).split("\n")
    assert name == "second amendment 2023"
    assert told == "Lease, A and B, 2019-03-14, lease"
    assert opening.startswith("LEASE between A and B xxx")
    assert len(opening) == 150


def test_running_heads_stay_in_the_passage_and_out_of_the_vectors() -> None:
    bodies = ["The weir", "A sluice", "No reeve", "Every tithe"]
    pages = [f"Draft of Ostrow & Vane\n{body} binds the miller.\n" for body in bodies]
    ends = [len("".join(pages[: n + 1])) for n in range(4)]
    text = DocumentText(
        "".join(pages),
        tuple(Page(n + 1, end - len(pages[n]), end) for n, end in enumerate(ends)),
    )
    passages = passages_of("oven", "a" * 64, "a.txt", text, ())
    for passage, indexed in zip(passages, indexed_texts("a.txt", text, passages, ()), strict=True):
        assert "Ostrow" in passage.text
        assert "Ostrow" not in indexed.text
        assert "binds the miller" in indexed.text


def test_a_passage_tells_the_section_that_it_starts_in() -> None:
    words = "Tarn pays for the hides that it takes. " * 12
    body = f"1. Price. {words}\n2. Term. {words}\n  3. Rest. {words}"
    text = DocumentText(body, (Page(1, 0, len(body)),))
    found = sections(text)
    passages = passages_of("oven", "a" * 64, "a.txt", text, found)
    assert [passage.section for passage in passages] == ["1", "2", "3"]
    assert [passage.place for passage in passages][1] == "a.txt, p. 1, § 2"
    header = header_of("a.txt", text, NOTHING)
    indexed = indexed_texts(header, text, passages, found)
    assert indexed[1].header == header
    assert indexed[1].text.startswith("2 Term\n2. Term.")
    assert indexed[1].whole == f"{header}\n{indexed[1].text}"
