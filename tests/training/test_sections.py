import json
from pathlib import Path

import pytest

from serving.house import HEADINGS, House
from serving.prompts import Excerpt, messages
from tests.training.letters import LETTER
from training.jsonl import BadExamples
from training.sections import in_sections, read_aliases, read_jsonl

MEMORANDUM = """MEMORANDUM

To: A. Quarles

I. QUESTION PRESENTED

May the tenant leave?

**SHORT ANSWER**
Yes.

## Statement of Facts
The roof leaked.

Page 2

ANALYSIS:
The lease lets the tenant leave.

Conclusion
The tenant may leave."""


def write_rows(folder: Path, *rows: object) -> Path:
    file = folder / "letters.jsonl"
    file.write_text("\n".join(json.dumps(row) for row in rows) + "\n", encoding="utf-8")
    return file


def test_headings_by_other_names_are_the_houses() -> None:
    assert in_sections(MEMORANDUM) == {
        "QUESTION PRESENTED": "May the tenant leave?",
        "BRIEF ANSWER": "Yes.",
        "FACTS": "The roof leaked.",
        "DISCUSSION": "The lease lets the tenant leave.",
        "CONCLUSION": "The tenant may leave.",
    }


def test_a_house_may_name_its_own_headings() -> None:
    text = "THE POINT\nMay she leave?\nFACTS\nIt rained."
    assert in_sections(text, {"THE POINT": "QUESTION PRESENTED"}) == {
        "QUESTION PRESENTED": "May she leave? FACTS It rained."
    }


def test_sections_of_a_letter(tmp_path: Path) -> None:
    (memorandum,) = read_jsonl(write_rows(tmp_path, LETTER))
    assert memorandum.question == LETTER["question"]
    assert "Page 2" not in memorandum.sections["FACTS"]
    assert [text for _, text in memorandum.documents] == [
        memorandum.sections["FACTS"],
        memorandum.sections["DISCUSSION"],
    ]


def test_a_chat_in_the_form_that_serving_sends(tmp_path: Path) -> None:
    passages = (
        Excerpt("lease.pdf", 3, "Rent is due on the first day."),
        Excerpt("note.txt", 1, "Rent came late.\n\nIt came on the ninth."),
    )
    memorandum = "\n\n".join(f"{heading}\nRent is due [1]." for heading in HEADINGS)
    chat = [*messages("When is rent due?", passages), {"role": "assistant", "content": memorandum}]
    (read,) = read_jsonl(write_rows(tmp_path, {"id": "7", "messages": chat}))
    assert read.passages == passages
    assert read.question == "When is rent due?"
    assert [*read.sections] == [*HEADINGS]


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (
            {key: value for key, value in LETTER.items() if key != "facts"},
            "lacks the section facts",
        ),
        ([1], "not a JSON object"),
        ({"messages": [{"role": "user", "content": "Hello"}]}, "one of the assistant"),
        (
            {
                "messages": [
                    {"role": "user", "content": "Hello"},
                    {"role": "assistant", "content": "FACTS\nNone."},
                ]
            },
            "has not the form",
        ),
    ],
)
def test_a_bad_line_is_named(tmp_path: Path, row: object, words: str) -> None:
    file = write_rows(tmp_path, LETTER, row)
    with pytest.raises(BadExamples, match=words) as bad:
        read_jsonl(file)
    assert str(bad.value).startswith(f"{file}, line 2: ")


def test_own_headings_are_added_to_the_known_ones(tmp_path: Path) -> None:
    file = tmp_path / "headings.toml"
    file.write_text('"The point" = "QUESTION PRESENTED"\n', encoding="utf-8")
    aliases = read_aliases(file)
    assert (aliases["THE POINT"], aliases["ANALYSIS"]) == ("QUESTION PRESENTED", "DISCUSSION")


@pytest.mark.parametrize(
    ("written", "words"),
    [
        (None, "no such file"),
        ("The point =", "not a TOML file"),
        ('"The point" = "POINT"', "The point is called 'POINT', which is none of QUESTION"),
    ],
)
def test_bad_headings_are_named(tmp_path: Path, written: str | None, words: str) -> None:
    file = tmp_path / "headings.toml"
    if written is not None:
        file.write_text(written, encoding="utf-8")
    with pytest.raises(BadExamples, match=words):
        read_aliases(file)


def test_a_house_s_own_names_are_known(other_house: House) -> None:
    assert in_sections("LAW AND OPINION\nIt is so.\n\nANALYSIS\nIt is.") == {
        "DISCUSSION": "It is so.\nIt is."
    }
