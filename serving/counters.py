"""What was done and how long it took, counted for Prometheus: numbers alone, never a text.

Each command and each job is a process of its own, so the counts live in ``<home>/metrics/``: a
process counts in memory (``Counts``) and adds what it has under a lock, by a file written beside
and moved into place. The file keeps its size: the metrics are those of ``METRICS``, and a label is
one of a few words of the code (a verdict, an outcome, the name of an error). A matter's name can be
a client's, and is none of them.
"""

import fcntl
import json
import re
from collections import defaultdict
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from retrieval.durable import write_whole

NAME = "metrics/counts.json"
_LOCK = "metrics/lock"

SHORT = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
LONG = (0.1, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0, 40.0, 80.0, 160.0, 320.0, 640.0, 3600.0)
"""Upper bounds of a histogram's buckets, in seconds."""

_LABEL = re.compile(r"[A-Za-z][A-Za-z ]{0,39}")


@dataclass(frozen=True, slots=True)
class Metric:
    """A counter, or with ``buckets`` a histogram of seconds."""

    name: str
    help: str
    labels: tuple[str, ...] = ()
    buckets: tuple[float, ...] = ()


RUNS = Metric(
    "casewright_runs_total",
    "What was asked for (ask, search, ingest, review, chronology), by what became of it.",
    ("act", "outcome"),
)
RUN_SECONDS = Metric(
    "casewright_run_seconds", "How long these took, from start to end.", ("act",), LONG
)
ENGINE_ERRORS = Metric(
    "casewright_engine_errors_total", "How often the model did not answer, or broke off.", ("act",)
)
INDEX_ERRORS = Metric(
    "casewright_index_errors_total", "How often the index was not to be used.", ("act",)
)
FILES = Metric("casewright_ingest_files_total", "Files of ingests, by verdict.", ("verdict",))
PASSAGES = Metric("casewright_ingest_passages_total", "Passages that ingests indexed.")
SENTENCES = Metric(
    "casewright_sentences_total", "Sentences of answers, by verdict.", ("act", "verdict")
)
ABSTENTIONS = Metric(
    "casewright_ask_abstentions_total", "Questions that the case file does not answer."
)
FIRST_TOKEN = Metric(
    "casewright_ask_first_token_seconds",
    "From the request to the model until its first token.",
    (),
    SHORT,
)
WRITING = Metric(
    "casewright_ask_writing_seconds",
    "From the request to the model until its last token.",
    (),
    LONG,
)
CHECKING = Metric("casewright_ask_check_seconds", "Checking a memorandum's sentences.", (), SHORT)
SEARCHING = Metric("casewright_search_seconds", "Searching a matter for one question.", (), SHORT)

METRICS = (
    RUNS, RUN_SECONDS, ENGINE_ERRORS, INDEX_ERRORS, FILES, PASSAGES, SENTENCES, ABSTENTIONS,
    SEARCHING, FIRST_TOKEN, WRITING, CHECKING,
)  # fmt: skip
"""All that is counted."""


@dataclass(slots=True)
class Series:
    """One metric under one set of labels."""

    sum: float = 0.0
    """A counter's value, or the seconds that a histogram saw."""
    seen: dict[float, int] = field(default_factory=dict)
    """Of a histogram: how many fell in which bucket alone, by its upper bound (infinity too)."""


Kept = dict[str, dict[tuple[str, ...], Series]]
"""Name of a metric -> its labels' values -> what was counted."""


class Counts:
    """What this process counted and did not add to the home yet."""

    def __init__(self) -> None:
        self._kept: Kept = defaultdict(dict)

    def add(self, metric: Metric, *labels: str, amount: float = 1) -> None:
        """Counts. A label that is no plain word of the code becomes ``other``."""
        self._series(metric, labels).sum += amount

    def observe(self, metric: Metric, seconds: float, *labels: str) -> None:
        """Puts a time into its bucket."""
        series = self._series(metric, labels)
        bound = next((one for one in metric.buckets if seconds <= one), float("inf"))
        series.sum += seconds
        series.seen[bound] = series.seen.get(bound, 0) + 1

    def save(self, home: Path) -> None:
        """Adds it all to the home's counts, and counts from nothing again.

        What cannot be written (a full disk, a home that is read-only or not made yet) is not
        counted: an answer does not fail for that.
        """
        with suppress(OSError):
            (home / NAME).parent.mkdir(exist_ok=True)
            with (home / _LOCK).open("w") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                kept = read(home)
                for name, found in self._kept.items():
                    for labels, series in found.items():
                        _merge(kept.setdefault(name, {}).setdefault(labels, Series()), series)
                _write(home / NAME, kept)
        self._kept.clear()

    def _series(self, metric: Metric, labels: tuple[str, ...]) -> Series:
        plain = tuple(one if _LABEL.fullmatch(one) else "other" for one in labels)
        return self._kept[metric.name].setdefault(plain, Series())


def read(home: Path) -> Kept:
    """Gives what a home has counted. A damaged file counts from nothing, as a restart would."""
    try:
        rows = json.loads((home / NAME).read_text(encoding="utf-8"))
        return {name: dict(_series(row) for row in found) for name, found in rows.items()}
    except FileNotFoundError:
        return {}
    except (ValueError, TypeError, KeyError, AttributeError):
        return {}


def _series(row: Mapping[str, Any]) -> tuple[tuple[str, ...], Series]:
    seen = {float(bound): int(count) for bound, count in row.get("seen", {}).items()}
    return tuple(map(str, row["labels"])), Series(float(row["sum"]), seen)


def _merge(into: Series, more: Series) -> None:
    into.sum += more.sum
    for bound, count in more.seen.items():
        into.seen[bound] = into.seen.get(bound, 0) + count


def _write(file: Path, kept: Kept) -> None:
    """Moved into place whole: who reads needs no lock, and a process that dies leaves no half."""
    rows = {
        name: [
            {"labels": labels, "sum": one.sum, **({"seen": one.seen} if one.seen else {})}
            for labels, one in found.items()
        ]
        for name, found in kept.items()
    }
    write_whole(file, json.dumps(rows).encode())
