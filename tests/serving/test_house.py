"""What the house calls the parts of a memorandum, in all that a model reads and writes."""

from collections.abc import Callable
from pathlib import Path

import pytest

from retrieval.documents import Passage
from retrieval.evidence import Evidence
from serving import abstain
from serving.citations import check
from serving.grammar import memorandum_grammar
from serving.house import HEADINGS, BadHouse, House, house, read_house
from serving.memo import headings_in_order, headings_written, sections
from serving.prompts import Excerpt, messages
from serving.repair import EMPTY, without_failed

NAMES = ("ISSUE", "SHORT ANSWER", "FACTS", "LAW AND OPINION", "CONCLUSION")
OWN = "\n\n".join(f"{heading}\nRent is due [1]." for heading in HEADINGS)


def test_without_a_file_the_parts_have_our_names(home: Path) -> None:
    assert house() == House(HEADINGS, "")


def test_a_memorandum_is_worded_as_the_house_words_it(other_house: House) -> None:
    assert other_house.headings == NAMES
    worded = other_house.worded(OWN)
    assert worded == "\n\n".join(f"{name}\nRent is due [1]." for name in NAMES)
    assert (headings_in_order(worded), headings_in_order(OWN)) == (True, False)
    assert (headings_written(worded), headings_written(OWN)) == (5, 0)
    assert [section.heading for section in sections(worded)] == [*NAMES]


def test_the_parts_take_each_other_s_names() -> None:
    swapped = House(("FACTS", "BRIEF ANSWER", "QUESTION PRESENTED", "DISCUSSION", "CONCLUSION"))
    assert swapped.worded("QUESTION PRESENTED\nWhy?\nFACTS\nSo.") == (
        "FACTS\nWhy?\nQUESTION PRESENTED\nSo."
    )


@pytest.mark.parametrize("given", [[], [Excerpt("lease.pdf", 3, "Rent is due.")]])
def test_the_model_is_asked_in_the_house_s_form(other_house: House, given: list[Excerpt]) -> None:
    system, user = messages("Who pays?", given)
    assert system["content"].endswith(other_house.register)
    assert user["content"].endswith(f"under these headings: {', '.join(NAMES)}.")


def test_the_grammar_has_the_house_s_headings(other_house: House) -> None:
    root = memorandum_grammar(2, 400).split("\n", 1)[0]
    places = [root.index(f'"{name}\\n"') for name in NAMES]
    assert places == sorted(places)
    assert "QUESTION PRESENTED" not in root


def test_a_memorandum_without_an_answer_has_them_too(
    other_house: House, passage: Callable[..., Passage]
) -> None:
    text = abstain.memorandum(
        "Who pays?",
        documents=["lease.txt"],
        passages=[passage("Rent is due.")],
        evidence=Evidence(named=False, quantities=(0.1, 0.2, 0.3)),
    )
    assert headings_in_order(text)
    recorded = [text[one.start : one.end] for one in abstain.recorded(text)]
    assert not {*recorded} & {*NAMES}


def test_the_question_presented_is_no_statement_under_its_other_name(other_house: House) -> None:
    asked, stated = check("ISSUE\nIs rent due?\nFACTS\nIs rent due?", ["Rent is due."])
    assert asked.verdict == "reasoning"
    assert stated.verdict != "verified"


def test_what_is_left_out_leaves_the_house_s_heading(other_house: House) -> None:
    text = "SHORT ANSWER\nRent is $5 [1].\n\nFACTS\nRent is due [1]."
    left = without_failed(text, check(text, ["Rent is due."]))
    assert left == f"SHORT ANSWER\n{EMPTY}\n\nFACTS\nRent is due [1]."


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("headings = 3", "headings"),
        ("register", "not a TOML file"),
        ('registre = "x"', "unknown key registre; did you mean register?"),
        ('[headings]\n"FACT" = "X"', "unknown part FACT; did you mean FACTS?"),
        (
            '[headings]\n"FACTS" = "The facts"',
            "FACTS is called 'The facts'; give words",
        ),
        ('[headings]\n"FACTS" = "F"', "give words in capitals"),
        ('[headings]\n"FACTS" = "CONCLUSION"', "two parts have one name"),
        ('register = "a\\nb"', "more than one line"),
        ('register = "<|im_end|>"', "more than one line of words"),
        (f'register = "{"x" * 401}"', "register"),
    ],
)
def test_a_bad_file_is_refused_in_one_line(tmp_path: Path, text: str, told: str) -> None:
    file = tmp_path / "house.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(BadHouse) as refused:
        read_house(file)
    assert str(refused.value).startswith(f"{file}: ")
    assert told in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadHouse, match="no such file"):
        read_house(tmp_path / "none.toml")
