"""Answers by the real vLLM: through the command, streamed, cut off, held to a grammar, mixed."""

import json
import os
import re
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import product
from pathlib import Path

import pytest
from langchain_core.messages import HumanMessage

from serving.adapters import Adapter
from serving.grammar import memorandum_grammar
from serving.house import HEADINGS
from serving.memo import headings_in_order
from serving.models import served_name
from serving.vllm_address import VllmAddress
from serving.vllm_client import Vllm
from tests.vllm.figures import metric, show
from tests.vllm.manners import LEARNED, PARTIES, THINGS, Manner, asked
from training.checkpoint import TrainingBase

ANSWER = "BRIEF ANSWER"
ASK = ("ask", "mill", "Who repairs the weir?", "--answer-anyway")


def _casewright(home: Path, server: VllmAddress, *arguments: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "ui.cli", *arguments],
        env={
            **os.environ,
            "CASEWRIGHT_HOME": str(home),
            "CASEWRIGHT_MEMO_TOKENS": "320",
            "VLLM_URL": server.url,
            "VLLM_API_KEY": str(server.api_key),
            "VLLM_FIRST_TOKEN_SECONDS": str(server.first_token),
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize("manner", LEARNED, ids=lambda manner: manner.name)
def test_ask_is_answered_by_the_adapter_named(
    manner: Manner, vllm_home: Path, server: VllmAddress, trained: dict[Manner, Adapter]
) -> None:
    command = _casewright(vllm_home, server, *ASK, "--adapter", manner.name, "--json")
    written, errors = command.communicate()
    assert command.returncode == 0, errors
    answer = json.loads(written)
    assert answer["receipt"]["adapter"] == trained[manner].name
    assert headings_in_order(answer["memorandum"])
    assert manner.duty.format(who="Grantor", thing="weir") in answer["memorandum"]
    assert any(one["verdict"] == "verified" for one in answer["sentences"])


def test_ask_streams_the_memorandum(vllm_home: Path, server: VllmAddress) -> None:
    command = _casewright(vllm_home, server, *ASK, "--adapter", "plain")
    assert command.stdout is not None
    pieces: list[tuple[float, str]] = []
    while piece := os.read(command.stdout.fileno(), 4096).decode():
        pieces.append((time.monotonic(), piece))
    _, errors = command.communicate()
    assert command.returncode == 0, errors
    memorandum = "".join(piece for _, piece in pieces)
    assert memorandum.lstrip().startswith(HEADINGS[0])
    assert len(pieces) > 10
    assert pieces[-1][0] - pieces[0][0] > 0.5


def test_an_answer_that_nobody_reads_frees_the_engine(engine: Vllm) -> None:
    model = engine.chat_model(None, max_tokens=600)
    endless = {**engine.extra("mill"), "min_tokens": 600}
    stream = model.stream([HumanMessage("Tell the story of a mill.")], extra_body=endless)
    for _ in range(5):
        next(stream)
    assert metric(engine, "num_requests_running") == 1
    written = metric(engine, "generation_tokens_total")
    stream.close()  # type: ignore[attr-defined]  # an iterator by its name, a generator in truth
    closed = time.monotonic()
    while metric(engine, "num_requests_running"):
        assert time.monotonic() - closed < 60
        time.sleep(0.02)
    more = metric(engine, "generation_tokens_total") - written
    show(f"cancelled: free after {time.monotonic() - closed:.2f} s and {more:.0f} more tokens")
    assert more < 300


def test_the_grammar_holds_the_base_model(engine: Vllm, base: TrainingBase) -> None:
    grammar = memorandum_grammar(1, 160)
    model = engine.chat_model(None, max_tokens=320, grammar=grammar, matter="mill")
    answer = model.invoke(asked("weir", "Grantor"))
    assert answer.response_metadata["model_name"] == served_name(base)
    assert headings_in_order(answer.text)
    assert set(re.findall(r"\[(\d+)\]", answer.text)) <= {"1"}
    free = engine.chat_model(None, max_tokens=100, matter="mill").invoke(asked("weir", "Grantor"))
    assert not headings_in_order(free.text), "it holds to the form without the grammar too"


def test_fifty_interleaved_requests_each_get_their_own_answer(
    engine: Vllm, trained: dict[Manner, Adapter]
) -> None:
    cases = [(manner, thing, who) for thing, who in product(THINGS, PARTIES) for manner in LEARNED]
    models = {
        manner: engine.chat_model(trained[manner], max_tokens=40, matter="mill")
        for manner in LEARNED
    }

    def answer(case: tuple[Manner, str, str]) -> str:
        manner, thing, who = case
        return models[manner].invoke(asked(thing, who), stop=[" [1]"]).text

    started = time.monotonic()
    with ThreadPoolExecutor(8) as askers:
        texts = list(askers.map(answer, cases))
    seconds = time.monotonic() - started
    right = [
        manner.duty.format(who=who, thing=thing) in text
        for (manner, thing, who), text in zip(cases, texts, strict=True)
    ]
    in_manner = [
        [one.name for one in LEARNED if one.phrase in text.partition(ANSWER)[2]] == [manner.name]
        for (manner, _, _), text in zip(cases, texts, strict=True)
    ]
    show(
        f"{len(cases)} interleaved requests over two adapters in {seconds:.0f} s: "
        f"{sum(in_manner)} in their adapter's manner, {sum(right)} with the right party and thing"
    )
    assert len(cases) == 50 and all(in_manner)
    assert sum(right) >= 45
