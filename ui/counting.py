"""What both faces count of a run for ``casewright metrics``: how it ended, and how long it took."""

import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from retrieval.errors import CasewrightError, IndexUnavailable, ModelUnavailable
from serving import counters
from serving.counters import Counts
from serving.tracing import traced

if TYPE_CHECKING:
    from retrieval.verdicts import Ingested
    from serving.answered import Answer


@contextmanager
def counted(home: Path, act: str) -> Iterator[Counts]:
    """Counts a run of an act, however it ends, and traces it; the block may count more.

    The outcome is ``ended``, the name of the error that refused it, or ``stopped``.
    """
    counts, started, outcome = Counts(), time.monotonic(), "stopped"
    try:
        with traced(act):
            yield counts
        outcome = "ended"
    except CasewrightError as error:
        outcome = type(error).__name__
        if isinstance(error, ModelUnavailable):
            counts.add(counters.ENGINE_ERRORS, act)
        if isinstance(error, IndexUnavailable):
            counts.add(counters.INDEX_ERRORS, act)
        raise
    finally:
        counts.add(counters.RUNS, act, outcome)
        counts.observe(counters.RUN_SECONDS, time.monotonic() - started, act)
        counts.save(home)


@contextmanager
def timed_search(counts: Counts) -> Iterator[None]:
    """Takes the time of one question's search, where it ends well."""
    started = time.monotonic()
    yield
    counts.observe(counters.SEARCHING, time.monotonic() - started)


def count_answer(counts: Counts, answer: "Answer") -> None:
    """Counts what is known of an answer, whole or broken off."""
    count_verdicts(counts, "ask", answer.verdicts)
    receipt = answer.receipt
    if "search_seconds" in receipt:
        counts.observe(counters.SEARCHING, receipt["search_seconds"])
    if answer.abstained:
        counts.add(counters.ABSTENTIONS)
    elif answer.text:  # a model took part
        counts.observe(counters.FIRST_TOKEN, receipt["first_token_seconds"])
        counts.observe(counters.WRITING, receipt["seconds"])
        counts.observe(counters.CHECKING, receipt["check_seconds"])


def count_files(counts: Counts, files: Sequence["Ingested"]) -> None:
    """Counts the files of an ingest by verdict, and the passages that it indexed."""
    for verdict, files_of_it in Counter(file.verdict for file in files).items():
        counts.add(counters.FILES, verdict, amount=files_of_it)
    passages = sum(file.passages for file in files if file.verdict == "indexed")
    counts.add(counters.PASSAGES, amount=passages)


def count_verdicts(counts: Counts, act: str, verdicts: Mapping[str, int]) -> None:
    """Counts the sentences of an act by verdict."""
    for verdict, sentences in verdicts.items():
        counts.add(counters.SENTENCES, act, verdict, amount=sentences)
