"""How strong the evidence is: whether the case file seems to hold what a question asks about.

Told from absolute quantities, never from the ranking, in which some passage is always first. Of a
question that names a document: how much of the name, each word weighed by how rare it is among the
documents' headers, stands in the best header, and in the best passage with its header; and the
cosine of name and header. Of any other question: the mean cosine of its four nearest passages, and
how many of its words stand in one passage found and in any (``coverage``), each by how far it lies
above what questions about other cases find in the same documents (``yardstick``). That tells a
question that belongs to another matter; one whose answer this matter speaks around and does not
give is hardly told at all: that takes reading.

A logistic regression makes of them the share of questions with such evidence that the file could
answer. Weights, threshold and curve lie in ``evidence.json``, written by ``make bench-evidence``.
"""

import json
import math
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from retrieval.yardstick import Finding, Yardstick

CALIBRATION = Path(__file__).with_name("evidence.json")
READ = 16
"""Passages in which a name is looked for."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What there is for an answer."""

    named: bool
    """Whether the question names a document."""
    quantities: tuple[float, ...]
    """As ``of_name`` and ``of_question`` give them."""
    shares: tuple[float, float] = (0.0, 0.0)
    """Of a question that names no document, how many of its words stand in one passage found, and
    in any; each in [0, 1]."""

    @property
    def strength(self) -> float:
        """In [0, 1]: of questions with such evidence, the share whose document was there."""
        bias, *weights = _calibration(self.named)["weights"]
        logit = bias + sum(w * q for w, q in zip(weights, self.quantities, strict=True))
        return 1 / (1 + math.exp(-logit))

    @property
    def weak(self) -> bool:
        """Whether it is weaker than that of nearly all questions that could be answered."""
        return self.strength < self.threshold

    @property
    def threshold(self) -> float:
        """The strength from which on a question is answered."""
        return float(_calibration(self.named)["threshold"])


def of_name(header: float, cosine: float, passage: float) -> Evidence:
    """Gives the evidence for a question that names a document.

    ``header`` and ``passage`` are shares of the name that stand in the best of them; ``cosine`` is
    that of the name and the nearest header.
    """
    return Evidence(True, (header, cosine, passage))


def of_question(found: Finding, yardstick: Yardstick) -> Evidence:
    """Gives the evidence for any other question, by what it found and the matter's yardstick."""
    return Evidence(False, yardstick.measure(found), found[1:])


WEAK = (
    "Weak evidence: the case file does not seem to hold what this question asks about; check the "
    "passages before you rely on it."
)
"""What a reader is told of it."""
ABSTAINED = (
    "Not answered: the case file does not seem to hold what this question asks about. No model was "
    "asked; the memorandum is a record of the search."
)
"""What a reader is told where it was so weak that no model was asked."""


@cache
def _calibration(named: bool) -> dict[str, Any]:
    calibration: dict[str, Any] = json.loads(CALIBRATION.read_text(encoding="utf-8"))
    kind: dict[str, Any] = calibration["named" if named else "whole"]
    return kind
