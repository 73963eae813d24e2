"""How well the strength of evidence tells what the case file can answer (`make bench-evidence`).

    CASEWRIGHT_BENCH_DATA=<folder> [CASEWRIGHT_BENCH_HOME=<folder>] make bench-evidence

Each question of LegalBench-RAG is asked of the whole corpus, which answers it, and of the corpus
without its documents, which does not. The figures are cross-validated over folds of documents.
Questions that name no document are what the same ask without the name, of the corpus without all
documents of its set; another set often holds a clause that would answer.

What is fitted on all of them, with the threshold and its curve, is written to
``$CASEWRIGHT_BENCH_HOME/evidence.json``: copied to ``retrieval/evidence.json`` it is in force.
"""

import json
import os
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from retrieval.documents import Document
from retrieval.evidence import Evidence
from retrieval.library import Library
from retrieval.scope import scope_of
from retrieval.search import find

FOLDS = 5
FALSE_ABSTENTION = 0.05
MATTER = "legalbench"
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Asked:
    """A question with the evidence that was found."""

    document: str
    answerable: bool
    evidence: Evidence

    @property
    def fold(self) -> int:
        return zlib.crc32(self.document.encode()) % FOLDS


@pytest.mark.bench
@pytest.mark.timeout(3600)
def test_unanswerable_questions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = os.environ.get("CASEWRIGHT_BENCH_DATA")
    if data is None:
        pytest.skip("CASEWRIGHT_BENCH_DATA names no folder with legalbench_rag")
    source = Path(data) / "legalbench_rag"
    home = Path(os.environ.get("CASEWRIGHT_BENCH_HOME", tmp_path))
    library = Library(home)
    monkeypatch.chdir(source / "corpus")
    library.ingest(MATTER, [Path()])
    documents = library.documents(MATTER)
    given: list[Asked] = []
    nameless: list[Asked] = []
    for name, questions in json.loads((source / "queries.json").read_bytes()).items():
        for row in questions:
            gold = {snippet["file_path"] for snippet in row["snippets"]}
            others = [one for one in documents if one.path not in gold]
            given += _both(library, row["query"], min(gold), others)
            asked = row["query"].partition("; ")[2] or row["query"]
            others = [one for one in documents if Path(one.path).parts[0] != name]
            nameless += _both(library, asked, min(gold), others)
    held_out = {
        fold: _models([one for one in given + nameless if one.fold != fold])
        for fold in range(FOLDS)
    }
    auroc = _told("as given", given, held_out)
    _told("without the name", nameless, held_out)
    models = _models(given + nameless)
    calibration = {
        "named" if named else "whole": {
            "weights": [round(float(weight), 4) for weight in model],
            **_curve(model, [one for one in given + nameless if one.evidence.named == named]),
        }
        for named, model in models.items()
    }
    (home / "evidence.json").write_text(json.dumps(calibration, indent=1) + "\n", encoding="utf-8")
    assert auroc >= 0.92


def _both(
    library: Library, question: str, document: str, others: Sequence[Document]
) -> list[Asked]:
    """The question asked of all documents, and of the others alone."""
    scope = scope_of(documents=[one.path for one in others])
    return [
        Asked(document, True, find(library, MATTER, question, 8).evidence),
        Asked(document, False, find(library, MATTER, question, 8, scope).evidence),
    ]


def _models(asked: Sequence[Asked]) -> dict[bool, Floats]:
    """The weights for questions that name a document, and for those that name none."""
    return {
        named: _fit(
            np.array([one.evidence.quantities for one in asked if one.evidence.named == named]),
            np.array([one.answerable for one in asked if one.evidence.named == named]),
        )
        for named in (True, False)
    }


def _told(form: str, asked: Sequence[Asked], models: Mapping[int, Mapping[bool, Floats]]) -> float:
    """Prints how well strength tells, each question judged by what was fitted on other folds."""
    strength = np.array(
        [_strength(models[one.fold][one.evidence.named], one.evidence.quantities) for one in asked]
    )
    answerable = np.array([one.answerable for one in asked])
    auroc = _auroc(strength, answerable)
    refused = (strength[~answerable] < np.quantile(strength[answerable], FALSE_ABSTENTION)).mean()
    print(
        f"\n{form}: {answerable.sum()} answerable, {(~answerable).sum()} not; AUROC {auroc:.3f}; "
        f"at {100 * FALSE_ABSTENTION:.0f} % false abstention {100 * refused:.0f} % are refused"
    )
    return auroc


def _curve(model: Floats, asked: Sequence[Asked]) -> dict[str, Any]:
    """The threshold, and what others would give, on the questions of one kind."""
    strength = np.array([_strength(model, one.evidence.quantities) for one in asked])
    answerable = np.array([one.answerable for one in asked])
    curve = []
    for share in (0.01, 0.02, FALSE_ABSTENTION, 0.1, 0.2):
        threshold = float(np.quantile(strength[answerable], share))
        refused = float((strength[~answerable] < threshold).mean())
        curve.append(
            {
                "false_abstention": share,
                "threshold": round(threshold, 4),
                "refused": round(refused, 3),
            }
        )
    (at,) = (point for point in curve if point["false_abstention"] == FALSE_ABSTENTION)
    return {"threshold": at["threshold"], "curve": curve}


def _fit(quantities: Floats, answerable: NDArray[np.bool_]) -> Floats:
    """A logistic regression by Newton's method, weakly held to small weights."""
    rows = np.column_stack([np.ones(len(quantities)), quantities])
    weights = np.zeros(rows.shape[1])
    hold = 0.1 * np.diag([0.0, *[1.0] * quantities.shape[1]])
    for _ in range(50):
        share = 1 / (1 + np.exp(-rows @ weights))
        slope = rows.T @ (share - answerable) + hold @ weights
        weights -= np.linalg.solve((rows.T * (share * (1 - share))) @ rows + hold, slope)
    return weights


def _strength(weights: Floats, quantities: Sequence[float]) -> float:
    return float(1 / (1 + np.exp(-(weights[0] + np.dot(quantities, weights[1:])))))


def _auroc(strength: Floats, answerable: NDArray[np.bool_]) -> float:
    """The share of pairs, one answerable and one not, that the strength puts in order."""
    pairs = strength[answerable][:, None] - strength[~answerable][None, :]
    return float((pairs > 0).mean() + (pairs == 0).mean() / 2)
