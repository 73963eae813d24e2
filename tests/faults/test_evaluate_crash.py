"""An evaluation by the real model that is killed asks nothing twice, and gives the same figures."""

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from retrieval.library import Library
from serving import models
from tests.conftest import write_files
from tests.training.conftest import training_home, write_short_examples

torch = pytest.importorskip("torch")

__all__ = ["training_home"]

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("default")]

QUESTIONS = [
    {"id": "rent", "question": "How much is the rent?", "facts": ["$15,200.00"]},
    {"id": "maker", "question": "Who made the oven?", "answerable": False},
]


@pytest.fixture(scope="module")
def evaluated_home(training_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with the small matter, an adapter with weights drawn at random, and questions."""
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM

    from training.checkpoint import ensure_checkpoint
    from training.export import add_adapter

    folder = tmp_path_factory.mktemp("evaluated")
    base = models.resolve(models.DEFAULT_BASE)
    checkpoint = ensure_checkpoint(base, training_home)
    torch.manual_seed(11)
    model = get_peft_model(
        AutoModelForCausalLM.from_pretrained(checkpoint, dtype=torch.float32),
        LoraConfig(r=8, lora_alpha=16, target_modules="all-linear", task_type="CAUSAL_LM"),
    )
    for name, parameter in model.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(parameter, std=0.02)
    model.save_pretrained(folder / "peft")
    add_adapter(folder / "home", folder / "peft", "drawn", base, checkpoint)
    library = Library(folder / "home")
    library.ingest("oven", [write_files(folder / "files")])
    library.close()
    text = "\n".join(map(json.dumps, QUESTIONS)) + "\n"
    (folder / "questions.jsonl").write_text(text, encoding="utf-8")
    write_short_examples(folder / "house.jsonl", ["weir", "bridge"])
    return folder


def _started(folder: Path) -> "subprocess.Popen[str]":
    arguments = ["evaluate", "oven", "--arms", "four", "--json"]
    arguments += ["--questions", str(folder / "questions.jsonl")]
    arguments += ["--memoranda", str(folder / "house.jsonl")]
    settings = {"HOME": str(folder / "home"), "MEMO_TOKENS": "64", "THREADS": "1"}
    return subprocess.Popen(
        [sys.executable, "-m", "ui.cli", *arguments],
        env={**os.environ, **{f"CASEWRIGHT_{name}": value for name, value in settings.items()}},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )


def _figures(run: "subprocess.Popen[str]") -> dict[str, Any]:
    out, _ = run.communicate(timeout=200)
    assert run.returncode == 0
    found = json.loads(out)
    return {part: found[part] for part in ("scores", "table", "effects", "findings")}


def _lines(folder: Path) -> list[str]:
    files = [*(folder / "home/matters/oven/evaluations").glob("*/written.jsonl")]
    return files[0].read_text(encoding="utf-8").split("\n")[:-1] if files else []


def test_killed_run_goes_on_and_gives_what_a_whole_one_gives(
    evaluated_home: Path, tmp_path: Path
) -> None:
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    for copy in (whole, killed):
        shutil.copytree(evaluated_home, copy)
    run = _started(killed)
    while len(_lines(killed)) < 3:
        assert run.poll() is None, "it ended before it could be killed"
        time.sleep(0.02)
    run.kill()
    run.communicate()
    before = _lines(killed)
    assert 3 <= len(before) < 8
    figures = _figures(_started(killed))
    assert _lines(killed)[: len(before)] == before
    assert len(_lines(killed)) == 8
    assert figures == _figures(_started(whole))
    texts = [
        {(row["arm"], row["question"]): row["text"] for row in map(json.loads, _lines(folder))}
        for folder in (killed, whole)
    ]
    assert texts[0] == texts[1]
    assert len(set(texts[0].values())) > 4, "adapter and passages change what is written"
