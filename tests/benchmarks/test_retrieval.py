"""Retrieval on LegalBench-RAG: precision, recall and DRM by set (`make bench-retrieval`).

    CASEWRIGHT_BENCH_DATA=<folder> [CASEWRIGHT_BENCH_HOME=<folder>] make bench-retrieval

The corpus is one matter, ingested by ``casewright ingest`` and kept in CASEWRIGHT_BENCH_HOME where
that is set, so that a second run embeds nothing that is unchanged. Every question goes through
``casewright search --queries``, as it is given and in two other forms. The figures are printed
beside those of the last committed run (``retrieval.json``) and written to
``$CASEWRIGHT_BENCH_HOME/retrieval.json``.
"""

import json
import os
import subprocess
import sys
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import mean, stdev
from typing import Any

import pytest

from retrieval.metrics import Scores, Span, mean_scores, scores

KS = (1, 2, 4, 8, 16, 32, 64)
COMMITTED = Path(__file__).with_name("retrieval.json")
FOLDS = 5
Table = dict[str, dict[int, Scores]]


@dataclass(frozen=True, slots=True)
class Scored:
    """The scores of a question at each k, and the document that it is about."""

    document: str
    at: dict[int, Scores]


@pytest.mark.bench
@pytest.mark.timeout(3600)
def test_legal_bench(tmp_path: Path) -> None:
    data = os.environ.get("CASEWRIGHT_BENCH_DATA")
    if data is None:
        pytest.skip("CASEWRIGHT_BENCH_DATA names no folder with legalbench_rag")
    source = Path(data) / "legalbench_rag"
    home = Path(os.environ.get("CASEWRIGHT_BENCH_HOME", tmp_path))
    questions = json.loads((source / "queries.json").read_text(encoding="utf-8"))
    _casewright(home, source / "corpus", "ingest", "legalbench", ".")
    tables: dict[str, Table] = {}
    for form, put in FORMS.items():
        by_set = {
            name: _scored(home, tmp_path, source / "corpus", rows, put)
            for name, rows in questions.items()
        }
        tables[form] = _table(by_set)
        print(f"\n{form}\n{_shown(tables[form])}")
        if form == AS_GIVEN:
            print(_spread(by_set))
    table = tables[AS_GIVEN]
    written = {
        form: {name: {k: asdict(one) for k, one in by_k.items()} for name, by_k in table.items()}
        for form, table in tables.items()
    }
    (home / "retrieval.json").write_text(json.dumps(written, indent=1) + "\n", encoding="utf-8")
    if COMMITTED.exists():
        before = json.loads(COMMITTED.read_text(encoding="utf-8"))[AS_GIVEN]["macro"]
        for k in (1, 8, 64):
            now, then = asdict(table["macro"][k]), before[str(k)]
            print(
                f"at {k}: "
                + ", ".join(f"{key} {100 * (now[key] - then[key]):+.1f}" for key in now)
                + " against the last committed run"
            )
    macro = table["macro"]
    assert macro[1].precision >= 0.30
    assert macro[8].recall >= 0.55
    assert macro[64].recall >= 0.86
    assert macro[8].drm <= 0.05


def _in_two(question: str) -> tuple[str, str]:
    """The benchmark's own form, *Consider X; who pays?*, as X and what is asked."""
    document, _, asked = question.removeprefix("Consider ").partition("; ")
    return document, asked


def _under(question: str) -> str:
    document, asked = _in_two(question)
    return f"Under {document}, {asked[0].lower()}{asked[1:]}"


def _asked_in(question: str) -> str:
    document, asked = _in_two(question)
    return f"{asked.rstrip('?.')}, in {document}?"


AS_GIVEN = "as given: Consider X; who pays?"
FORMS: dict[str, Callable[[str], str]] = {
    AS_GIVEN: lambda question: question,
    "Under X, who pays?": _under,
    "Who pays, in X?": _asked_in,
}
"""Every question names its document in one form; a lawyer's questions have others."""


def _scored(
    home: Path, scratch: Path, corpus: Path, rows: Sequence[Any], put: Callable[[str], str]
) -> list[Scored]:
    found = _found(home, scratch, corpus, [put(row["query"]) for row in rows])
    gold = [[Span(one["file_path"], *one["span"]) for one in row["snippets"]] for row in rows]
    return [
        Scored(spans[0].path, {k: scores(hits[:k], spans) for k in KS})
        for hits, spans in zip(found, gold, strict=True)
    ]


def _table(by_set: Mapping[str, Sequence[Scored]]) -> Table:
    table = {
        name: {k: mean_scores([one.at[k] for one in rows]) for k in KS}
        for name, rows in by_set.items()
        if rows
    }
    return {**table, "macro": {k: mean_scores([one[k] for one in table.values()]) for k in KS}}


def _spread(by_set: Mapping[str, Sequence[Scored]]) -> str:
    """The macro figures over five folds of documents: how far they depend on which are asked."""
    folds = [
        _table(
            {
                name: [one for one in rows if zlib.crc32(one.document.encode()) % FOLDS == fold]
                for name, rows in by_set.items()
            }
        )["macro"]
        for fold in range(FOLDS)
    ]
    figures = {
        "P@1": [fold[1].precision for fold in folds],
        "R@8": [fold[8].recall for fold in folds],
        "R@64": [fold[64].recall for fold in folds],
        "DRM@8": [fold[8].drm for fold in folds],
    }
    told = ", ".join(
        f"{name} {100 * mean(values):.1f} ± {100 * stdev(values):.1f}"
        for name, values in figures.items()
    )
    return f"{FOLDS} folds by document: {told}"


def _found(home: Path, scratch: Path, corpus: Path, queries: Sequence[str]) -> list[list[Span]]:
    """The passages of each question, best first, as the command prints them."""
    file = scratch / "queries.txt"
    file.write_text("\n".join(queries) + "\n", encoding="utf-8")
    printed = _casewright(
        home, corpus, "search", "legalbench", "--queries", str(file), "-k", str(max(KS))
    )
    rows = [json.loads(line) for line in printed.splitlines()]
    assert [row["query"] for row in rows] == list(queries)
    return [
        [Span(one["path"], one["start"], one["end"]) for one in row["passages"]] for row in rows
    ]


def _casewright(home: Path, folder: Path, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-P", "-m", "ui.cli", *arguments],
        cwd=folder,
        env={**os.environ, "CASEWRIGHT_HOME": str(home)},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return done.stdout


def _shown(table: Table) -> str:
    lines = [f"{'':12}" + "".join(f"{f'P@{k} R@{k} DRM@{k}':>20}" for k in KS)]
    for name, by_k in table.items():
        cells = [
            f"{100 * one.precision:.1f} {100 * one.recall:.1f} {100 * one.drm:.1f}"
            for one in by_k.values()
        ]
        lines.append(f"{name:12}" + "".join(f"{cell:>20}" for cell in cells))
    return "\n".join(lines)
