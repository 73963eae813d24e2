"""What tests of the command in this process share: models by a script, the command, the log."""

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from retrieval.library import Library
from serving import audit
from serving.llamacpp import LlamaCpp
from tests.serving.scripted import Scripted
from ui.cli import main

Casewright = Callable[..., tuple[int, str, str]]


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
