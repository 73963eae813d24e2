"""What is the server store's own: its requests, its owner, and every way a server can fail."""

import socket
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from retrieval.errors import IndexUnavailable
from retrieval.store import ServerAddress
from retrieval.store_connection import connect
from retrieval.store_server import ServerStore
from tests.retrieval.conftest import MakeEntry, axis, found
from tests.retrieval.qdrant_rest import QdrantRest


def at(url: str, *, api_key: str | None = None, ca_file: Path | None = None) -> ServerAddress:
    return ServerAddress(url, "casewright", timeout=1, api_key=api_key, ca_file=ca_file)


@contextmanager
def opened(address: ServerAddress, owner: str = "home") -> Iterator[ServerStore]:
    server = connect(address, owner)
    try:
        yield ServerStore(server, "oven")
    finally:
        server.close()


@pytest.fixture
def rest() -> Iterator[QdrantRest]:
    with QdrantRest() as running:
        yield running


@pytest.fixture
def store(rest: QdrantRest) -> Iterator[ServerStore]:
    with opened(at(rest.url)) as made:
        yield made


def fault(address: ServerAddress, owner: str = "home") -> str:
    """The one line that a count at this address ends with."""
    with opened(address, owner) as store, pytest.raises(IndexUnavailable) as caught:
        store.count(1)
    return str(caught.value)


# What is asked of the server


def test_the_matter_stands_on_every_request(
    rest: QdrantRest, store: ServerStore, entry: MakeEntry
) -> None:
    store.add([entry("Rent is due.", 1, 1)])
    store.search(axis(1), "rent", active=[1], limit=5)
    store.count(1)
    store.passages(1)
    store.generations()
    store.delete([1])
    store.drop()
    wall = {"key": "matter_id", "match": {"value": "oven"}}
    walled = 0
    for _, path, _, body in rest.requests:
        if path.endswith(("/query/batch", "/count", "/scroll", "/facet", "/delete")):
            for asked in body.get("searches", [body]):
                assert wall in asked["filter"]["must"]
                walled += 1
                if asked.get("using") == "bm25":
                    assert asked["params"]["idf"]["corpus"] == asked["filter"]
    assert walled == 7


def test_every_write_is_waited_for(rest: QdrantRest, store: ServerStore, entry: MakeEntry) -> None:
    store.add([entry("Rent is due.", 1, 1)])
    store.delete([1])
    store.drop()
    writes = [
        (method, path.rpartition("/")[2], query.get("wait"))
        for method, path, query, _ in rest.requests
        if path.endswith(("/points", "/delete", "/index"))
    ]
    assert writes == [
        ("PUT", "index", ["true"]),
        ("PUT", "index", ["true"]),
        ("PUT", "points", ["true"]),
        ("POST", "delete", ["true"]),
        ("POST", "delete", ["true"]),
    ]


def test_collection_is_made_for_many_matters(
    rest: QdrantRest, store: ServerStore, entry: MakeEntry
) -> None:
    assert store.generations() == set()
    store.delete([1])
    assert not any(method != "GET" for method, *_ in rest.requests), "made by a mere look"
    for number in (1, 2):
        store.add([entry("Rent is due.", number, 1)])
    asked = [body for method, _, _, body in rest.requests if method == "PUT" and body]
    (made,) = (body for body in asked if "vectors" in body)
    assert (made["hnsw_config"]["m"], made["hnsw_config"]["payload_m"]) == (0, 16)
    assert made["sparse_vectors"]["bm25"]["modifier"] == "idf"
    indexes = {body["field_name"]: body["field_schema"] for body in asked if "field_name" in body}
    assert indexes.keys() == {"matter_id", "generation"}
    assert indexes["matter_id"]["is_tenant"] is True


def test_index_that_a_crash_left_out_is_made(rest: QdrantRest, entry: MakeEntry) -> None:
    with opened(at(rest.url)) as store:
        store.add([entry("Rent is due.", 1, 1)])
    del rest.indexes["casewright"]["generation"]
    with opened(at(rest.url)) as store:
        store.add([entry("The roof leaked.", 2, 1)])
        assert store.generations() == {1}


# Whose the collection is


def test_another_home_is_turned_away(rest: QdrantRest, entry: MakeEntry) -> None:
    with opened(at(rest.url)) as store:
        store.add([entry("Rent is due.", 1, 1)])
    with opened(at(rest.url), owner="another") as theirs:
        for act in (
            lambda: theirs.add([entry("Theirs.", 2, 1)]),
            lambda: theirs.count(1),
            theirs.generations,
            lambda: theirs.delete([1]),
            theirs.drop,
            lambda: theirs.search(axis(1), "rent", active=[1], limit=5),
        ):
            with pytest.raises(IndexUnavailable, match="belongs to another CASEWRIGHT_HOME"):
                act()
    assert len(rest.points()) == 1


def test_empty_collection_made_by_hand_is_taken_over(rest: QdrantRest, entry: MakeEntry) -> None:
    rest.make(owner=None)
    with opened(at(rest.url)) as store:
        store.add([entry("Rent is due.", 1, 1)])
        assert store.count(1) == 1
    assert "belongs to another" in fault(at(rest.url), "another")


def test_collection_made_for_something_else(rest: QdrantRest) -> None:
    rest.make(size=768)
    assert "was not made for Casewright" in fault(at(rest.url))


# How it fails


def test_refused_connection() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{probe.getsockname()[1]}"
        line = fault(at(url))
    assert line.startswith(f"{url}: the Qdrant server cannot be reached")
    assert line.endswith("start it, or correct QDRANT_URL")


def test_unknown_host() -> None:
    assert "cannot be reached" in fault(at("https://qdrant.invalid:6333"))


@pytest.mark.parametrize("key", [None, "wrong"])
def test_wrong_key(key: str | None) -> None:
    with QdrantRest(api_key="right") as rest:
        assert fault(at(rest.url, api_key=key)).endswith(
            "refuses the API key; correct QDRANT_API_KEY"
        )
        with opened(at(rest.url, api_key="right")) as store:
            assert store.count(1) == 0


def test_key_is_in_no_text() -> None:
    assert "hush" not in repr(at("https://qdrant.firm:6333", api_key="hush"))


def test_timeout(rest: QdrantRest) -> None:
    rest.delay = 3
    assert "gave no answer within 1 seconds" in fault(at(rest.url))


@pytest.mark.parametrize("version", ["1.18.2", "0.11.0", "next"])
def test_server_that_counts_words_over_all_matters(rest: QdrantRest, version: str) -> None:
    rest.version = version
    assert f"Qdrant {version} counts how rare a word is over all matters" in fault(at(rest.url))


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ((200, b"<html>hello</html>"), "the answer is not a Qdrant server's"),
        ((200, {"result": "?"}), "the answer is not a Qdrant server's"),
        ((403, {}), "refuses the API key"),
        ((500, b"No space left on device"), "500 Internal Server Error: No space left on device"),
        ((503, b""), "answered 503 Service Unavailable; look into its log"),
        ((400, b"secret text"), "answered 400 Bad Request; look into its log"),
    ],
)
def test_strange_answers(rest: QdrantRest, answer: tuple[int, object], told: str) -> None:
    rest.failing = answer
    line = fault(at(rest.url))
    assert told in line
    assert "secret" not in line
    assert "\n" not in line


def test_lost_collection_is_an_error_and_no_empty_answer(
    rest: QdrantRest, store: ServerStore, entry: MakeEntry
) -> None:
    with pytest.raises(IndexUnavailable, match="has no collection casewright"):
        store.search(axis(1), "rent", active=[1], limit=5)
    store.add([entry("Rent is due.", 1, 1)])
    rest.lose()
    with pytest.raises(IndexUnavailable, match="has no collection casewright"):
        store.search(axis(1), "rent", active=[1], limit=5)


def test_passage_of_another_matter_is_never_shown(
    rest: QdrantRest, store: ServerStore, entry: MakeEntry
) -> None:
    store.add([entry("Rent is due.", 1, 1)])
    rest.deaf_to_filters = True
    with opened(at(rest.url)) as other:
        other._matter_id = "other"
        with pytest.raises(IndexUnavailable, match="passage of another matter"):
            other.search(axis(1), "rent", active=[1], limit=5)
        with pytest.raises(IndexUnavailable, match="passage of another matter"):
            other.passages(1)


def test_tls(tmp_path: Path, entry: MakeEntry) -> None:
    certificate, key = tmp_path / "server.pem", tmp_path / "server.key"
    subject = "-subj /CN=test -addext subjectAltName=IP:127.0.0.1"
    curve = "-newkey ec -pkeyopt ec_paramgen_curve:P-256"
    command = f"openssl req -x509 {curve} -nodes -days 2 {subject} -keyout {key} -out {certificate}"
    subprocess.run(command.split(), check=True, capture_output=True)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate, key)
    with QdrantRest(tls=tls) as rest:
        with opened(at(rest.url, ca_file=certificate)) as store:
            store.add([entry("Rent is due.", 1, 1)])
            assert found(store.search(axis(1), "rent", active=[1], limit=5))[1] == ["Rent is due."]
        line = fault(at(rest.url))
        assert "no secure connection to the Qdrant server (self-signed certificate)" in line
        assert "QDRANT_CA_FILE" in line
        assert "cannot be reached" in fault(at(rest.url.replace("https", "http")))


def test_ca_file_that_is_none(tmp_path: Path) -> None:
    file = tmp_path / "ca.pem"
    file.write_text("no certificate", encoding="utf-8")
    with pytest.raises(IndexUnavailable, match=r"ca\.pem: cannot be read as certificates"):
        connect(at("https://127.0.0.1:1", ca_file=file), "home")


def test_proxy_of_the_environment_is_not_used(
    rest: QdrantRest, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    with opened(at(rest.url)) as store:
        assert store.count(1) == 0
