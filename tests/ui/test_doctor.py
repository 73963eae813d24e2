"""What the doctor tells of a vLLM server."""

from pathlib import Path

from serving.settings import ModelSettings
from serving.vllm_address import VllmAddress
from tests.serving.test_vllm_metrics import READING
from tests.serving.vllm_standin import MODELS, standing_in
from ui.doctor import Finding, examine


def engine(home: Path, url: str) -> Finding:
    found = examine(home, ModelSettings(), None, VllmAddress(url))
    return next(one for one in found if one.what == "engine")


def test_it_tells_who_answers_and_how_busy_it_is(home: Path) -> None:
    with standing_in() as server:
        server.metrics = READING
        found = engine(home, server.url)
    assert found.good
    assert f"asked for {MODELS[0]}: 3 running, 5 waiting" in found.found


def test_a_server_without_metrics_is_none_of_vllm(home: Path) -> None:
    with standing_in() as server:
        found = engine(home, server.url)
    assert not found.good
    assert "/metrics" in found.found


def test_nobody_there(home: Path) -> None:
    with standing_in() as server:
        pass
    found = engine(home, server.url)
    assert not found.good
    assert "casewright serve" in found.found
