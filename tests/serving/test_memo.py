"""The memorandum's sections, and its Word and Markdown forms with every doubt shown."""

from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import docx
import pytest

from retrieval.documents import Passage
from serving import citations
from serving.answer import Answer, shown
from serving.memo import (
    NotWritten,
    UnknownForm,
    as_docx,
    as_markdown,
    headings_in_order,
    headings_written,
    sections,
    write_memo,
)
from serving.prompts import HEADINGS

MakePassage = Callable[..., Passage]

WHOLE = "\n\n".join(f"{heading}\nA sentence." for heading in HEADINGS)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", []),
        (" \n", []),
        ("Just prose.", [("", "Just prose.")]),
        ("FACTS\nA leak.", [("FACTS", "A leak.")]),
        ("Dear all,\n\nFACTS\nA leak.", [("", "Dear all,"), ("FACTS", "A leak.")]),
        (
            "**FACTS:**\nA leak.\n## DISCUSSION\nNone.",
            [("FACTS", "A leak."), ("DISCUSSION", "None.")],
        ),
        ("The FACTS are these.\nSUMMARY\nx", [("", "The FACTS are these.\nSUMMARY\nx")]),
        ("FACTS\nOne.\nFACTS\nTwo.", [("FACTS", "One."), ("FACTS", "Two.")]),
        ("FACTS\nDISCUSSION\nTwo.", [("FACTS", ""), ("DISCUSSION", "Two.")]),
    ],
)
def test_sections(text: str, found: list[tuple[str, str]]) -> None:
    assert [(one.heading, text[one.start : one.end].strip()) for one in sections(text)] == found


@pytest.mark.parametrize(
    ("text", "in_order", "written"),
    [
        ("", False, 0),
        ("Prose.", False, 0),
        (WHOLE, True, 5),
        (f"Dear all,\n\n{WHOLE}", True, 5),
        ("\n".join(HEADINGS[:3]), False, 3),
        ("\n".join(reversed(HEADINGS)), False, 1),
        ("\n".join([*HEADINGS, "FACTS"]), False, 5),
        ("\n".join([HEADINGS[0], "FACTS", *HEADINGS[1:]]), False, 5),
    ],
)
def test_headings(text: str, in_order: bool, written: int) -> None:
    assert (headings_in_order(text), headings_written(text)) == (in_order, written)


@pytest.fixture
def answer(passage: MakePassage) -> Callable[[str], Answer]:
    def made(text: str) -> Answer:
        given = (passage("Rent is $15,200.00,\nmonthly."), passage("The roof [sic] *leaked*."))
        checked = citations.check(text, [shown(one) for one in given])
        return Answer("Who pays <b>?", text, given, tuple(checked), {})

    return made


MakeAnswer = Callable[[str], Answer]

MEMORANDUM = (
    "BRIEF ANSWER\nRent is $15,200.00 [1]. It was $99 [2].\n\nIt leaked [2].\n\n"
    "CONCLUSION\nWe act for Petrakis."
)


def test_markdown(answer: MakeAnswer) -> None:
    assert as_markdown(answer(MEMORANDUM)).decode() == (
        "# Memorandum\n\n**Question:** Who pays \\<b\\>?\n\n"
        "## Brief Answer\n\n"
        "Rent is $15,200.00 [1]. "
        "It was $99 [2]. **[unverified: “$99” does not stand in [2]]**\n\n"
        "It leaked [2].\n\n"
        "## Conclusion\n\n"
        "We act for Petrakis. **[unverified: states a fact and cites no passage]**\n\n"
        "## Passages\n\n"
        "1. lease.txt, p. 1: “Rent is $15,200.00, monthly.”\n"
        "2. lease.txt, p. 1: “The roof \\[sic\\] \\*leaked\\*.”\n"
    )


def test_word_form_holds_the_same(answer: MakeAnswer) -> None:
    document = docx.Document(BytesIO(as_docx(answer(MEMORANDUM))))
    assert [" ".join(paragraph.text.split()) for paragraph in document.paragraphs] == [
        "Memorandum",
        "Who pays <b>?",
        "Brief Answer",
        "Rent is $15,200.00 [1]. It was $99 [2]. [unverified: “$99” does not stand in [2]]",
        "It leaked [2].",
        "Conclusion",
        "We act for Petrakis. [unverified: states a fact and cites no passage]",
        "Passages",
        "[1] lease.txt, p. 1. Rent is $15,200.00, monthly.",
        "[2] lease.txt, p. 1. The roof [sic] *leaked*.",
    ]


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("[click](http://evil.example)", "\\[click\\](http://evil.example)"),
        ("![x](http://evil.example/x.png)", "\\!\\[x\\](http://evil.example/x.png)"),
        ("[1](http://evil.example)", "\\[1](http://evil.example)"),
        ("[1]: http://evil.example", "\\[1]: http://evil.example"),
        ("<img src=x onerror=y>", "\\<img src=x onerror=y\\>"),
        ("It leaked [1][2].", "It leaked [1][2]."),
    ],
)
def test_text_gets_no_link_image_or_html(answer: MakeAnswer, text: str, written: str) -> None:
    assert written in as_markdown(answer(text)).decode().splitlines()[4]


@pytest.mark.parametrize("text", ["", "THE TENANT", "Rent\x00 is\x02 due.\ufffe"])
def test_odd_text_is_written(passage: MakePassage, text: str) -> None:
    checked = tuple(citations.check(text, [text]))
    answer = Answer(f"Why {text}", text, (passage(text),), checked, {})
    assert as_markdown(answer).startswith(b"# Memorandum")
    assert docx.Document(BytesIO(as_docx(answer))).paragraphs[0].text == "Memorandum"


@pytest.mark.parametrize(("name", "start"), [("a.docx", b"PK"), ("a.MD", b"# Memorandum")])
def test_write_memo(tmp_path: Path, answer: MakeAnswer, name: str, start: bytes) -> None:
    write_memo(answer(MEMORANDUM), tmp_path / name)
    assert (tmp_path / name).read_bytes().startswith(start)


@pytest.mark.parametrize(
    ("name", "error"), [("a.pdf", UnknownForm), ("a", UnknownForm), ("none/a.md", NotWritten)]
)
def test_memo_that_cannot_be_written(
    tmp_path: Path, answer: MakeAnswer, name: str, error: type[Exception]
) -> None:
    with pytest.raises(error, match=str(tmp_path / name)):
        write_memo(answer(MEMORANDUM), tmp_path / name)
    assert list(tmp_path.iterdir()) == []
