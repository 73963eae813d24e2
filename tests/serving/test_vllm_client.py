"""The client of a vLLM server, against one that fails in every way: `tests/vllm` has a real one."""

import socket
import time
from collections.abc import Iterator
from typing import Any

import pytest

from retrieval.errors import ModelUnavailable
from retrieval.library import Library
from serving.answer import ask_matter
from serving.answered import Answer, BrokenOff
from serving.how import How
from serving.models import DEFAULT_BASE, identify
from serving.vllm_address import VllmAddress
from serving.vllm_client import Vllm
from tests.serving.vllm_standin import (
    MODELS,
    Act,
    Standin,
    answer,
    fails,
    hangs,
    resets,
    seems_alive,
    sends,
    standing_in,
)

QUESTION = "When does the term begin, and what is the rent?"
TIMEOUT = 0.5
GOOD = answer("The rent ", "is due. [1]")
CANARY = "Perpetua Lindqvist"


def engine(url: str, **others: Any) -> Vllm:
    address = VllmAddress(url, first_token=TIMEOUT, **others)
    return Vllm(address, identify(DEFAULT_BASE))


def asked(library: Library, one: Vllm, seen: list[str] | None = None) -> Answer:
    how = How(adapter=None, k=2, max_tokens=64, bound=False)
    heard = [] if seen is None else seen
    return ask_matter(library, "oven", QUESTION, one, how, on_text=heard.append)


def told(message: str) -> str:
    return message.split(": ", 1)[1]


@pytest.fixture
def server(request: pytest.FixtureRequest) -> Iterator[Standin]:
    with standing_in(*request.param) as standin:
        yield standin


@pytest.mark.parametrize("server", [[GOOD]], indirect=True)
def test_answer_is_asked_for_as_a_matter_s_own(small: Library, server: Standin) -> None:
    found = asked(small, engine(server.url, api_key="k-1"))
    assert found.text == "The rent is due. [1]"
    (request,) = server.asked
    assert request["model"] == MODELS[0]
    assert request["authorization"] == "Bearer k-1"
    assert request["temperature"] == 0.0
    assert request["chat_template_kwargs"] == {"date_string": "26 Jul 2024"}
    salts = {engine(server.url, api_key="k-1").extra(matter)["cache_salt"] for matter in "ab"}
    assert len(salts) == 2
    assert engine(server.url, api_key="k-2").extra("a")["cache_salt"] not in salts
    assert request["cache_salt"] == engine(server.url, api_key="k-1").extra("oven")["cache_salt"]


@pytest.mark.parametrize("server", [[GOOD]], indirect=True)
def test_grammar_goes_as_structured_output(small: Library, server: Standin) -> None:
    ask_matter(small, "oven", QUESTION, engine(server.url), How(adapter=None, k=2, max_tokens=64))
    assert "QUESTION PRESENTED" in server.asked[0]["structured_outputs"]["grammar"]


FAULTS = [
    ([fails(500)], "the vLLM server failed (500)", 2),
    ([fails(503)], "the vLLM server failed (503)", 2),
    ([fails(429)], "the vLLM server failed (429)", 2),
    ([hangs(3)], "the model wrote nothing for", 1),
    ([seems_alive(3)], "the model wrote nothing for", 1),
    ([answer("The rent", reason=None)], "the model stopped before the end", 1),
    ([answer("The rent", reason="abort")], "the model stopped before the end", 1),
    ([resets("The rent ", "is")], "the model stopped before the end", 1),
    ([resets()], "out of reach", 2),
    ([sends(b"data: {half\n\n")], "what came is no answer of a vLLM server", 2),
    ([sends(b'data: {"error": {"message": "gone"}}\n\n')], "the model stopped before the end", 2),
    ([sends(b"\xff\xfe\x00 no events at all")], "what came is no answer of a vLLM server", 2),
    ([fails(404)], "has no model smollm2-135m", 1),
    ([fails(401)], "refused the key (401); set VLLM_API_KEY", 1),
    ([fails(400, "maximum context length is 9")], "lower CASEWRIGHT_PASSAGES", 1),
    ([fails(400, f"not that: {CANARY}")], "refused the request (400)", 1),
]


@pytest.mark.parametrize(
    ("server", "message", "requests"), FAULTS, indirect=["server"], ids=range(len(FAULTS))
)
def test_fault_is_one_line_in_time_with_the_passages(
    small: Library, server: Standin, message: str, requests: int
) -> None:
    seen: list[str] = []
    started = time.monotonic()
    with pytest.raises(BrokenOff) as broken:
        asked(small, engine(server.url), seen)
    assert time.monotonic() - started < TIMEOUT + 1
    assert message in str(broken.value)
    assert "\n" not in str(broken.value)
    assert CANARY not in str(broken.value)
    assert len(server.asked) == requests
    found = broken.value.answer
    assert len(found.passages) == 2
    assert found.text == "".join(seen).strip()
    assert found.verified == 0


@pytest.mark.parametrize("first", [fails(500), fails(503), resets(), sends(b"data: {half\n\n")])
def test_what_fails_before_the_first_token_is_tried_once_more(small: Library, first: Act) -> None:
    with standing_in(first, GOOD) as server:
        assert asked(small, engine(server.url)).text == "The rent is due. [1]"
    assert len(server.asked) == 2


def test_slow_answer_is_waited_for_once_it_has_begun(small: Library) -> None:
    with standing_in(answer(*["rent "] * 8, pause=TIMEOUT / 4)) as server:
        assert asked(small, engine(server.url)).text == "rent " * 7 + "rent"


def test_answer_that_stands_still_ends(small: Library) -> None:
    with standing_in(answer("The rent ", "is", pause=3)) as server:
        started = time.monotonic()
        with pytest.raises(BrokenOff, match="wrote nothing more for"):
            asked(small, engine(server.url))
        assert time.monotonic() - started < TIMEOUT + 1


def test_breaker_opens_after_five_failures_and_closes_again(
    small: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    acts = [fails(500)] * 5 + [GOOD]
    with standing_in(*acts) as server:
        one = engine(server.url)
        monkeypatch.setattr(one._breaker, "_pause", 0.4)
        for _ in range(2):
            with pytest.raises(BrokenOff, match=r"failed \(500\)"):
                asked(small, one)
        with pytest.raises(BrokenOff, match="failed 5 times in a row"):
            asked(small, one)
        assert len(server.asked) == 5
        with pytest.raises(BrokenOff, match="failed 5 times in a row"):
            asked(small, engine(server.url))  # it is the server's, whoever asks
        assert len(server.asked) == 5
        time.sleep(0.5)
        assert asked(small, one).text == "The rent is due. [1]"
        assert asked(small, one).text == "The rent is due. [1]"


def test_failed_trial_opens_the_breaker_again(
    small: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    with standing_in(fails(500)) as server:
        one = engine(server.url)
        monkeypatch.setattr(one._breaker, "_pause", 0.3)
        for _ in range(3):
            with pytest.raises(BrokenOff):
                asked(small, one)
        assert len(server.asked) == 5
        time.sleep(0.4)
        with pytest.raises(BrokenOff):
            asked(small, one)
        assert len(server.asked) == 6


def test_refused_key_says_nothing_of_the_server_s_health(small: Library) -> None:
    with standing_in(*[fails(401)] * 7, GOOD) as server:
        one = engine(server.url)
        for _ in range(7):
            with pytest.raises(BrokenOff, match="refused the key"):
                asked(small, one)
        assert asked(small, one).text


def test_who_stops_reading_frees_the_server(small: Library) -> None:
    class Stopped(Exception):
        pass

    def stop(text: str) -> None:
        raise Stopped

    with standing_in(answer(*["rent "] * 400, pause=0.02)) as server:
        how = How(adapter=None, k=2, max_tokens=64, bound=False)
        with pytest.raises(Stopped):
            ask_matter(small, "oven", QUESTION, engine(server.url), how, on_text=stop)
        assert server.gone.wait(2)


def test_closed_port(small: Library) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{probe.getsockname()[1]}"
        with pytest.raises(BrokenOff, match="out of reach") as broken:
            asked(small, engine(url))
    assert len(broken.value.answer.passages) == 2


def test_address_that_nobody_answers(small: Library) -> None:
    # A listener whose queue is full takes no connection, as a machine that is off.
    with socket.socket() as listener, socket.socket() as first, socket.socket() as second:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for one in (first, second):
            one.setblocking(False)
            one.connect_ex(listener.getsockname())
        started = time.monotonic()
        with pytest.raises(BrokenOff, match="out of reach"):
            asked(small, engine(f"http://127.0.0.1:{listener.getsockname()[1]}", connect=0.5))
        assert time.monotonic() - started < 0.5 + 1


def test_model_that_the_server_does_not_have(small: Library) -> None:
    with standing_in(GOOD) as server:
        one = Vllm(VllmAddress(server.url), identify("other/base"))
        with pytest.raises(ModelUnavailable, match="has no model other/base"):
            one.chat_model(None, max_tokens=8)
    assert server.asked == []


def test_no_server_of_models(small: Library) -> None:
    with standing_in(GOOD) as server, pytest.raises(ModelUnavailable, match="failed \\(404\\)"):
        Vllm(VllmAddress(server.url + "/elsewhere"), identify(DEFAULT_BASE)).model_name(None)


def test_no_proxy_of_the_environment_is_asked(
    small: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "OPENAI_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    with standing_in(GOOD) as server:
        assert asked(small, engine(server.url)).text
