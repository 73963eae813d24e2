"""``casewright serve`` with a program in the place of vLLM: it starts, is told of, ends whole."""

import contextlib
import errno
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Literal

import httpx2
import pytest

from retrieval.errors import ModelUnavailable
from serving import adapters, models
from serving.vllm_run import Machine, free_port, listener
from serving.vllm_settings import ServeSettings
from tests.serving import vllm_program
from ui.options import Refused
from ui.serve_command import what_is_served

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


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
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
    assert process.returncode == 0
    assert "vLLM starts: Loading weights" in errors and "vLLM has ended" in errors
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


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0"])
def test_a_port_that_is_taken_is_told(host: str, served: Served, tmp_path: Path) -> None:
    with listener(host, 0) as taken:
        port = taken.getsockname()[1]
        process = served("--host", host, "--port", str(port))
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 1 and f"{host}:{port}: cannot be listened on" in errors
    assert not (tmp_path / "notes").exists()


def test_the_adapters_in_service_come_first(home: Path) -> None:
    for name in ("a-1", "b-2", "c-3", "d-4"):
        _register(home, name, sha256="0" * 64 if name == "d-4" else BASE.sha256)
    acts = ["promote a-1", "promote b-2", "promote gone-9", "promote d-4", "promote c-3"]
    acts += ["rollback c-3", "promote a-1", "promote b-2"]
    _history(home, *acts)
    assert [one.name for one in adapters.in_service(home, BASE)] == ["b-2", "a-1"]


@pytest.mark.parametrize(
    ("in_service", "named", "form", "gpu", "served"),
    [
        (["a-1"], [], None, False, {"a-1": "merged"}),
        (["a-1"], [], None, True, {"a-1": "lora"}),
        (["a-1"], [], "lora", False, {"a-1": "lora"}),
        (["a-1"], [], "merged", True, {"a-1": "merged"}),
        (["a-1", "b-2"], [], None, False, {"b-2": "lora", "a-1": "lora"}),
        (["a-1"], ["b-2"], None, False, {"a-1": "lora", "b-2": "lora"}),
        ([], ["b-2"], None, False, {"b-2": "lora"}),
        ([], ["b-2"], "merged", False, {"b-2": "merged"}),
        (["a-1"], ["a-1"], None, True, {"a-1": "lora"}),
        ([], [], None, False, {}),
    ],
)
def test_the_form_in_which_adapters_are_served(
    in_service: list[str],
    named: list[str],
    form: Literal["lora", "merged"] | None,
    gpu: bool,
    served: dict[str, str],
    home: Path,
) -> None:
    BASE.checkpoint(home).mkdir(parents=True)
    for name in ("a-1", "b-2"):
        _register(home, name)
        (home / "models" / name).mkdir()
    _history(home, *(f"promote {name}" for name in in_service))
    machine = Machine(gpu, "bfloat16")
    found = what_is_served(named, ServeSettings(adapters=form), machine)
    assert found.forms == served
    if "merged" in served.values():
        (name,) = served
        assert (found.checkpoint, found.names) == (home / "models" / name, (name,))
        assert found.adapters == ()
    else:
        assert found.checkpoint == BASE.checkpoint(home)
        assert found.names == ("smollm2-135m-b179c9523d", "smollm2-135m")


def test_several_adapters_cannot_be_merged(home: Path) -> None:
    BASE.checkpoint(home).mkdir(parents=True)
    for name in ("a-1", "b-2"):
        _register(home, name)
    _history(home, "promote a-1", "promote b-2")
    with pytest.raises(Refused, match="2 adapters are in service"):
        what_is_served([], ServeSettings(adapters="merged"), Machine(False, "bfloat16"))


def test_the_registry_says_in_which_form_they_are_served(home: Path) -> None:
    assert adapters.served(home) == {}
    adapters.note_served(home, {"a-1": "merged"})
    adapters.note_served(home, {"b-2": "lora"})
    assert adapters.served(home) == {"b-2": "lora"}
    (home / "adapters" / ".served").write_text("{", encoding="utf-8")
    with pytest.raises(ModelUnavailable, match="damaged"):
        adapters.served(home)


@pytest.mark.parametrize("fault", [errno.EROFS, errno.ENOSPC])
def test_a_registry_that_is_read_only_is_served_from(
    home: Path, monkeypatch: pytest.MonkeyPatch, fault: int
) -> None:
    def refuse(file: Path, content: bytes) -> None:
        raise OSError(fault, "refused")

    monkeypatch.setattr(adapters, "write_whole", refuse)
    told = pytest.raises(OSError) if fault == errno.ENOSPC else contextlib.nullcontext()
    with told:
        adapters.note_served(home, {"a-1": "lora"})
    assert adapters.served(home) == {}


def _register(home: Path, name: str, sha256: str = BASE.sha256) -> None:
    folder = home / "adapters" / name
    folder.mkdir(parents=True)
    card = {"base": {"name": "x", "sha256": sha256}, "files": {}}
    (folder / "card.json").write_text(json.dumps(card), encoding="utf-8")


def _history(home: Path, *acts: str) -> None:
    lines = ["2026-01-01\t" + act.replace(" ", "\t") + "\n" for act in acts]
    (home / "adapters" / ".promoted").write_text("".join(lines), encoding="utf-8")
