"""Planted faults are named: wrong passages, a bad adapter, a prompt that tells too little."""

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from retrieval.library import Library
from retrieval.search import search
from serving.adapters import Adapter
from tests.conftest import SAMPLE_MATTER
from tests.training.reader import Faults, Reader
from training.asking import Decoding
from training.diagnose import Verdict, arms_to_ask, diagnose, lacking, question_of
from training.examples import read_examples
from training.gold import read_questions
from training.grounds import Grounds, grounds
from training.house_profile import Profile, profile_of
from training.memoranda.vary import MEMORANDA
from training.written import Pages

MATTER = "quillfeather"
QUESTIONS = read_questions(SAMPLE_MATTER / "questions.jsonl")
ADAPTER = Adapter("memo-0", Path("memo-0"), {}, promoted=True)


@pytest.fixture(scope="module")
def house_profile() -> Profile:
    return profile_of(read_examples(MEMORANDA))


@pytest.fixture(scope="module")
def found(sample: Library) -> list[Grounds]:
    """The grounds of the answerable questions, their gold passages among those retrieved."""
    asked = grounds(sample, MATTER, [one for one in QUESTIONS if one.answerable], 6)
    return [
        replace(one, retrieved=tuple(dict.fromkeys((*one.gold, *one.retrieved)))) for one in asked
    ]


def without_gold(sample: Library, one: Grounds) -> Grounds:
    """The grounds with passages retrieved that hold nothing of the answer."""
    ranked = [hit.passage for hit in search(sample, MATTER, one.question.question, 40)]
    wrong = [
        passage
        for passage in ranked
        if not any(span.within(passage) for span in one.question.spans)
    ]
    return replace(one, retrieved=tuple(wrong[:6]))


def verdicts(
    asked: list[Grounds],
    faults: Faults,
    house_profile: Profile,
    folder: Path,
    adapter: Adapter | None = ADAPTER,
) -> list[Verdict]:
    reader = Reader([one.question for one in asked], adapter, faults)
    pages = Pages(folder / "written.jsonl")
    return diagnose(reader, adapter, asked, house_profile, pages, Decoding(400))


def named(found: list[Verdict]) -> Counter[str]:
    return Counter(" and ".join(one.faults) or "none" for one in found)


def test_planted_faults_are_named(
    sample: Library, found: list[Grounds], house_profile: Profile, tmp_path: Path
) -> None:
    """Sixty of them; the issue asks for 54 that are named right."""
    planted = {
        "retrieval": ([without_gold(sample, one) for one in found], Faults()),
        "adapter": (found, Faults(bad_adapter=True)),
        "prompt": (found, Faults(needs_telling=True)),
    }
    confusion = {
        fault: named(verdicts(asked, faults, house_profile, tmp_path / fault))
        for fault, (asked, faults) in planted.items()
    }
    print(confusion)
    assert all(sum(row.values()) == 20 for row in confusion.values())
    assert sum(confusion[fault][fault] for fault in planted) >= 54, confusion


def test_where_nothing_is_planted_nothing_is_found(
    found: list[Grounds], house_profile: Profile, tmp_path: Path
) -> None:
    assert named(verdicts(found, Faults(), house_profile, tmp_path))["none"] >= 18


def test_too_small_a_model(found: list[Grounds], house_profile: Profile, tmp_path: Path) -> None:
    seen = verdicts(found[:6], Faults(too_small=True), house_profile, tmp_path)
    assert Counter(one.facts for one in seen) == {"model": 6}
    assert all("CASEWRIGHT_BASE" in one.next[0] for one in seen)


def test_without_an_adapter_style_wants_one(
    found: list[Grounds], house_profile: Profile, tmp_path: Path
) -> None:
    seen = verdicts(found[:3], Faults(), house_profile, tmp_path, adapter=None)
    assert [one.style for one in seen] == ["adapter"] * 3
    assert "none is in use" in seen[0].next[0]


def test_file_that_does_not_answer(sample: Library, house_profile: Profile, tmp_path: Path) -> None:
    asked = grounds(sample, MATTER, [one for one in QUESTIONS if not one.answerable], 6)
    seen = verdicts(asked, Faults(), house_profile, tmp_path)
    assert {one.facts for one in seen} == {"file"}
    assert all(one.next[0].startswith("File: ingest the ") for one in seen)


def test_what_was_written_is_not_asked_again(
    found: list[Grounds], house_profile: Profile, tmp_path: Path
) -> None:
    first = verdicts(found[:2], Faults(), house_profile, tmp_path)
    silent = Reader([], ADAPTER, Faults())  # it knows no question: asked, it would fail
    again = diagnose(
        silent, ADAPTER, found[:2], house_profile, Pages(tmp_path / "written.jsonl"), Decoding(400)
    )
    assert again == first
    assert set(first[0].figures) == {arm.name for arm in arms_to_ask(adapted=True)}


def test_gold_of_facts_that_the_user_names(sample: Library) -> None:
    asked = "When does the initial term of the Unit 7 lease expire?"
    question, lost = question_of(sample, MATTER, asked, ["31 May 2024", "May 32, 2024"])
    assert lost == ["May 32, 2024"]
    assert len(question.spans) == 1
    (one,) = grounds(sample, MATTER, [question], 6)
    assert any("May 31, 2024" in passage.text for passage in one.gold)
    assert lacking(one) == []


def test_oracle_where_nothing_is_known_of_the_answer(sample: Library) -> None:
    question, lost = question_of(sample, MATTER, "Who pays for the roof?", [])
    assert (len(question.spans), lost) == (12, [])


@pytest.mark.parametrize(("bad", "told"), [(True, "rollback"), (False, "train again")])
def test_only_an_adapter_that_does_harm_is_to_be_rolled_back(
    bad: bool, told: str, found: list[Grounds], house_profile: Profile, tmp_path: Path
) -> None:
    strict = replace(
        house_profile,
        lengths={heading: replace(one, low=400, high=410) for heading, one in
                 house_profile.lengths.items()},
    )  # fmt: skip
    (one,) = verdicts(found[:1], Faults(bad_adapter=bad), strict, tmp_path)
    assert one.style == "adapter"
    (line,) = one.next
    assert ("rollback" in line) is bad
    assert told in line
