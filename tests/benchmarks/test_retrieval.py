"""Retrieval on LegalBench-RAG: precision, recall and DRM by set (`make bench-retrieval`).

    CASEWRIGHT_BENCH_DATA=<folder> [CASEWRIGHT_BENCH_HOME=<folder>] make bench-retrieval

The corpus is one matter, ingested by ``casewright ingest`` and kept in CASEWRIGHT_BENCH_HOME where
that is set, so that a second run embeds nothing that is unchanged. Every question goes through
``casewright search --queries``. The figures are printed beside those of the last committed run
(``retrieval.json``) and written to ``$CASEWRIGHT_BENCH_HOME/retrieval.json``.
"""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import pytest

from retrieval.metrics import Scores, Span, mean_scores, scores

KS = (1, 2, 4, 8, 16, 32, 64)
COMMITTED = Path(__file__).with_name("retrieval.json")
Table = dict[str, dict[int, Scores]]


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
    table: Table = {}
    for name, rows in questions.items():
        found = _found(home, tmp_path, source / "corpus", [row["query"] for row in rows])
        gold = [[Span(one["file_path"], *one["span"]) for one in row["snippets"]] for row in rows]
        table[name] = {
            k: mean_scores(
                [scores(hits[:k], spans) for hits, spans in zip(found, gold, strict=True)]
            )
            for k in KS
        }
    table["macro"] = {k: mean_scores([table[name][k] for name in questions]) for k in KS}
    print(_shown(table))
    written = {name: {k: asdict(one) for k, one in by_k.items()} for name, by_k in table.items()}
    (home / "retrieval.json").write_text(json.dumps(written, indent=1) + "\n", encoding="utf-8")
    if COMMITTED.exists():
        before = json.loads(COMMITTED.read_text(encoding="utf-8"))["macro"]
        for k in (1, 8, 64):
            now, then = asdict(table["macro"][k]), before[str(k)]
            print(
                f"at {k}: "
                + ", ".join(f"{key} {100 * (now[key] - then[key]):+.1f}" for key in now)
                + " against the last committed run"
            )


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
