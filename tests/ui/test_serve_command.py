"""``casewright serve`` with a program in the place of vLLM: it starts, is told of, ends whole."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from serving import models
from serving.vllm_run import free_port, listener
from tests.serving import vllm_program

BASE = models.resolve(models.DEFAULT_BASE)
Served = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def served(home: Path, tmp_path: Path) -> Iterator[Served]:
    """Starts the command; what is left of it ends with the test."""
    checkpoint = BASE.checkpoint(home)
    checkpoint.mkdir(parents=True)
    (checkpoint / "config.json").write_text('{"max_position_embeddings": 8192}', encoding="utf-8")
    started = []

    def start(*options: str, how: str = "serves", **settings: str) -> "subprocess.Popen[str]":
        python = tmp_path / "python"
        python.write_text(
            f"#!/bin/sh\nexec {sys.executable} {vllm_program.__file__} {tmp_path / 'notes'} "
            f"'{how}' \"$@\"\n",
            encoding="utf-8",
        )
        python.chmod(0o700)
        process = subprocess.Popen(
            [sys.executable, "-m", "ui.cli", "serve", *options],
            env={**os.environ, "VLLM_PYTHON": str(python), **settings},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()
    if (tmp_path / "notes").exists():
        for pid in _notes(tmp_path)["pids"]:
            if _runs(pid):
                os.kill(pid, signal.SIGKILL)


def _notes(folder: Path) -> Any:
    return json.loads((folder / "notes").read_text(encoding="utf-8"))


def _runs(pid: int) -> bool:
    """Whether a process runs; one that has ended and waits to be asked for does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def _ready(process: "subprocess.Popen[str]") -> str:
    """What it prints when it serves."""
    assert process.stdout is not None
    return process.stdout.readline() + process.stdout.readline()


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_with_all_its_children(
    served: Served, home: Path, tmp_path: Path, sent: signal.Signals
) -> None:
    port = free_port()
    process = served("--port", str(port), VLLM_ALLOW_RUNTIME_LORA_UPDATING="1")
    told = _ready(process)
    assert f"VLLM_URL=http://127.0.0.1:{port}" in told and "smollm2-135m-b179c9523d" in told
    notes = _notes(tmp_path)
    key = (home / "vllm" / "key").read_text(encoding="ascii").strip()
    assert len(key) >= 32 and notes["environment"] == {
        "VLLM_API_KEY": key,
        "VLLM_ALLOW_RUNTIME_LORA_UPDATING": None,
    }
    assert key not in told + " ".join(notes["arguments"])
    for name in ("key", "server.log"):
        assert (home / "vllm" / name).stat().st_mode & 0o777 == 0o600
    assert all(map(_runs, notes["pids"]))
    process.send_signal(sent)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 0 and "vLLM has ended" in errors
    until = time.monotonic() + 10
    while any(map(_runs, notes["pids"])) and time.monotonic() < until:
        time.sleep(0.05)
    assert not any(map(_runs, notes["pids"]))


def test_beyond_this_machine_the_proxy_stands_before_it(served: Served, tmp_path: Path) -> None:
    port = free_port()
    process = served("--host", "0.0.0.0", "--port", str(port), VLLM_API_KEY="a-key-of-the-firm")
    told = _ready(process)
    assert f"VLLM_URL=http://0.0.0.0:{port}" in told and "VLLM_API_KEY" not in told
    arguments = _notes(tmp_path)["arguments"]
    assert arguments[arguments.index("--host") + 1] == "127.0.0.1"
    assert arguments[arguments.index("--port") + 1] != str(port)
    url = f"http://127.0.0.1:{port}"
    paths = {"/health": 200, "/v1/models": 401, "/docs": 404}
    found = {path: httpx2.get(url + path, trust_env=False).status_code for path in paths}
    assert found == paths
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=60)
    assert process.returncode == 0


@pytest.mark.parametrize(
    ("how", "told"),
    [
        ("dies", "vLLM ended by itself, status 3 (OutOfMemoryError: no memory left); its log is"),
        ("dies later", "vLLM ended by itself, status 4; its log is"),
    ],
)
def test_a_vllm_that_ends_by_itself_is_told(how: str, told: str, served: Served) -> None:
    process = served("--port", str(free_port()), how=how)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 1
    assert told in errors and "Traceback" not in errors


def test_print_shows_the_command_and_starts_nothing(
    served: Served, home: Path, tmp_path: Path
) -> None:
    process = served("--print", VLLM_API_KEY="a-key-of-the-firm", VLLM_QUANTIZATION="fp8")
    printed, _ = process.communicate(timeout=60)
    assert process.returncode == 0 and printed.count("\n") == 1
    assert f"--model {BASE.checkpoint(home)} --host 127.0.0.1" in printed
    assert "--quantization fp8" in printed and "a-key-of-the-firm" not in printed
    assert not (tmp_path / "notes").exists() and not (home / "vllm").exists()


@pytest.mark.parametrize(
    ("options", "settings", "told"),
    [
        (["--adapter", "none"], {}, "none: no such adapter"),
        ([], {"VLLM_PYTHON": "/nowhere/python"}, "VLLM_PYTHON: "),
        ([], {"VLLM_TENSOR_PARALLEL_SIZE": "0"}, "VLLM_TENSOR_PARALLEL_SIZE: "),
        ([], {"VLLM_API_KEY": "short"}, "VLLM_API_KEY: "),
        ([], {"CASEWRIGHT_BASE": "unknown"}, "unknown: no such base model"),
    ],
)
def test_what_cannot_be_served_is_one_line(
    options: list[str], settings: dict[str, str], told: str, served: Served
) -> None:
    process = served("--port", str(free_port()), *options, **settings)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 1
    assert told in errors and len(errors.splitlines()) == 1
    assert settings.get("VLLM_API_KEY", "\0") not in errors


def test_a_port_that_is_taken_is_told(served: Served) -> None:
    with listener("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        process = served("--port", str(port))
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 1 and f"127.0.0.1:{port}: cannot be listened on" in errors


def test_the_adapters_in_service_come_first(home: Path) -> None:
    from serving import adapters

    sha256 = BASE.sha256
    for name in ("a-1", "b-2", "c-3", "d-4"):
        folder = home / "adapters" / name
        folder.mkdir(parents=True)
        base = {"name": "x", "sha256": "0" * 64 if name == "d-4" else sha256}
        (folder / "card.json").write_text(json.dumps({"base": base}), encoding="utf-8")
    acts = ["promote a-1", "promote b-2", "promote gone-9", "promote d-4", "promote c-3"]
    acts += ["rollback c-3", "promote a-1", "promote b-2"]
    lines = ["2026-01-01\t" + act.replace(" ", "\t") for act in acts]
    (home / "adapters" / ".promoted").write_text("\n".join(lines) + "\n", encoding="utf-8")
    assert [one.name for one in adapters.in_service(home, BASE)] == ["b-2", "a-1"]
