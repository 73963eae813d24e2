"""How strong the evidence is: whether the case file seems to hold what a question asks about.

Told from absolute quantities, never from the ranking, in which some passage is always first. Of a
question that names a document: how much of the name, each word weighed by how rare it is among the
documents' headers, stands in the best header, and in the best passage with its header; and the
cosine of name and header. Of any other question: the mean cosine of its four nearest passages,
which tells much less (two agreements on one form answer the same questions).

A logistic regression makes of them the share of questions with such evidence that the file could
answer. Weights, threshold and curve lie in ``evidence.json``, written by ``make bench-evidence``.
"""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

CALIBRATION = Path(__file__).with_name("evidence.json")
NEAREST = 4
"""Passages whose cosines are averaged."""
READ = 16
"""Passages in which a name is looked for."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What there is for an answer."""

    named: bool
    """Whether the question names a document."""
    quantities: tuple[float, ...]
    """Each in [0, 1] or a cosine, as ``of_name`` and ``of_question`` give them."""

    @property
    def strength(self) -> float:
        """In [0, 1]: of questions with such evidence, the share whose document was there."""
        bias, *weights = _calibration(self.named)["weights"]
        logit = bias + sum(w * q for w, q in zip(weights, self.quantities, strict=True))
        return 1 / (1 + math.exp(-logit))

    @property
    def weak(self) -> bool:
        """Whether it is weaker than that of all but 5 % of the questions that could be answered."""
        return self.strength < float(_calibration(self.named)["threshold"])


def of_name(header: float, cosine: float, passage: float) -> Evidence:
    """Gives the evidence for a question that names a document.

    ``header`` and ``passage`` are shares of the name that stand in the best of them; ``cosine`` is
    that of the name and the nearest header.
    """
    return Evidence(True, (header, cosine, passage))


def of_question(cosines: Sequence[float]) -> Evidence:
    """Gives the evidence for any other question from its cosines with passages, best first."""
    nearest = cosines[:NEAREST]
    return Evidence(False, (sum(nearest) / len(nearest) if nearest else 0.0,))


WEAK = (
    "Weak evidence: the case file does not seem to hold what this question asks about; check the "
    "passages before you rely on it."
)
"""What a reader is told of it."""


@cache
def _calibration(named: bool) -> dict[str, Any]:
    calibration: dict[str, Any] = json.loads(CALIBRATION.read_text(encoding="utf-8"))
    kind: dict[str, Any] = calibration["named" if named else "whole"]
    return kind
