"""How strong the evidence is, and that its calibration is whole."""

import json
from pathlib import Path

import pytest

from retrieval.evidence import CALIBRATION, Evidence, of_name, of_question
from retrieval.library import Library
from retrieval.search import find
from retrieval.yardstick import Yardstick

USUAL = Yardstick((0.2, 0.1, 0.15), (0.06, 0.08, 0.1))


def test_strength_grows_with_each_quantity() -> None:
    some = of_name(0.5, 0.6, 0.5)
    more = [of_name(0.9, 0.6, 0.5), of_name(0.5, 0.8, 0.5), of_name(0.5, 0.6, 0.9)]
    assert all(some.strength < one.strength for one in more)
    some = of_question((0.3, 0.5, 0.5), USUAL)
    more = [of_question(found, USUAL) for found in ((0.5, 0.5, 0.5), (0.3, 0.9, 0.9))]
    assert all(some.strength < one.strength for one in more)
    assert all(0 < one.strength < 1 for one in (some, *more, of_question((0, 0, 0), USUAL)))


def test_the_same_finding_is_worth_less_where_foreign_questions_find_more() -> None:
    found = (0.45, 0.6, 0.8)
    large = Yardstick((0.4, 0.5, 0.7), USUAL.deviations)
    assert of_question(found, large).strength < of_question(found, USUAL).strength


def test_weak_is_what_lies_below_the_threshold() -> None:
    assert of_name(0.0, 0.0, 0.0).weak
    assert not of_name(1.0, 1.0, 1.0).weak
    assert of_question(USUAL.means, USUAL).weak
    assert not of_question((0.6, 1.0, 1.0), USUAL).weak


@pytest.mark.parametrize(("kind", "quantities", "false"), [("named", 3, 0.05), ("whole", 3, 0.05)])
def test_threshold_stands_on_its_curve(kind: str, quantities: int, false: float) -> None:
    calibration = json.loads(CALIBRATION.read_text(encoding="utf-8"))[kind]
    assert len(calibration["weights"]) == 1 + quantities
    curve = calibration["curve"]
    assert calibration["threshold"] == next(
        point["threshold"] for point in curve if point["false_abstention"] == false
    )
    for axis in ("false_abstention", "threshold", "refused"):
        assert [point[axis] for point in curve] == sorted(point[axis] for point in curve)


def test_document_that_is_not_there(library: Library, files: Path) -> None:
    lease = "Lease of Unit 9 between Tannery Row and Ostrow Holdings. The tenant repairs the roof."
    (files / "tannery_row_lease.txt").write_text(lease, encoding="utf-8")
    (files / "deed.txt").write_text("The miller of the weir keeps its roof.", encoding="utf-8")
    library.ingest("oven", [files / "tannery_row_lease.txt", files / "deed.txt"])

    def evidence(question: str) -> Evidence:
        return find(library, "oven", question, 4).evidence

    there = evidence("Under the lease between Tannery Row and Ostrow, who repairs the roof?")
    other = evidence("Under the lease between Tannery Row and Quillfeather, who repairs the roof?")
    absent = evidence("Under the Ostrow license to Brackwater Engineers, who repairs the roof?")
    assert there.named
    assert there.strength > other.strength
    assert not there.weak
    assert not absent.named
    assert not evidence("Who repairs the roof?").named
