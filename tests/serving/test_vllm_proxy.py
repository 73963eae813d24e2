"""The proxy before a scripted vLLM: what is listed passes, piece by piece, and nothing else."""

import http.client
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest

from serving.vllm_proxy import MOST_BYTES, Listening, standing_before
from serving.vllm_run import NotServed, free_port, listener
from tests.serving import vllm_standin
from tests.serving.vllm_standin import Act, Handler, Standin

KEY = "a-key-that-is-long-enough"
HEADERS = {"Authorization": f"Bearer {KEY}"}
CHAT = "/v1/chat/completions"


@contextmanager
def _behind(*acts: Act) -> Iterator[tuple[Standin, int]]:
    """A scripted vLLM and the port of the proxy before it."""
    port = free_port()
    with (
        vllm_standin.standing_in(*acts) as standin,
        standing_before(standin.url, KEY, Listening("127.0.0.1", port)),
    ):
        yield standin, port


@pytest.fixture(scope="module")
def behind() -> Iterator[tuple[Standin, int]]:
    with _behind(lambda one: one.json({})) as both:
        yield both


def _status(port: int, method: str, path: str, body: bytes = b"{}", **headers: str) -> int:
    """Asks for a path as it is written: no client straightens it."""
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        line.request(method, path, body, headers or HEADERS)
        return line.getresponse().status
    finally:
        line.close()


def test_what_is_listed_passes_with_its_key() -> None:
    with _behind(lambda one: one.json({"said": "yes"})) as (standin, port):
        asked = httpx2.post(
            f"http://127.0.0.1:{port}{CHAT}?secret=1",
            json={"model": "m"},
            headers={**HEADERS, "X-Forwarded-For": "10.0.0.1"},
            trust_env=False,
        )
        assert (asked.status_code, asked.json()) == (200, {"said": "yes"})
        assert standin.asked == [{"model": "m", "authorization": f"Bearer {KEY}"}]
        assert _status(port, "GET", "/v1/models") == 200
        assert _status(port, "GET", "/metrics") == 404  # the stand-in's own answer


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", "/invocations", 404),
        ("POST", "/v1/load_lora_adapter", 404),
        ("POST", "/v1/unload_lora_adapter", 404),
        ("POST", "/tokenize", 404),
        ("POST", "/detokenize", 404),
        ("POST", "/pause", 404),
        ("POST", "/v1/responses", 404),
        ("GET", "/docs", 404),
        ("GET", "/openapi.json", 404),
        ("GET", "/", 404),
        ("POST", "/v1/completions/../load_lora_adapter", 404),
        ("POST", "/v1/completions/%2e%2e/load_lora_adapter", 404),
        ("GET", "/health/../docs", 404),
        ("POST", "//v1/completions", 404),
        ("POST", "/v1/completions/", 404),
        ("GET", CHAT, 405),
        ("POST", "/health", 405),
        ("OPTIONS", CHAT, 405),
        ("HEAD", "/v1/completions", 405),
    ],
)
def test_everything_else_is_refused(
    method: str, path: str, status: int, behind: tuple[Standin, int]
) -> None:
    standin, port = behind
    assert _status(port, method, path) == status
    assert standin.asked == []


@pytest.mark.parametrize(
    "headers",
    [
        {"Accept": "*/*"},
        {"Authorization": "Bearer "},
        {"Authorization": KEY},
        {"Authorization": f"Bearer {KEY}x"},
        {"Authorization": "Bearer k\xe9y"},
    ],
)
@pytest.mark.parametrize(
    ("method", "path"), [("POST", CHAT), ("GET", "/v1/models"), ("GET", "/metrics")]
)
def test_without_the_key_nothing_passes(
    method: str, path: str, headers: dict[str, str], behind: tuple[Standin, int]
) -> None:
    standin, port = behind
    assert _status(port, method, path, **headers) == 401
    assert standin.asked == []


def test_health_needs_no_key(behind: tuple[Standin, int]) -> None:
    _, port = behind
    assert _status(port, "GET", "/health", Accept="*/*") == 404  # the stand-in's own answer


def test_a_request_without_end_is_refused(behind: tuple[Standin, int]) -> None:
    standin, port = behind
    assert _status(port, "POST", CHAT, b"x" * (MOST_BYTES + 1)) == 413
    assert standin.asked == []


def test_answers_pass_piece_by_piece() -> None:
    read = threading.Event()

    def act(handler: Handler) -> None:
        handler.begin()
        handler.event("one")
        assert read.wait(20), "the first piece was held back"
        handler.event("two", "stop")

    with _behind(act) as (_, port), _streaming(port) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        pieces = answer.iter_text()
        first = next(pieces)
        assert "one" in first and "two" not in first
        read.set()
        assert "two" in "".join(pieces)


def test_a_caller_that_leaves_in_mid_answer_is_gone_for_vllm() -> None:
    def act(handler: Handler) -> None:
        handler.begin()
        while True:
            handler.event("more")

    with _behind(act) as (standin, port):
        with _streaming(port) as answer:
            next(answer.iter_text())
        assert standin.gone.wait(20)


def test_a_caller_that_leaves_before_the_answer_is_gone_for_vllm() -> None:
    asked = threading.Event()

    def act(handler: Handler) -> None:
        asked.set()
        handler.connection.settimeout(20)
        if handler.connection.recv(1) == b"":
            handler.standin.gone.set()

    with _behind(act) as (standin, port):
        line = http.client.HTTPConnection("127.0.0.1", port)
        line.request("POST", CHAT, b"{}", HEADERS)
        assert asked.wait(20)
        line.close()
        assert standin.gone.wait(20)


def test_a_vllm_that_is_gone_is_told() -> None:
    nobody, port = free_port(), free_port()
    with standing_before(f"http://127.0.0.1:{nobody}", KEY, Listening("127.0.0.1", port)):
        assert _status(port, "POST", CHAT) == 502


def test_https_with_a_certificate(tmp_path: Path) -> None:
    certificate, key = tmp_path / "certificate.pem", tmp_path / "key.pem"
    subprocess.run(
        "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost "
        f"-addext subjectAltName=IP:127.0.0.1 -keyout {key} -out {certificate}".split(),
        check=True,
        capture_output=True,
    )
    port = free_port()
    at = Listening("127.0.0.1", port, certificate, key)
    with (
        vllm_standin.standing_in() as standin,
        standing_before(standin.url, KEY, at),
    ):
        trusted = ssl.create_default_context(cafile=str(certificate))
        answer = httpx2.get(f"{at.url}/v1/models", headers=HEADERS, verify=trusted)
        assert answer.status_code == 200
    swapped = Listening("127.0.0.1", port, key, certificate)
    with pytest.raises(NotServed, match="not a certificate"), standing_before("", KEY, swapped):
        pass


def test_an_address_that_is_taken_is_told() -> None:
    with listener("127.0.0.1", 0) as taken:
        at = Listening("127.0.0.1", taken.getsockname()[1])
        with pytest.raises(NotServed, match="cannot be listened on"), standing_before("", KEY, at):
            pass


@contextmanager
def _streaming(port: int) -> Iterator[httpx2.Response]:
    url = f"http://127.0.0.1:{port}{CHAT}"
    with (
        httpx2.Client(trust_env=False, timeout=20) as client,
        client.stream("POST", url, content=b"{}", headers=HEADERS) as answer,
    ):
        yield answer
