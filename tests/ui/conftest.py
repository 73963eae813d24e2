"""What tests of the command in this process share: models by a script, the command, the log."""

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import BaseMessage

from retrieval.library import Library
from serving import adapters, audit
from serving.house import HEADINGS
from serving.llamacpp import LlamaCpp
from serving.models import DEFAULT_BASE, resolve
from tests.serving.scripted import Scripted, says
from ui.cli import main

Casewright = Callable[..., tuple[int, str, str]]

QUESTIONS = [
    {
        "id": "rent",
        "question": "How much is the rent?",
        "facts": ["$15,200.00"],
        "spans": [{"document": "lease.txt", "start": 80, "end": 110}],
    },
    {"id": "maker", "question": "Who made the oven?", "answerable": False},
]
HOSTILE = "<script>alert(1)</script>"


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Scripted]]:
    """The models that answer, one after the other."""
    models: list[Scripted] = []
    monkeypatch.setattr(LlamaCpp, "chat_model", lambda *given, **options: models.pop(0))
    monkeypatch.setattr(LlamaCpp, "_load", lambda engine: None)
    yield models


@pytest.fixture
def casewright(
    library: Library, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Casewright:
    """Runs the command on the small matter; gives status, output and errors."""

    def run(*arguments: str) -> tuple[int, str, str]:
        with monkeypatch.context() as patch:
            patch.setattr(sys, "argv", ["casewright", *arguments])
            capsys.readouterr()
            with pytest.raises(SystemExit) as ended:
                main()
        written = capsys.readouterr()
        return int(ended.value.code or 0), written.out, written.err

    return run


def entries(home: Path) -> list[dict[str, Any]]:
    audit.verify(home)
    return [json.loads(line) for line in (home / audit.NAME).read_text("utf-8").splitlines()]


@pytest.fixture
def adapter(home: Path, tmp_path: Path) -> str:
    """A registered adapter; only its name is used, since the model is scripted."""
    files = tmp_path / "trained"
    files.mkdir()
    for name in (adapters.PEFT_WEIGHTS, adapters.GGUF_WEIGHTS):
        (files / name).write_bytes(b"weights")
    base = resolve(DEFAULT_BASE)
    card = {
        "base": {"name": base.name, "sha256": base.sha256},
        "held_out": {"examples": 4, "before": 2.4, "after": 1.9},
        "seconds": 120.0,
        "tokens": 5000,
    }
    return adapters.register(home, "memo", files, card).name


@pytest.fixture
def questions(tmp_path: Path) -> Path:
    file = tmp_path / "questions.jsonl"
    file.write_text("\n".join(map(json.dumps, QUESTIONS)) + "\n", encoding="utf-8")
    return file


def written(adapted: bool, asked: str) -> str:
    """What the scripted model writes: headings are the adapter's, what it knows the passages'."""
    said = "The rent is $9,999 a month."
    if "Passages:" in asked:
        said = "The rent is $15,200.00 a month [1]."
        if "Who made the oven?" in asked:
            said = "The case file does not answer this question."
    if adapted:
        return "\n\n".join(f"{heading}\n{said}" for heading in HEADINGS)
    return f"Sure! {said} {HOSTILE}"


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Whom the engine was asked for, in order: the adapter (True) or the base."""
    asked: list[bool] = []

    class Answers(Scripted):
        adapted: bool

        def _stream(self, messages: list[BaseMessage], *given: Any, **options: Any) -> Any:
            self.messages = says(written(self.adapted, messages[-1].text)).messages
            return super()._stream(messages, *given, **options)

    def chat_model(engine: LlamaCpp, adapter: Any, **options: Any) -> Scripted:
        asked.append(adapter is not None)
        return Answers(messages=iter([]), adapted=adapter is not None)

    monkeypatch.setattr(LlamaCpp, "chat_model", chat_model)
    monkeypatch.setattr(LlamaCpp, "_load", lambda engine: None)
    return asked
