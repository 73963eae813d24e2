"""What is left when a part is down: a model that is killed, a closed port, a broken index."""

import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from langchain_core.language_models import BaseChatModel
from langchain_openai import ChatOpenAI

from retrieval.errors import IndexUnavailable
from retrieval.library import Library
from retrieval.search import search
from retrieval.store import ServerAddress
from serving.answer import ask, ask_matter
from serving.answered import BrokenOff
from serving.how import How
from serving.llamacpp import LlamaCpp
from serving.memo import tally
from serving.models import resolve

QUESTION = "When does the term begin, and what is the rent?"


def closed_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def client(address: str, key: str) -> BaseChatModel:
    """The client that the engine gives, to an engine elsewhere."""
    return ChatOpenAI(
        model="any",
        base_url=f"{address}/v1",
        api_key=key,  # type: ignore[arg-type]
        temperature=0.0,
        max_completion_tokens=300,
        streaming=True,
        max_retries=0,
        timeout=120,
    )


@contextmanager
def running_engine() -> Iterator[tuple[BaseChatModel, "subprocess.Popen[str]"]]:
    with subprocess.Popen(
        [sys.executable, "-m", "tests.serving.engine_process"],
        cwd=Path(__file__).parents[2],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            address, key = process.stdout.readline().split()
            yield client(address, key), process
        finally:
            process.kill()


def test_killed_in_the_middle_the_part_is_kept_and_nothing_is_verified(small: Library) -> None:
    passages = search(small, "oven", QUESTION, 2)
    seen: list[str] = []
    with running_engine() as (model, process):

        def kill(text: str) -> None:
            seen.append(text)
            if len(seen) == 4:
                process.kill()

        with pytest.raises(BrokenOff, match="the model stopped before the end") as broken:
            ask(QUESTION, passages=passages, model=model, receipt={}, on_text=kill)
    answer = broken.value.answer
    assert len(answer.text.split()) >= 3
    assert answer.text == "".join(seen).strip()
    assert {sentence.verdict for sentence in answer.sentences} <= {"unchecked"}
    assert answer.verified == 0
    assert tally(answer).startswith("Incomplete and not verified: the model stopped")
    assert len(answer.passages) == 2


def test_closed_port_leaves_the_passages(small: Library) -> None:
    passages = search(small, "oven", QUESTION, 2)
    model = client(f"http://127.0.0.1:{closed_port()}", "key")
    with pytest.raises(BrokenOff, match="the model did not answer") as broken:
        ask(QUESTION, passages=passages, model=model, receipt={"matter": "oven"})
    answer = broken.value.answer
    assert (answer.text, answer.sentences) == ("", ())
    assert [one.id for one in answer.passages] == [one.passage.id for one in passages]
    assert "\n" not in str(broken.value)


def test_model_that_does_not_load_leaves_the_passages(small: Library, tmp_path: Path) -> None:
    (tmp_path / "own.gguf").write_bytes(b"GGUF but altered")
    engine = LlamaCpp(resolve(str(tmp_path / "own.gguf")), context=1024, threads=1)
    with pytest.raises(BrokenOff, match=r"own\.gguf: llama\.cpp could not load it") as broken:
        ask_matter(small, "oven", QUESTION, engine, How(adapter=None, k=2, max_tokens=8))
    assert len(broken.value.answer.passages) == 2
    assert broken.value.answer.receipt["question_sha256"]


def test_damaged_index_is_refused(library: Library, home: Path, engine: LlamaCpp) -> None:
    (home / "matters" / "oven" / "shard" / "edge_config.json").write_text("{", encoding="utf-8")
    written: list[str] = []
    with pytest.raises(IndexUnavailable, match="oven: its index cannot be used"):
        ask_matter(
            library,
            "oven",
            QUESTION,
            engine,
            How(adapter=None, k=2, max_tokens=8),
            on_text=written.append,
        )
    assert written == []


def test_server_out_of_reach_is_refused(library: Library, home: Path, engine: LlamaCpp) -> None:
    address = ServerAddress(f"http://127.0.0.1:{closed_port()}", "casewright", 2, None, None)
    shutil.rmtree(home / "matters" / "oven" / "shard")  # a matter with one stays on this machine
    elsewhere = Library(home, server=address)
    written: list[str] = []
    with pytest.raises(IndexUnavailable):
        ask_matter(
            elsewhere,
            "oven",
            QUESTION,
            engine,
            How(adapter=None, k=2, max_tokens=8),
            on_text=written.append,
        )
    assert written == []
