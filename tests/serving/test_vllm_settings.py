"""Where a vLLM server is, from the environment; and which name its base model has."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from serving.models import checkpoint_sha256, identify, served_name
from serving.settings import VllmSettings


def test_unset_means_llama_cpp(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("VLLM_URL", raising=False)
    assert VllmSettings().server() is None


def test_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VLLM_URL", "https://models.firm.example/v1/")
    monkeypatch.setenv("VLLM_API_KEY", "hush")
    server = VllmSettings().server()
    assert server is not None
    assert (server.url, server.api_key) == ("https://models.firm.example", "hush")
    assert "hush" not in repr(server)


@pytest.mark.parametrize("url", ["models.firm.example", "http://models.firm.example:8000"])
def test_text_is_not_sent_in_the_clear(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("VLLM_URL", url)
    with pytest.raises(ValidationError, match=r"VLLM_ALLOW_PLAIN_HTTP|not an address"):
        VllmSettings()


def test_base_is_known_by_its_hash_wherever_it_is(tmp_path: Path) -> None:
    assert served_name(identify("smollm2-135m")) == "smollm2-135m-b179c9523d"
    assert served_name(identify("firm/model")) == "firm/model"
    assert served_name(identify("firm/model", "AB" * 32)) == "firm-model-ababababab"
    (tmp_path / "config.json").write_text("{}", encoding="utf-8")
    (tmp_path / "model.safetensors").write_bytes(b"weights")
    there = identify(str(tmp_path))
    assert (there.name, there.sha256) == (tmp_path.name, checkpoint_sha256(tmp_path))
