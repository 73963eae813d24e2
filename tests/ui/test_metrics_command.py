"""The counts as Prometheus reads them: what every act adds, and never a word of a matter."""

import json
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from retrieval.library import Library
from serving import counters
from serving.counters import Counts
from tests.serving.scripted import Scripted, says
from tests.ui.conftest import Casewright

CANARY = "Quetzalbury"  # stands in a document, in a question and in an answer
MEMORANDUM = f"BRIEF ANSWER\nThe term begins on June 1, 2019 [1]. {CANARY} pays $16,000.00 [1]."

Samples = dict[tuple[str, frozenset[str]], float]


def scraped(text: str) -> Samples:
    """The samples of a scrape, by their names and their labels' values."""
    return {
        (sample.name, frozenset(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def value(samples: Samples, name: str, *labels: str) -> float | None:
    return samples.get((name, frozenset(labels)))


def test_an_answer_is_counted(casewright: Casewright, model: list[Scripted]) -> None:
    model.append(says(MEMORANDUM))
    asked = ("ask", "oven", "--answer-anyway", f"When does the term of {CANARY} begin?")
    assert casewright(*asked)[0] == 0
    status, out, _ = casewright("metrics")
    samples = scraped(out)
    assert status == 0
    assert value(samples, "casewright_runs_total", "ask", "ended") == 1
    assert value(samples, "casewright_sentences_total", "ask", "verified") == 1
    assert value(samples, "casewright_sentences_total", "ask", "unsupported") == 1
    for name in ("search", "ask_first_token", "ask_writing", "ask_check"):
        assert value(samples, f"casewright_{name}_seconds_count") == 1
        assert value(samples, f"casewright_{name}_seconds_bucket", "+Inf") == 1
    assert value(samples, "casewright_run_seconds_count", "ask") == 1
    assert value(samples, "casewright_ask_abstentions_total") == 0
    assert CANARY.lower() not in out.lower() and "oven" not in out


def test_an_abstention_is_counted_and_no_model_s_time(casewright: Casewright) -> None:
    stranger = "Which zoning variance did the Harbor Commission refuse to the ferry operator?"
    casewright("ask", "oven", stranger)
    samples = scraped(casewright("metrics")[1])
    assert value(samples, "casewright_ask_abstentions_total") == 1
    assert value(samples, "casewright_ask_writing_seconds_count") is None


@pytest.mark.parametrize(
    ("question", "text", "breaks", "outcome", "engine_errors"),
    [
        ("rent?", "The term", ConnectionError(CANARY), "BrokenOff", 1),
        ("?!", "", None, "EmptyQuestion", None),
        ("rent?", "The term", KeyboardInterrupt(), "stopped", None),
    ],
)
def test_an_answer_that_fails_is_counted_as_what_it_is(
    casewright: Casewright,
    model: list[Scripted],
    question: str,
    text: str,
    breaks: BaseException | None,
    outcome: str,
    engine_errors: int | None,
) -> None:
    model.append(says(text, breaks=breaks))
    casewright("ask", "oven", "--answer-anyway", question)
    out = casewright("metrics")[1]
    samples = scraped(out)
    assert value(samples, "casewright_runs_total", "ask", outcome) == 1
    assert value(samples, "casewright_engine_errors_total", "ask") == engine_errors
    assert CANARY not in out


def test_searches_and_a_damaged_index_are_counted(
    casewright: Casewright, home: Path, library: Library
) -> None:
    Path("questions.txt").write_text("the rent?\nthe roof?\n", encoding="utf-8")
    assert casewright("search", "oven", "--queries", "questions.txt")[0] == 0
    assert casewright("search", "oven", CANARY)[0] == 0
    (home / "matters" / "oven" / "shard" / "edge_config.json").write_text("{", encoding="utf-8")
    assert casewright("search", "oven", CANARY)[0] == 1
    out = casewright("metrics")[1]
    samples = scraped(out)
    assert value(samples, "casewright_runs_total", "search", "ended") == 3
    assert value(samples, "casewright_runs_total", "search", "IndexUnavailable") == 1
    assert value(samples, "casewright_index_errors_total", "search") == 1
    assert value(samples, "casewright_search_seconds_count") == 3
    assert CANARY not in out


def test_an_ingest_is_counted_by_verdict(casewright: Casewright, files: Path) -> None:
    (files / f"{CANARY}.txt").write_text(f"{CANARY} leased the oven.\n", encoding="utf-8")
    (files / "corrupt.pdf").write_bytes(b"%PDF-1.7 nothing")
    casewright("ingest", "oven", "files", "--json")
    casewright("ingest", "oven", "files", "--workers", "none")
    out = casewright("metrics")[1]
    samples = scraped(out)
    verdicts = {"unchanged": 3, "indexed": 1, "refused": 1}
    for verdict, count in verdicts.items():
        assert value(samples, "casewright_ingest_files_total", verdict) == count
    assert value(samples, "casewright_ingest_passages_total") == 1
    assert value(samples, "casewright_runs_total", "ingest", "ended") == 1
    assert value(samples, "casewright_runs_total", "ingest", "Refused") == 1
    assert CANARY not in out


def test_a_review_is_counted(casewright: Casewright, model: list[Scripted]) -> None:
    model.extend(says("The rent is $15,200.00 a month [1].") for _ in range(3))
    status, _, errors = casewright("review", "oven", "What is the rent?", "--answer-anyway")
    assert status == 0, errors
    samples = scraped(casewright("metrics")[1])
    assert value(samples, "casewright_runs_total", "review", "ended") == 1
    assert (value(samples, "casewright_sentences_total", "review", "verified") or 0) >= 1


def test_a_home_without_counts_is_scraped(casewright: Casewright) -> None:
    status, out, _ = casewright("metrics")
    assert (status, value(scraped(out), "casewright_ask_abstentions_total")) == (0, 0)


def test_buckets_grow_to_the_count(casewright: Casewright, home: Path) -> None:
    counts = Counts()
    for seconds in (0.001, 0.02, 0.02, 700.0):
        counts.observe(counters.SEARCHING, seconds)
    counts.save(home)
    samples = scraped(casewright("metrics")[1])
    name = "casewright_search_seconds_bucket"
    steps = [value(samples, name, str(bound)) for bound in counters.SEARCHING.buckets]
    assert steps == [1, *[3] * 10]
    assert value(samples, name, "+Inf") == 4
    assert value(samples, "casewright_search_seconds_sum") == pytest.approx(700.041)


@pytest.fixture
def endpoint(home: Path) -> Iterator[tuple[str, "subprocess.Popen[str]"]]:
    """The address of a running ``casewright metrics --serve``, and its process."""
    home.mkdir(exist_ok=True)
    command = [sys.executable, "-m", "ui.cli", "metrics", "--serve", "127.0.0.1:0"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    yield process.stdout.readline().split()[-1], process
    process.kill()
    process.wait()
    process.stdout.close()


def test_the_endpoint_tells_what_other_processes_count_meanwhile(
    endpoint: tuple[str, "subprocess.Popen[str]"], home: Path
) -> None:
    address, process = endpoint
    for expected in (0, 3):
        with urllib.request.urlopen(address, timeout=10) as answer:
            samples = scraped(answer.read().decode())
        assert value(samples, "casewright_ingest_passages_total") == expected
        counts = Counts()
        counts.add(counters.PASSAGES, amount=3)
        counts.save(home)
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=10) == 0


@pytest.mark.parametrize("address", ["9464", ":9464", "127.0.0.1:", "127.0.0.1:http", "h:70000"])
def test_an_address_that_is_none_is_refused(casewright: Casewright, address: str) -> None:
    status, _, errors = casewright("metrics", "--serve", address)
    assert (status, errors) == (1, f"--serve {address}: not an address; write 127.0.0.1:9464\n")


def test_a_port_that_is_taken_is_told(
    casewright: Casewright, endpoint: tuple[str, "subprocess.Popen[str]"]
) -> None:
    taken = endpoint[0].removeprefix("http://").removesuffix("/metrics")
    status, _, errors = casewright("metrics", "--serve", taken)
    assert (status, errors) == (1, f"--serve {taken}: Address already in use; name another\n")


def test_counts_that_are_no_file_are_one_line(casewright: Casewright, home: Path) -> None:
    (home / counters.NAME).mkdir(parents=True)
    status, _, errors = casewright("metrics")
    assert (status, errors.count("\n")) == (1, 1)
    assert "counts.json: cannot be read (Is a directory)" in errors
    assert json.dumps(errors).isascii()
