"""The checks that refuse examples: each finds its fault, and only that."""

from dataclasses import replace
from pathlib import Path

import pytest

from serving.house import HEADINGS
from serving.prompts import Excerpt
from training.checks import check_example, check_examples, refuse_few, sections
from training.examples import Example
from training.jsonl import BadExamples

BODY = {
    "QUESTION PRESENTED": "Whether Quillfeather owes rent.",
    "BRIEF ANSWER": "Yes [1].",
    "FACTS": "Rent is $15,200.00 and was due on June 1, 2019 [1].",
    "DISCUSSION": "The lease governs [1]. The roof leaked [2].",
    "CONCLUSION": "Rent is due.",
}
GOOD = Example(
    id="lease-1",
    matter="lease",
    area="real property",
    split="train",
    answerable=True,
    question="Does Quillfeather owe rent?",
    passages=(
        Excerpt("Lease", 3, "Rent of $15,200.00 is due on June 1, 2019."),
        Excerpt("Note", 1, "The roof leaked."),
    ),
    memorandum="\n\n".join(f"{heading}\n{text}" for heading, text in BODY.items()),
)


def with_part(heading: str, text: str) -> str:
    return "\n\n".join(
        f"{name}\n{text if name == heading else kept}" for name, kept in BODY.items()
    )


def test_good_example_has_no_fault() -> None:
    assert check_examples([GOOD]) == []


@pytest.mark.parametrize(
    ("memorandum", "check", "detail"),
    [
        (with_part("FACTS", "Rent is $16,000.00 [1]."), "fact closure", "“$16,000.00”"),
        (with_part("FACTS", "Rent was due on June 10 [1]."), "fact closure", "“June 10”"),
        (with_part("FACTS", "Rent was due on June 1, 2018 [1]."), "fact closure", "“June 1, 2018”"),
        (with_part("FACTS", "It was said “pay now” [1]."), "fact closure", "“pay now”"),
        (with_part("FACTS", "We asked Halcyon [1]."), "fact closure", "“Halcyon”"),
        (with_part("FACTS", "Rent is due [3]."), "citation", "[3] is not one of the 2 passages"),
        (with_part("FACTS", "Rent is due [0]."), "citation", "[0] is not one of the 2 passages"),
        (GOOD.memorandum.replace("[1]", "").replace("[2]", ""), "citation", "cites no passage"),
        (GOOD.memorandum.replace("FACTS\n", ""), "headings", "in order"),
        (GOOD.memorandum + "\n\nFACTS\nNone.", "headings", "in order"),
        (
            "\n\n".join(f"{heading}\nRent is due [1]." for heading in reversed(HEADINGS)),
            "headings",
            "in order",
        ),
    ],
)
def test_each_fault_is_found(memorandum: str, check: str, detail: str) -> None:
    (fault,) = check_example(replace(GOOD, memorandum=memorandum))
    assert (fault.example, fault.check) == ("lease-1", check)
    assert detail in fault.detail


def test_matter_on_both_sides_of_the_split() -> None:
    other = replace(GOOD, id="lease-2", split="held-out", memorandum=GOOD.memorandum + " Truly.")
    (fault,) = check_examples([GOOD, other])
    assert (fault.example, fault.check) == ("lease", "split")


def test_memorandum_given_twice() -> None:
    (fault,) = check_examples([GOOD, replace(GOOD, id="lease-2")])
    assert (fault.example, fault.check, fault.detail) == (
        "lease-2",
        "duplicate",
        "the memorandum of lease-1",
    )


def test_id_given_twice() -> None:
    other = replace(GOOD, memorandum=GOOD.memorandum.replace("Rent is due.", "Rent is owed."))
    (fault,) = check_examples([GOOD, other])
    assert (fault.check, fault.detail) == ("duplicate", "another example has this id")


def test_heading_without_text() -> None:
    (fault,) = check_example(replace(GOOD, memorandum=with_part("FACTS", "")))
    assert (fault.check, fault.detail) == ("headings", "nothing stands under FACTS")


def test_a_name_that_opens_a_sentence_is_known_by_the_words_of_all_examples() -> None:
    named = replace(GOOD, memorandum=with_part("CONCLUSION", "Dunmore owes it. Nothing is paid."))
    assert check_example(named) == []
    (fault,) = check_examples([named])
    assert (fault.check, fault.detail[:9]) == ("fact closure", "“Dunmore”")


def test_sections() -> None:
    assert sections(GOOD.memorandum) == BODY
    assert sections("Rent is due.\nFACTS\nIt is.") == {"FACTS": "It is."}


LONG = (
    "The tenant paid the rent of some months late and of others not at all, and the landlord "
    "took each late payment without a word about the date on which it had come. A landlord that "
    "takes late payments without protest over a long time cannot end the lease for the next one, "
    "unless it has said before that it will insist on the date from then on."
)


def _apart(memorandum: str, case_file: str) -> Example:
    """An example of another matter, held out."""
    return replace(
        GOOD,
        id="other-1",
        matter="other",
        split="held-out",
        memorandum=memorandum,
        passages=(Excerpt("Ledger", 1, case_file), GOOD.passages[0], GOOD.passages[1]),
    )


@pytest.mark.parametrize(
    ("memorandum", "case_file", "found"),
    [
        (with_part("DISCUSSION", f"{LONG} So it is here [1]."), "Paid.", ["memorandum"]),
        (with_part("DISCUSSION", LONG.replace("late", "early").replace("the ", "a ")), "Paid.", []),
        (with_part("DISCUSSION", "The lease governs [1]."), LONG, ["case file"]),
        (with_part("DISCUSSION", "The lease governs [1]."), "Nothing was ever paid.", []),
    ],
)
def test_leak_across_the_split(memorandum: str, case_file: str, found: list[str]) -> None:
    trained = replace(
        GOOD,
        memorandum=with_part("DISCUSSION", f"{LONG} [1]."),
        passages=(*GOOD.passages, Excerpt("Ledger", 1, LONG)),
    )
    faults = check_examples([trained, _apart(memorandum, case_file)])
    assert [(fault.example, fault.check) for fault in faults] == [("other-1", "leak")] * len(found)
    assert [what for what in found if what not in faults[0].detail] == []


@pytest.mark.parametrize(
    ("trained", "held_out", "force", "words"),
    [
        (200, 0, False, ""),
        (199, 50, False, "199 training examples, fewer than 200"),
        (50, 0, False, "50 training examples, fewer than 200"),
        (49, 0, True, "49 training examples, fewer than 200"),
    ],
)
def test_few_examples_are_warned_of(trained: int, held_out: int, force: bool, words: str) -> None:
    examples = [GOOD] * trained + [replace(GOOD, split="held-out")] * held_out
    warning = refuse_few(Path("some.jsonl"), examples, force=force)
    assert warning.startswith(words)
    assert bool(warning) == bool(words)


def test_too_few_examples_are_refused() -> None:
    examples = [GOOD] * 30 + [replace(GOOD, split="held-out")] * 40
    with pytest.raises(BadExamples) as refused:
        refuse_few(Path("some.jsonl"), examples, force=False)
    assert str(refused.value).startswith("some.jsonl: 30 training examples, fewer than 50; ")
    assert "--force" in str(refused.value)
