"""All checks together: each finding under its check, a verdict for each example, the counts."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.training.test_checks import GOOD, with_part
from training.examples import Example
from training.report import FAULTS, WARNINGS, checked
from training.tokens import Length, Lengths

FILE = Path("own.jsonl")


def _many(count: int) -> list[Example]:
    """Examples of matters of their own, no two alike."""
    return [
        replace(
            GOOD,
            id=f"good-{index}",
            matter=f"matter-{index}",
            memorandum=with_part("CONCLUSION", f"Rent is due {'again ' * index}."),
        )
        for index in range(count)
    ]


@pytest.mark.parametrize(
    ("changed", "check", "verdict"),
    [
        (
            replace(GOOD, memorandum=with_part("FACTS", "We asked Halcyon [1].")),
            "fact closure",
            "faulty",
        ),
        (replace(GOOD, memorandum=with_part("FACTS", "Rent is due [9].")), "citation", "faulty"),
        (replace(GOOD, memorandum=with_part("FACTS", "")), "headings", "faulty"),
        (replace(GOOD, matter="matter-1", split="held-out"), "split", "faulty"),
        (replace(GOOD, id="good-1"), "duplicate", "faulty"),
        (
            replace(GOOD, memorandum=with_part("FACTS", "Write to b.quarles@example.org [1].")),
            "personal data",
            "warned",
        ),
        (
            replace(GOOD, memorandum=with_part("FACTS", "Rent is due [1].\nSincerely,")),
            "boilerplate",
            "warned",
        ),
    ],
)
def test_finding_and_verdict(changed: Example, check: str, verdict: str) -> None:
    report = checked(FILE, [*_many(2), changed], None, force=True)
    found = {one.check for one in (*report.faults, *report.warnings)}
    # Short memoranda on one form repeat each other: not what is looked at here.
    assert found - {"near-duplicate", "size"} == {check}
    assert set(report.counted()) == {*FAULTS, *WARNINGS}
    assert report.verdicts[changed.id] == verdict
    assert sum(report.verdict_counts().values()) == len(report.verdicts)


def test_a_long_example_is_a_fault_that_says_what_is_lost() -> None:
    lengths = Lengths(100, (Length(GOOD.id, 90, 30, "20 tokens, from FACTS on"),), ())
    (fault,) = checked(FILE, [GOOD], lengths, force=True).faults
    assert (fault.example, fault.check) == (GOOD.id, "length")
    assert fault.detail == (
        "120 tokens, more than data.max_tokens (100): it would lose 20 tokens, from FACTS on"
    )


@pytest.mark.parametrize(
    ("count", "force", "refused", "warned"),
    [(30, False, True, False), (30, True, False, True), (60, False, False, True)],
)
def test_size(count: int, force: bool, refused: bool, warned: bool) -> None:
    report = checked(FILE, _many(count), None, force=force)
    assert bool(report.refused) == refused
    assert [one.example for one in report.warnings if one.check == "size"] == [FILE.name] * warned


def test_case_files_of_one_part_may_repeat_but_memoranda_are_warned_of() -> None:
    text = " ".join(f"word{index}" for index in range(60))
    one = replace(GOOD, memorandum=with_part("CONCLUSION", text))
    other = replace(one, id="lease-2", memorandum=with_part("CONCLUSION", f"{text} more"))
    (found,) = [
        warning
        for warning in checked(FILE, [one, other], None, force=True).warnings
        if warning.check == "near-duplicate"
    ]
    assert found.example == "lease-2"
    assert found.detail.startswith("its memorandum is nearly that of lease-1 (")


def test_sections_are_counted() -> None:
    lacking = replace(GOOD, id="lease-2", memorandum=with_part("FACTS", ""))
    report = checked(FILE, [GOOD, lacking], None, force=True)
    assert report.coverage == {**dict.fromkeys(report.coverage, 2), "FACTS": 1}
    assert dict(report.summary())["sections"] == "missing or empty: FACTS in 1"
