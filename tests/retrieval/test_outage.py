"""A server that goes away while it is asked: an error soon, and nothing half-visible after it.

``QDRANT_TIMEOUT`` is the 30 seconds of the default: a server that is gone is told of long before.
The bound here is wider than the three seconds that it takes, for machines with other work.
"""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from retrieval import ingest
from retrieval.errors import IndexUnavailable
from retrieval.library import Library
from retrieval.search import search
from retrieval.store import ServerAddress
from retrieval.verdicts import Progress
from tests.retrieval.qdrant_rest import QdrantRest

SECONDS = 6.0
"""Of a time-out of 30."""
FILES = 6


def hang(rest: QdrantRest) -> None:
    rest.delay = 20


OUTAGES: dict[str, tuple[Callable[[QdrantRest], None], str]] = {
    "stopped": (QdrantRest.stop, "the Qdrant server cannot be reached"),
    "hanging": (hang, "the Qdrant server does not answer any more"),
}


@pytest.fixture
def rest() -> Iterator[QdrantRest]:
    with QdrantRest() as running:
        yield running


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "deeds"
    made.mkdir()
    for number in range(FILES):
        write(made, number, 1)
    return made


def write(folder: Path, number: int, version: int) -> None:
    text = f"Deed {number}, version {version}. The miller keeps the sluice open from dusk.\n"
    (folder / f"deed-{number}.txt").write_text(text, encoding="utf-8")


@pytest.fixture
def library(
    home: Path,
    small: Library,
    rest: QdrantRest,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Library]:
    monkeypatch.setattr(ingest, "GROUP", 1)  # each document is made active by itself
    library = Library(home, server=ServerAddress(rest.url, "casewright", timeout=30))
    library.embedder = small.embedder
    library.ingest("weir", [folder], workers=1)
    yield library
    library.close()


def deeds(library: Library) -> list[str]:
    found = search(library, "weir", "Who keeps the sluice open?", 50)
    return sorted(one.passage.text.split(".")[0] for one in found)


@pytest.mark.parametrize("outage", OUTAGES)
def test_in_the_middle_of_searching(library: Library, rest: QdrantRest, outage: str) -> None:
    go, told = OUTAGES[outage]
    assert len(deeds(library)) == FILES
    go(rest)
    started = time.monotonic()
    with pytest.raises(IndexUnavailable, match=told):
        deeds(library)
    seconds = time.monotonic() - started
    print(f"{outage}: told of after {seconds:.2f} s")
    assert seconds < SECONDS
    come_back(rest, outage)
    assert len(deeds(library)) == FILES


@pytest.mark.parametrize("outage", OUTAGES)
def test_in_the_middle_of_an_ingest(
    library: Library, rest: QdrantRest, folder: Path, outage: str
) -> None:
    go, told = OUTAGES[outage]
    for number in range(FILES):
        write(folder, number, 2)
    began, acknowledged = 0.0, []

    def aloud(progress: Progress) -> None:
        nonlocal began
        if progress.ingested is not None:
            acknowledged.append(progress.ingested.path)
            if len(acknowledged) == 2:
                go(rest)
                began = time.monotonic()

    with pytest.raises(IndexUnavailable, match=told):
        library.ingest("weir", [folder], workers=1, report=aloud)
    seconds = time.monotonic() - began
    print(f"{outage}: told of after {seconds:.2f} s")
    assert seconds < SECONDS
    come_back(rest, outage)
    # Each deed once, in its old version or its new one; what was acknowledged, in its new one.
    expected = [
        f"Deed {number}, version {2 if str(folder / f'deed-{number}.txt') in acknowledged else 1}"
        for number in range(FILES)
    ]
    assert deeds(library) == expected
    library.ingest("weir", [folder], workers=1)
    assert deeds(library) == [f"Deed {number}, version 2" for number in range(FILES)]
    assert library.store("weir").generations() == library.active_generations("weir")


def come_back(rest: QdrantRest, outage: str) -> None:
    rest.delay = 0.0
    if outage == "stopped":
        rest.again()


def test_slow_server_is_waited_for(library: Library, rest: QdrantRest) -> None:
    rest.slow = 2.0
    assert len(deeds(library)) == FILES
