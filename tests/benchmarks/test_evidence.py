"""How well the strength of evidence tells what the case file can answer (`make bench-evidence`).

    [CASEWRIGHT_BENCH_DATA=<folder>] [CASEWRIGHT_BENCH_HOME=<folder>] make bench-evidence

Questions that name a document: each of LegalBench-RAG is asked of the whole corpus, which answers
it, and of the corpus without its documents, which does not; cross-validated over folds of
documents. The same without the name, of the corpus without all documents of its set, are judged as
they would be in service; another set often holds a clause that would answer.

Questions that name none: those of the sample memoranda, in the file's words, and others about the
same matters in a user's; asked of their matter and of another, of many matters with and without
it; fitted on one half of the matters and measured on the other, then on the sample matter and its
questions. Near misses, about a matter and answered nowhere in it, are measured and not fitted on.

What is fitted on all of them, with the threshold and its curve, is written to
``$CASEWRIGHT_BENCH_HOME/evidence.json``: copied to ``retrieval/evidence.json`` it is in force.
"""

import json
import os
import zlib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from retrieval.documents import Document
from retrieval.evidence import CALIBRATION, Evidence
from retrieval.library import Library
from retrieval.scope import scope_of
from retrieval.search import find
from tests.benchmarks.made_matters import askings, strangers, write_matters
from ui.samples import MATTER_ID, questions

FOLDS = 5
SHARES = (0.01, 0.02, 0.05, 0.1, 0.2)
NAMED_FALSE, WHOLE_FALSE = 0.05, 0.05
"""The share of answerable questions that may be refused, by kind; each one of SHARES."""
MATTER, FICTION = "legalbench", "memoranda"
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Asked:
    """A question with the evidence that was found."""

    document: str
    answerable: bool
    evidence: Evidence
    pooled: bool = False
    """Whether many matters were asked together: what size does is fitted on them, but no case file
    is such a one, and a question in other words that names nobody has many answers there."""

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
    for name, rows in json.loads((source / "queries.json").read_bytes()).items():
        for row in rows:
            gold = {snippet["file_path"] for snippet in row["snippets"]}
            others = [one for one in documents if one.path not in gold]
            given += _both(library, row["query"], min(gold), others)
            asked = row["query"].partition("; ")[2] or row["query"]
            others = [one for one in documents if Path(one.path).parts[0] != name]
            nameless += _both(library, asked, min(gold), others)
    named = [one for one in given + nameless if one.evidence.named]
    held_out = {fold: _fitted([one for one in named if one.fold != fold]) for fold in range(FOLDS)}
    strength = [_strength(held_out[one.fold], one.evidence.quantities) for one in named]
    auroc = _told("that name a document", np.array(strength), named, NAMED_FALSE)
    whole = [one for one in nameless if not one.evidence.named]
    _told("without the name, as fitted on memoranda", _in_service(whole), whole, WHOLE_FALSE)
    _refused("the same, as in service", whole)
    _write(home, "named", _fitted(named), named, NAMED_FALSE)
    assert auroc >= 0.92


@pytest.mark.bench
@pytest.mark.timeout(3600)
def test_questions_of_other_matters(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sample: Library
) -> None:
    home = Path(os.environ.get("CASEWRIGHT_BENCH_HOME", tmp_path))
    library = Library(home)
    folder = tmp_path / "files"
    examples = write_matters(folder)
    monkeypatch.chdir(folder)
    library.ingest(FICTION, [Path()])
    paths = [one.path for one in library.documents(FICTION)]
    halves: dict[int, list[Asked]] = {0: [], 1: []}
    near: list[Asked] = []
    by_kind: dict[str, list[Asked]] = defaultdict(list)
    for asking in askings(examples):
        held = tuple(path for path in paths if Path(path).parts[0] in asking.folders)
        evidence = find(library, FICTION, asking.question, 8, scope_of(documents=held)).evidence
        if evidence.named:
            continue
        pooled = len(asking.folders) > 1
        if asking.kind == "near miss" and asking.own:
            near.append(Asked("", False, evidence))
            continue
        one = Asked("", asking.own, evidence, pooled)
        halves[asking.half].append(one)
        by_kind[f"{asking.kind}, {'many matters' if pooled else 'one matter'}"].append(one)
    for half, measured in halves.items():
        model = _fitted(halves[1 - half])
        threshold = _threshold(model, halves[1 - half], WHOLE_FALSE)
        strength = np.array([_strength(model, one.evidence.quantities) for one in measured])
        _told(f"half {half} of the matters, fitted on the other", strength, measured, WHOLE_FALSE)
        _refused_at("at the other's threshold", strength < threshold, measured)
    both = halves[0] + halves[1]
    _write(home, "whole", _fitted(both), both, WHOLE_FALSE)
    _refused("all, as in service", both)
    model = _fitted(both)
    for kind, asked in by_kind.items():
        strength = np.array([_strength(model, one.evidence.quantities) for one in asked])
        for share in SHARES:
            weak = strength < _threshold(model, both, share)
            _refused_at(f"{kind}, at {100 * share:.0f} %", weak, asked)
    _refused("near misses in their own matter", near)
    _sample_matter(sample)


def _sample_matter(sample: Library) -> None:
    """The sample matter: its 20 answerable questions, its 8 others, and 40 of other matters."""

    def asked(questions: Sequence[str], *, answerable: bool) -> list[Asked]:
        found = [find(sample, MATTER_ID, question, 8).evidence for question in questions]
        return [Asked("", answerable, evidence) for evidence in found]

    own = questions()
    answerable = asked([one.question for one in own if one.answerable], answerable=True)
    near = asked([one.question for one in own if not one.answerable], answerable=False)
    other = asked(strangers(40), answerable=False)
    _refused("sample matter, its own", answerable + near)
    _refused("sample matter, of other matters", other)
    refused = sum(one.evidence.weak for one in other)
    assert refused >= 0.95 * len(other)
    assert sum(one.evidence.weak for one in answerable) <= 0.05 * len(answerable)


def _both(
    library: Library, question: str, document: str, others: Sequence[Document]
) -> list[Asked]:
    """The question asked of all documents, and of the others alone."""
    scope = scope_of(documents=[one.path for one in others])
    return [
        Asked(document, True, find(library, MATTER, question, 8).evidence),
        Asked(document, False, find(library, MATTER, question, 8, scope).evidence),
    ]


def _fitted(asked: Sequence[Asked]) -> Floats:
    return _fit(
        np.array([one.evidence.quantities for one in asked]),
        np.array([one.answerable for one in asked]),
    )


def _in_service(asked: Sequence[Asked]) -> Floats:
    """The strengths by the calibration that is in force."""
    return np.array([one.evidence.strength for one in asked])


def _told(form: str, strength: Floats, asked: Sequence[Asked], false: float) -> float:
    """Prints how well strength tells; gives its AUROC."""
    answerable = np.array([one.answerable for one in asked])
    auroc = _auroc(strength, answerable)
    refused = (strength[~answerable] < np.quantile(strength[answerable], false)).mean()
    print(
        f"\n{form}: {answerable.sum()} answerable, {(~answerable).sum()} not; AUROC {auroc:.3f}; "
        f"at {100 * false:.0f} % false abstention {100 * refused:.1f} % are refused"
    )
    return auroc


def _refused(form: str, asked: Sequence[Asked]) -> None:
    """Prints what is refused by the calibration that is in force."""
    _refused_at(form, np.array([one.evidence.weak for one in asked]), asked)


def _refused_at(form: str, weak: NDArray[np.bool_], asked: Sequence[Asked]) -> None:
    told = []
    for answerable, name in ((True, "answerable"), (False, "not")):
        of = np.array([one.answerable == answerable for one in asked])
        if of.any():
            told.append(f"{(weak & of).sum()} of {of.sum()} {name}")
    print(f"  {form}: refused {', '.join(told)}")


def _threshold(model: Floats, asked: Sequence[Asked], false: float) -> float:
    """The strength that this share of the answerable questions lies below."""
    strength = [
        _strength(model, one.evidence.quantities)
        for one in asked
        if one.answerable and not one.pooled
    ]
    return float(np.quantile(strength, false))


def _write(home: Path, kind: str, model: Floats, asked: Sequence[Asked], false: float) -> None:
    """Writes one kind's calibration into the home's file; the other's stays as it is."""
    file = home / "evidence.json"
    source = file if file.exists() else CALIBRATION
    calibration = json.loads(source.read_text(encoding="utf-8"))
    curve = _curve(model, asked)
    (at,) = (point for point in curve if point["false_abstention"] == false)
    calibration[kind] = {
        "weights": [round(float(weight), 4) for weight in model],
        "threshold": at["threshold"],
        "curve": curve,
    }
    file.write_text(json.dumps(calibration, indent=1) + "\n", encoding="utf-8")


def _curve(model: Floats, asked: Sequence[Asked]) -> list[dict[str, Any]]:
    """What each threshold would give on the questions of one kind."""
    strength = np.array([_strength(model, one.evidence.quantities) for one in asked])
    answerable = np.array([one.answerable for one in asked])
    curve = []
    for share in SHARES:
        threshold = _threshold(model, asked, share)
        refused = float((strength[~answerable] < threshold).mean())
        curve.append(
            {
                "false_abstention": share,
                "threshold": round(threshold, 4),
                "refused": round(refused, 3),
            }
        )
    return curve


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
