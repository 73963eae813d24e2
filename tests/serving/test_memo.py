"""The memorandum's parts: headings, sentences with their footnotes, sources, receipt."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from retrieval.documents import Passage
from serving import citations
from serving.house import HEADINGS
from serving.memo import (
    headings_in_order,
    headings_written,
    marks,
    note_text,
    parts,
    receipt_rows,
    sections,
    sources,
    tally,
)
from serving.memo_markdown import as_markdown
from tests.serving.made_answers import answered, broken_off

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


@pytest.mark.parametrize(
    ("sentence", "words"),
    [
        ("Rent is due [1].", [("Rent is due.", (1,))]),
        (
            "Rent is due [1], and it leaked [2].",
            [("Rent is due,", (1,)), (" and it leaked.", (2,))],
        ),
        ("Rent is due. [1][2]", [("Rent is due.", (1, 2))]),
        ("Rent is due [2], [1], [2].", [("Rent is due.", (2, 1))]),
        ("Under [1] rent is due.", [("Under", (1,)), (" rent is due.", ())]),
        ("It was waived [7].", [("It was waived [7].", ())]),
        ("It was waived [1][7].", [("It was waived [1][7].", ())]),
        ("**Rent** is due [1].", [("Rent is due.", (1,))]),
        ("No rent is due.", [("No rent is due.", ())]),
    ],
)
def test_citations_become_footnotes(
    passage: MakePassage, sentence: str, words: list[tuple[str, tuple[int, ...]]]
) -> None:
    given = [passage("Rent is due."), passage("It leaked.")]
    (part,) = parts(answered(f"FACTS\n{sentence}", given))
    found = [word for paragraph in part.paragraphs for one in paragraph for word in one.words]
    assert [(word.text, word.note) for word in found] == words


def test_sources_say_which_footnotes_name_them(passage: MakePassage) -> None:
    given = [passage("Rent is due."), passage("It leaked."), passage("Snow fell.")]
    rows = sources(answered("FACTS\nIt leaked [2]. Rent is due [1]. It leaked [2][1].", given))
    assert [(row.number, row.notes) for row in rows] == [(1, (2, 3)), (2, (1, 3)), (3, ())]
    assert note_text((2, 1), rows) == "lease.txt, p. 1."  # both stand in the same place


def test_tally(passage: MakePassage) -> None:
    given = [passage("Rent is $15,200.00.")]
    answer = answered("Rent is $15,200.00 [1]. It was $99 [1].", given)
    assert tally(answer).startswith("1 of 2 sentences verified")
    assert tally(broken_off("Rent is", given)) == "Incomplete and not verified: the model stopped"


def test_receipt_names_what_made_the_answer(passage: MakePassage) -> None:
    rows = dict(receipt_rows(answered("Rent is $15,200.00 [1].", [passage("Rent is $15,200.00.")])))
    assert rows["Matter"] == "oven"
    assert rows["Adapter"] == "memo-0123abcd"
    assert rows["Model"] == "smollm2-135m (SHA-256 bbbbbbbbbbbbbbbb)"
    assert rows["Sentences"] == "1 verified"
    assert rows["Written"] == "2024-06-26T09:30:00+00:00"
    assert rows["Index generation"] == "3"


def test_memorandum_without_a_model_says_so(passage: MakePassage) -> None:
    answer = answered("The file does not say.", [passage("Rent is $15,200.00.")], abstained=True)
    assert tally(answer).startswith("Not answered: the evidence in the case file is too weak")
    assert dict(receipt_rows(answer))["Model"] == "none was asked"


def test_corrected_citation_is_marked(passage: MakePassage) -> None:
    given = [passage("Rent is $15,200.00 a month."), passage("The roof leaked on March 2.")]
    answer = answered("The roof leaked on March 2 [1].", given)
    text, sentences = citations.corrected(answer.text, list(answer.sentences))
    answer = replace(answer, text=text, sentences=tuple(sentences))
    ((sentence,),) = parts(answer)[0].paragraphs
    assert sentence.words[0].note == (2,)
    assert marks(sentence) == ["citation corrected from [1] to [2]"]
    assert "**[citation corrected from \\[1\\] to \\[2\\]]**" in as_markdown(answer).decode()
