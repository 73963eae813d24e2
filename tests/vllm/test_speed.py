"""What our client adds to vLLM's own time, beside the bare request in the same run."""

import json
import statistics
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx2

from serving.adapters import Adapter
from serving.models import served_name
from serving.vllm_client import Vllm
from tests.vllm.figures import show
from tests.vllm.manners import LEARNED, Manner, asked
from training.checkpoint import TrainingBase

TOKENS = 40
PAIRS = 7
ASKERS = 8
MESSAGES = asked("weir", "Grantor")


@dataclass(frozen=True)
class Timed:
    first: float
    total: float
    pieces: int


def _ours(engine: Vllm, matter: str) -> Timed:
    model = engine.chat_model(None, max_tokens=TOKENS, matter=matter)
    body = {**engine.extra(matter), "min_tokens": TOKENS}
    return _timed(
        lambda heard: [heard() for chunk in model.stream(MESSAGES, extra_body=body) if chunk.text]
    )


def _bare(engine: Vllm, base: TrainingBase, client: httpx2.Client, matter: str) -> Timed:
    body: dict[str, Any] = {
        "model": served_name(base),
        "messages": MESSAGES,
        "temperature": 0.0,
        "max_completion_tokens": TOKENS,
        "min_tokens": TOKENS,
        "stream": True,
        "stream_options": {"include_usage": True},
        **engine.extra(matter),
    }

    def run(heard: Callable[[], None]) -> None:
        url = f"{engine.server.url}/v1/chat/completions"
        key = {"Authorization": f"Bearer {engine.server.api_key}"}
        with client.stream("POST", url, json=body, headers=key) as answer:
            assert answer.status_code == 200
            for line in answer.iter_lines():
                if line.startswith("data: {"):
                    choices = json.loads(line[6:])["choices"]
                    if choices and choices[0]["delta"].get("content"):
                        heard()

    return _timed(run)


def _timed(run: Callable[[Callable[[], None]], object]) -> Timed:
    times: list[float] = []
    started = time.perf_counter()
    run(lambda: times.append(time.perf_counter()))
    return Timed(times[0] - started, time.perf_counter() - started, len(times))


def test_overhead_of_the_client(engine: Vllm, base: TrainingBase) -> None:
    with httpx2.Client(trust_env=False, timeout=300) as client:
        _ours(engine, "warm")
        _bare(engine, base, client, "warm")
        pairs = [(_ours(engine, "mill"), _bare(engine, base, client, "mill")) for _ in range(PAIRS)]
    total = [ours.total / bare.total for ours, bare in pairs]
    first = [ours.first - bare.first for ours, bare in pairs]
    least = min(ours.total for ours, _ in pairs) / min(bare.total for _, bare in pairs)
    sooner = min(ours.first for ours, _ in pairs) - min(bare.first for _, bare in pairs)
    show(
        f"client against the bare request, {PAIRS} pairs of {TOKENS} tokens: total "
        f"{statistics.median(total):.3f} (median of ratios), {least:.3f} (least of each), first "
        f"token {statistics.median(first) * 1000:+.0f} ms (median), {sooner * 1000:+.0f} ms (least)"
    )
    # The least is what the work itself takes; the rest is what else the machine did.
    assert min(least, statistics.median(total)) <= 1.03
    assert min(sooner, statistics.median(first)) <= 0.05


def test_eight_askers_at_once(engine: Vllm, base: TrainingBase) -> None:
    with httpx2.Client(trust_env=False, timeout=300) as client:
        ours, bare = [], []
        for turn in range(2):
            ours.append(_together(lambda asker, turn=turn: _ours(engine, f"{turn} {asker}")))
            bare.append(
                _together(lambda asker, turn=turn: _bare(engine, base, client, f"{turn} b {asker}"))
            )
        alone = _bare(engine, base, client, "mill")
    speeds = [ASKERS * TOKENS / min(one) for one in (ours, bare)]
    show(
        f"{ASKERS} askers: {speeds[0]:.1f} tokens/s through the client, {speeds[1]:.1f} bare: "
        f"ratio {speeds[0] / speeds[1]:.3f}; one alone {TOKENS / alone.total:.1f} tokens/s"
    )
    assert speeds[0] / speeds[1] > 0.9
    assert speeds[1] > 1.5 * TOKENS / alone.total, "requests are not computed together"


def test_an_adapter_beside_the_base(engine: Vllm, trained: dict[Manner, Adapter]) -> None:
    """What a LoRA costs on this processor: merged weights are as quick as the base."""

    def speed(adapter: Adapter | None) -> float:
        model = engine.chat_model(adapter, max_tokens=TOKENS, matter="mill")
        body = {**engine.extra("mill"), "min_tokens": TOKENS}
        model.invoke(MESSAGES, extra_body=body)
        one = _timed(lambda heard: [heard() for _ in model.stream(MESSAGES, extra_body=body)])
        return TOKENS / one.total

    base, adapted = speed(None), speed(trained[LEARNED[0]])
    show(f"base {base:.1f} tokens/s, with an adapter {adapted:.1f}: {base / adapted:.1f} times")


def _together(ask: Callable[[int], Timed]) -> float:
    """Seconds until all askers, who begin at once, have their answers."""
    gate = threading.Barrier(ASKERS + 1)

    def asker(number: int) -> None:
        gate.wait()
        ask(number)

    threads = [threading.Thread(target=asker, args=(number,)) for number in range(ASKERS)]
    for thread in threads:
        thread.start()
    gate.wait()
    started = time.perf_counter()
    for thread in threads:
        thread.join()
    return time.perf_counter() - started
