"""The direction of imports: retrieval <- serving <- training <- ui, read from every file."""

import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LAYERS = ("retrieval", "serving", "training", "ui")
FILES = sorted(file for layer in LAYERS for file in (ROOT / layer).rglob("*.py"))

ONLY_IN = {
    # third party -> where it may be imported
    "torch": "training/",
    "transformers": "training/",
    "peft": "training/",
    "bitsandbytes": "training/",
    "trl": "training/",
    "streamlit": "ui/",
    "qdrant_edge": "retrieval/store_",
    "qdrant_client": "retrieval/store_",
    "ray": "retrieval/workers_ray.py",
    "vllm": "nowhere",
}


def imported(source: str) -> Iterator[str]:
    """The dotted names that a file imports, anywhere in it."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "a relative import"
            assert node.module is not None
            yield node.module
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith("import_module"):
            yield from (str(arg.value) for arg in node.args if isinstance(arg, ast.Constant))


def faults_of(path: str, source: str) -> list[str]:
    """What a file at this path, with this source, imports against the rules."""
    layer = path.split("/", maxsplit=1)[0]
    faults = []
    for name in imported(source):
        package = name.split(".")[0]
        if package in LAYERS and LAYERS.index(package) > LAYERS.index(layer):
            faults.append(f"{path} imports {name}, which is above it")
        if not path.startswith(ONLY_IN.get(package, "")):
            faults.append(f"{path} imports {name}, which belongs in {ONLY_IN[package]}")
        if package == "tests":
            faults.append(f"{path} imports the tests")
    return faults


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.relative_to(ROOT).as_posix())
def test_imports_keep_their_direction(file: Path) -> None:
    path = file.relative_to(ROOT).as_posix()
    assert faults_of(path, file.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("path", "source", "faults"),
    [
        ("retrieval/a.py", "import json", 0),
        ("retrieval/a.py", "from serving.prompts import messages", 1),
        ("serving/a.py", "def f():\n    import training.train", 1),
        ("serving/a.py", "from retrieval import search", 0),
        ("serving/a.py", "import torch", 1),
        ("training/a.py", "import torch.nn, ui.cli", 1),
        ("ui/a.py", "import streamlit as st\nfrom training import config", 0),
        ("training/a.py", "from streamlit import write", 1),
        ("retrieval/search.py", "import qdrant_edge", 1),
        ("retrieval/store_server.py", "import qdrant_client", 0),
        ("serving/vllm.py", "import vllm", 1),
        ("ui/a.py", "import importlib\nimportlib.import_module('torch')", 1),
    ],
)
def test_the_rules_themselves(path: str, source: str, faults: int) -> None:
    assert len(faults_of(path, source)) == faults


@pytest.mark.parametrize(
    ("modules", "absent"),
    [
        (
            ["ui.cli", "ui.asking", "serving.answer", "serving.engine", "retrieval.search"],
            ["torch", "transformers", "peft", "trl", "bitsandbytes", "streamlit"],
        ),
        # what `casewright matters` needs, within a blink
        (["ui.cli"], ["langchain_core", "fastembed", "qdrant_edge", "xllamacpp", "numpy"]),
        (["training.config", "training.examples"], ["torch", "transformers", "trl"]),
    ],
)
def test_asking_loads_no_training_library(modules: list[str], absent: list[str]) -> None:
    script = f"import sys, json, {', '.join(modules)}; print(json.dumps(sorted(sys.modules)))"
    run = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT
    )
    loaded = set(json.loads(run.stdout))
    assert set(modules) <= loaded
    assert loaded.isdisjoint(absent)
