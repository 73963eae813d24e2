"""The command with its index on a server, each run a process of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import write_files
from tests.retrieval.qdrant_rest import QdrantRest
from tests.ui.test_cli import json_of, process


@pytest.fixture
def rest(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[QdrantRest]:
    with QdrantRest(api_key="hush") as running:
        monkeypatch.setenv("QDRANT_URL", running.url)
        monkeypatch.setenv("QDRANT_API_KEY", "hush")
        yield running


@pytest.mark.slow
def test_ingest_search_doctor_and_delete(rest: QdrantRest, tmp_path: Path) -> None:
    files = write_files(tmp_path / "files")
    assert process("ingest", "oven", str(files)).status == 0
    (hit,) = json_of(process("search", "oven", "When does the term begin?", "-k", "1", "--json"))
    assert hit["document"] == "lease.txt"
    findings = {one["what"]: one for one in json_of(process("doctor", "--json"))}
    assert findings["shape"]["found"].startswith("scale-out: the index on a Qdrant server")
    assert findings["index"]["good"]
    assert findings["index"]["found"].startswith(f"Qdrant 1.20.0 at {rest.url}, collection ")
    assert process("delete", "oven", "--yes").status == 0
    assert rest.points() == []


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("QDRANT_API_KEY", "guess", "the Qdrant server refuses the API key"),
        ("QDRANT_URL", "http://10.0.0.8:6333", "QDRANT_URL: Value error, would send privileged"),
        ("QDRANT_TIMEOUT", "soon", "QDRANT_TIMEOUT: Input should be a valid integer"),
        ("QDRANT_CA_FILE", "/nowhere.pem", "QDRANT_CA_FILE: Path does not point to a file"),
    ],
)
def test_bad_server_is_one_line(
    rest: QdrantRest,
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    name: str,
    value: str,
    told: str,
) -> None:
    monkeypatch.setenv(name, value)
    run = process("ingest", "oven", str(write_files(tmp_path / "files")))
    assert run.status == 1
    assert told in run.err.splitlines()[-1]
    assert "Traceback" not in run.err
    assert "hush" not in run.err
    assert "guess" not in run.err
    assert not (home / "matters" / "oven").exists()


def test_doctor_says_that_the_server_does_not_answer(rest: QdrantRest, home: Path) -> None:
    rest.failing = (503, b"")
    findings = {one["what"]: one for one in json_of(process("doctor", "--json"))}
    assert not findings["index"]["good"]
    assert "answered 503" in findings["index"]["found"]
    assert not home.exists(), "a look makes no home"
