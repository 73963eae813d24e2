"""llama.cpp in process with the packaged model: it streams, repeats itself, and says why not."""

import json
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from retrieval.errors import ModelUnavailable
from serving.adapters import Adapter
from serving.llamacpp import LlamaCpp
from serving.models import DEFAULT_BASE, BaseModel, resolve
from serving.prompts import TEMPLATE_DATE

CAPITAL = [{"role": "user", "content": "What is the capital of France? Answer in one word."}]


def test_answer_streams_and_is_the_model_s(engine: LlamaCpp) -> None:
    parts = [part.text for part in engine.chat_model(None, max_tokens=16).stream(CAPITAL)]
    assert len([part for part in parts if part]) > 1
    assert "Paris" in "".join(parts)


def test_greedy_is_repeatable(engine: LlamaCpp) -> None:
    story = [{"role": "user", "content": "Tell me a story about a baker."}]
    model = engine.chat_model(None, max_tokens=32)
    first = model.invoke(story).text
    assert len(first.split()) > 10
    model.invoke(CAPITAL)
    assert model.invoke(story).text == first


def test_answer_ends_at_the_limit(engine: LlamaCpp) -> None:
    story = [{"role": "user", "content": "Count from one to one hundred in words."}]
    answer = engine.chat_model(None, max_tokens=8).invoke(story)
    assert answer.usage_metadata is not None
    assert answer.usage_metadata["output_tokens"] == 8


def test_server_is_on_loopback_behind_its_key(engine: LlamaCpp) -> None:
    assert urlsplit(engine.address).hostname == "127.0.0.1"
    body = json.dumps({"messages": CAPITAL, "max_tokens": 1}).encode()

    def status(key: str) -> int:
        request = urllib.request.Request(
            f"{engine.address}/v1/chat/completions",
            data=body,
            headers={"Content-Type": "application/json", "Authorization": f"Bearer {key}"},
        )
        try:
            with urllib.request.urlopen(request, timeout=120) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            with error:
                return error.code

    assert (status(engine.key), status("guess")) == (200, 401)


def test_adapter_that_the_engine_was_not_started_with(engine: LlamaCpp) -> None:
    stranger = Adapter("memo-0123456789", Path("memo"), {}, promoted=False)
    with pytest.raises(ModelUnavailable, match=r"memo-0123456789: .* without this adapter"):
        engine.chat_model(stranger, max_tokens=8)


@pytest.mark.parametrize("content", [b"", b"no GGUF", None])
def test_file_that_is_no_model(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "broken.gguf"
    if content is not None:
        file.write_bytes(content)
    broken = LlamaCpp(BaseModel("broken", file, "0" * 64), context=512)
    with pytest.raises(ModelUnavailable, match=r"broken\.gguf: llama\.cpp could not load it"):
        broken.chat_model(None, max_tokens=8)
    broken.close()


def test_a_template_with_a_date_is_given_the_one_that_training_gave_it() -> None:
    """As Llama 3.1's has; the packaged model's has none."""

    class Dated(LlamaCpp):
        def _parameters(self, xllamacpp: Any) -> Any:
            parameters = super()._parameters(xllamacpp)
            parameters.chat_template = (
                "{% if not date_string is defined %}"
                "{% set date_string = strftime_now('%d %b %Y') %}{% endif %}"
                "Today is {{ date_string }}. {{ messages[0]['content'] }}"
            )
            return parameters

    engine = Dated(resolve(DEFAULT_BASE), context=512, threads=1)
    body = engine.chat_model(None, max_tokens=1).extra_body  # type: ignore[attr-defined]
    prompt = httpx.post(
        f"{engine.address}/apply-template",
        json={"messages": CAPITAL, **body},
        headers={"Authorization": f"Bearer {engine.key}"},
    ).json()["prompt"]
    engine.close()
    assert prompt == f"Today is {TEMPLATE_DATE}. {CAPITAL[0]['content']}"


def test_no_proxy_of_the_environment_is_asked(
    engine: LlamaCpp, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "OPENAI_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert engine.chat_model(None, max_tokens=4).invoke("The rent").text
