import json
from dataclasses import replace
from pathlib import Path

import pytest
from docx import Document as WordDocument

from retrieval.library import Library
from serving import citations
from serving.house import HEADINGS
from serving.prompts import messages
from tests.training.letters import LETTER
from tests.training.test_sections import write_rows
from training import build as building
from training.build import Built, build, sound
from training.checks import check_example, check_examples
from training.examples import Example
from training.jsonl import BadExamples


@pytest.fixture(scope="module")
def home(small: Library) -> Path:
    """A home whose embedder is made already."""
    return small.home


def built(source: Path, home: Path, most: int | None = None) -> Built:
    return build(source, split_name="train", home=home, most=most)


def verdicts(example: Example) -> set[str]:
    checked = citations.check(
        example.memorandum, [f"{one.document}\n{one.text}" for one in example.passages]
    )
    return {sentence.verdict for sentence in checked if sentence.citations}


def test_a_letter_becomes_a_cited_example(tmp_path: Path, home: Path) -> None:
    result = built(write_rows(tmp_path, LETTER), home)
    assert not result.refused
    example = result.examples[0]
    assert check_example(example) == []
    assert [line for line in example.memorandum.splitlines() if line in HEADINGS] == [*HEADINGS]
    assert "Page 2" not in example.memorandum
    assert "Sincerely" not in example.memorandum
    assert example.memorandum.count("[") >= 5
    assert verdicts(example) == {"verified"}


def test_the_same_letter_gives_the_same_example(tmp_path: Path, home: Path) -> None:
    file = write_rows(tmp_path, LETTER)
    assert built(file, home) == built(file, home)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"question": "may she"}, "question missing, cut off or too long"),
        ({"question": ""}, "question missing, cut off or too long"),
        ({"conclusion": "No."}, "no supported sentence for BRIEF ANSWER"),
        (
            {"conclusion": "The councilmember owes a fine of $9,500 to the commission by May 1."},
            "no supported sentence for BRIEF ANSWER",
        ),
        ({"facts": None}, "no supported sentence for FACTS"),
    ],
)
def test_a_letter_that_makes_no_example(
    tmp_path: Path, home: Path, change: dict[str, object], reason: str
) -> None:
    result = built(write_rows(tmp_path, LETTER | change), home)
    assert result.examples == []
    assert dict(result.refused) == {reason: 1}


def test_numbered_questions_are_one_question(tmp_path: Path, home: Path) -> None:
    question = f"1. {LETTER['question']}\n\n2. If not, may she attend the meeting?"
    (example,) = built(write_rows(tmp_path, LETTER | {"question": question}), home).examples
    assert "2. If not" in example.question


def test_most_stops_early(tmp_path: Path, home: Path) -> None:
    rows = [LETTER | {"id": f"B-07-{number}"} for number in range(3)]
    matters = {example.matter for example in built(write_rows(tmp_path, *rows), home, 2).examples}
    assert len(matters) == 2


def test_a_withheld_example_says_so_and_shows_nothing_relied_on(
    tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(building, "WITHHELD", 1)
    more = "\n\n".join(
        f"Room {number} of the warehouse on Gannet Street holds {number + 11} crates of paper that "
        "the city stored there when the old archive was closed, and each of the crates bears a "
        "label with the year in which its papers were written, as the clerk of the city told the "
        "council when it last met on the matter of the archive and of the rooms that it needs."
        for number in range(2, 14)
    )
    row = LETTER | {"facts": f"{LETTER['facts']}\n\n{more}"}
    whole, withheld = built(write_rows(tmp_path, row), home).examples
    assert (whole.answerable, withheld.answerable) == (True, False)
    assert check_example(withheld) == []
    used = {whole.passages[number - 1] for number in citations.citations(whole.memorandum)}
    assert not used & {*withheld.passages}
    assert verdicts(withheld) == {"verified"}


def test_an_archive_of_memoranda_beside_their_case_files(tmp_path: Path, home: Path) -> None:
    matter = tmp_path / "archive" / "Thorsby"
    matter.mkdir(parents=True)
    memorandum = WordDocument()
    for heading, field in (
        ("Question Presented", "question"),
        ("Short Answer", "conclusion"),
        ("Factual Background", "facts"),
        ("Analysis", "analysis"),
    ):
        memorandum.add_heading(heading)
        for paragraph in LETTER[field].split("\n\n"):
            memorandum.add_paragraph(paragraph)
    memorandum.save(matter / "memo to file.docx")
    (matter / "request.txt").write_text(LETTER["facts"], encoding="utf-8")
    (matter / "law.md").write_text(LETTER["analysis"], encoding="utf-8")
    (matter / "broken.pdf").write_bytes(b"%PDF-1.7 nothing")
    result = built(tmp_path / "archive", home)
    example = result.examples[0]
    assert example.matter == "Thorsby"
    assert {passage.document for passage in example.passages} == {"request.txt", "law.md"}
    assert check_example(example) == []
    assert any("broken.pdf" in line for line in result.unread)


def test_a_chat_keeps_its_passages(tmp_path: Path, home: Path) -> None:
    (example, *_) = built(write_rows(tmp_path, LETTER), home).examples
    chat = [
        *messages(example.question, example.passages),
        {"role": "assistant", "content": example.memorandum},
    ]
    file = tmp_path / "chats.jsonl"
    file.write_text(json.dumps({"id": "7", "messages": chat}) + "\n", encoding="utf-8")
    result = built(file, home)
    assert not result.refused
    (again, *_) = result.examples
    assert {one.text.strip() for one in again.passages} == {
        one.text.strip() for one in example.passages
    }
    assert verdicts(again) == {"verified"}


def test_a_folder_without_memoranda_is_refused(tmp_path: Path, home: Path) -> None:
    (tmp_path / "Thorsby").mkdir()
    (tmp_path / "Thorsby" / "note.txt").write_text("It rained.", encoding="utf-8")
    with pytest.raises(BadExamples, match="no memorandum with files beside it"):
        built(tmp_path, home)


def test_every_tenth_matter_is_held_out_whole(tmp_path: Path, home: Path) -> None:
    rows = [LETTER | {"id": f"B-07-{number}"} for number in range(40)]
    examples = build(write_rows(tmp_path, *rows), home=home).examples
    split = {(example.matter, example.split) for example in examples}
    assert len(split) == 40
    assert 1 <= sum(side == "held-out" for _, side in split) <= 8


def test_what_the_checks_on_all_examples_fault_is_left_out(tmp_path: Path, home: Path) -> None:
    named = LETTER | {"id": "B-07-2", "question": "May she vote? Quillfeather asks for the lease."}
    (good,) = built(write_rows(tmp_path, LETTER), home).examples
    (named_here,) = built(write_rows(tmp_path, named), home).examples
    opening = replace(
        named_here,
        question=str(LETTER["question"]),
        memorandum=f"{named_here.memorandum}\n\nQuillfeather owns the parcel [1].",
    )
    assert check_example(opening) == []  # a word that opens a sentence may be no name
    kept, refused = sound([good, opening])
    assert ([one.id for one in kept], dict(refused)) == ([good.id], {"fact closure": 1})
    assert check_examples(kept) == []
