"""Whether the style score ranks memoranda as a reader does (`make bench-ranking`).

Forty memoranda on the sample matter and of the house: 32 that the base model and the adapter of the
demonstration wrote in all arms of an evaluation, four held-out ones of the house, and four of the
house that were damaged. They were graded from 0 to 100 for form alone, by reading, in a random
order and without their origin or score; whoever graded them had written the score. Prints
Spearman's rank correlation, of all and of the models' alone.
"""

import json
from pathlib import Path

import numpy as np
import pytest

from training.examples import read_examples
from training.house_profile import profile_of
from training.memoranda.vary import MEMORANDA
from training.style_score import style_score

READ = Path(__file__).parent / "read_memoranda.jsonl"


@pytest.mark.bench
def test_score_ranks_as_a_reader_does() -> None:
    rows = [json.loads(line) for line in READ.read_text(encoding="utf-8").split("\n") if line]
    house = profile_of(read_examples(MEMORANDA))
    scores = [style_score(row["text"], house).score for row in rows]
    grades = [float(row["grade"]) for row in rows]
    by_models = [index for index, row in enumerate(rows) if row["from"].startswith(("base", "ad"))]
    everything = spearman(scores, grades)
    models = spearman([scores[i] for i in by_models], [grades[i] for i in by_models])
    print(
        f"\n{len(rows)} memoranda: {everything:.2f}; {len(by_models)} of the models: {models:.2f}"
    )
    assert everything > 0.85
    assert models > 0.8


def spearman(one: list[float], other: list[float]) -> float:
    """Gives the rank correlation; equal values share their ranks."""
    return float(np.corrcoef(ranks(one), ranks(other))[0, 1])


def ranks(values: list[float]) -> list[float]:
    """Gives the rank of each value, ties at their mean."""
    array = np.array(values)
    return [float((array < one).sum() + ((array == one).sum() - 1) / 2) for one in values]
