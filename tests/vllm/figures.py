"""What the tests measured, printed where `pytest -s` shows it."""

import re

from serving.vllm_client import Vllm


def show(what: str) -> None:
    print(f"\n  {what}", flush=True)


def metric(engine: Vllm, name: str) -> float:
    """A figure of vLLM's, summed over its labels."""
    found = re.findall(rf"^vllm:{name}(?:{{[^}}]*}})? (\S+)$", engine.metrics(), re.MULTILINE)
    assert found, f"vLLM has no metric {name}"
    return sum(map(float, found))
