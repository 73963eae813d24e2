import json
from pathlib import Path

import pytest

from serving import citations
from serving.prompts import HEADINGS
from training.checks import check_example
from training.jsonl import BadExamples
from training.sections import build, cleaned

LETTER = {
    "id": "B-07-118",
    "question": "May Councilmember Iduna Thorsby vote on the lease of the Gannet Street warehouse?",
    "conclusion": (
        "Councilmember Thorsby may not vote on the lease of the Gannet Street warehouse, because "
        "she owns a parcel within 500 feet of it."
    ),
    "facts": (
        "Councilmember Thorsby owns a parcel on Gannet Street, and the parcel stands 310 feet "
        "from the warehouse.\n\nFile No. B-07-118\nPage 2\n\nThe city council will vote on the "
        "lease of the Gannet Street warehouse on June 4, 2007."
    ),
    "analysis": (
        "A public official has an interest in real property in which she holds a share worth "
        "$2,000 or more.\n\nReal property within 500 feet of the property that a decision concerns "
        "is directly involved in the decision.\n\nThe parcel of Councilmember Thorsby on Gannet "
        "Street stands 310 feet from the warehouse, so it is directly involved in the decision "
        "about the lease.\n\nThe official who has such an interest may not vote on the lease of "
        "the warehouse, because she owns a parcel within 500 feet of it.\n\nIf you have any other "
        "questions, please call me.\n\nSincerely,\nB. Quarles"
    ),
}


def _file(folder: Path, *rows: object) -> Path:
    file = folder / "letters.jsonl"
    file.write_text("\n".join(json.dumps(row) for row in rows) + "\n", encoding="utf-8")
    return file


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("The parcel\nstands here.", "The parcel stands here."),
        ("It ends.\n\nPage 3\n\nIt begins.", "It ends.\nIt begins."),
        ("It ends.\nFile No. A-05-123\nIt begins.", "It ends. It begins."),
        ("The rule² applies.\n\n² See the regulation.", "The rule applies."),
        ("It holds.\n\n12 Government Code section 81000.", "It holds."),
        ("It holds.\n\nSincerely,\nB. Quarles", "It holds."),
        ("- 4 -\nIt holds.", "It holds."),
    ],
)
def test_cleaned(raw: str, clean: str) -> None:
    assert cleaned(raw).strip() == clean


def test_a_letter_becomes_a_cited_example(tmp_path: Path) -> None:
    built = build(_file(tmp_path, LETTER), split_name="train")
    assert not built.refused
    (example,) = built.examples
    assert check_example(example) == []
    assert [line for line in example.memorandum.splitlines() if line in HEADINGS] == [*HEADINGS]
    assert "Page 2" not in example.memorandum
    assert "Sincerely" not in example.memorandum
    checked = citations.check(
        example.memorandum, [f"{one.document}\n{one.text}" for one in example.passages]
    )
    after_question = [sentence for sentence in checked if sentence.citations]
    assert len(after_question) >= 4
    assert {sentence.verdict for sentence in after_question} == {"verified"}


def test_the_same_letter_gives_the_same_example(tmp_path: Path) -> None:
    file = _file(tmp_path, LETTER)
    assert build(file, split_name="train") == build(file, split_name="train")


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
    tmp_path: Path, change: dict[str, object], reason: str
) -> None:
    built = build(_file(tmp_path, LETTER | change), split_name="train")
    assert built.examples == []
    assert dict(built.refused) == {reason: 1}


def test_most_stops_early(tmp_path: Path) -> None:
    rows = [LETTER | {"id": f"B-07-{number}"} for number in range(3)]
    assert len(build(_file(tmp_path, *rows), split_name="train", most=2).examples) == 2


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (
            {key: value for key, value in LETTER.items() if key != "facts"},
            "lacks the section facts",
        ),
        ([1], "not a JSON object"),
    ],
)
def test_a_bad_line_is_named(tmp_path: Path, row: object, words: str) -> None:
    file = _file(tmp_path, LETTER, row)
    with pytest.raises(BadExamples, match=words) as bad:
        build(file, split_name="train")
    assert str(bad.value).startswith(f"{file}, line 2: ")
