"""The Docker files as their own parsers read them: Compose itself, and a port of BuildKit's."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from e2b_dockerfile_utils import DockerfileInstruction, PatternMatcher, parse_dockerfile_ast

ROOT = Path(__file__).parents[2]
DOCKER = ROOT / "docker"
DOCKERFILES = sorted(DOCKER.glob("*.Dockerfile"))
COMPOSITIONS = {
    "cpu": ("compose.cpu.yaml",),
    "gpu": ("compose.yaml",),
    "gpu with TLS": ("compose.yaml", "compose.tls.yaml"),
}
KEYS = {"QDRANT_API_KEY": "a-key", "VLLM_API_KEY": "b-key", "MODEL": "llama", "TLS_DIR": "/tls"}


def compose(
    *arguments: str, settings: Mapping[str, str] = KEYS
) -> "subprocess.CompletedProcess[str]":
    """Runs Docker Compose, which needs no engine to read files."""
    command = Path(sys.executable).with_name("docker-compose")
    environment = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", **settings}
    return subprocess.run(
        [str(command), "--env-file", "/dev/null", *arguments],
        capture_output=True, text=True, check=False, env=environment, cwd=ROOT,
    )  # fmt: skip


@cache
def composed(name: str) -> dict[str, Any]:
    """Gives a composition with all its profiles, as Compose resolves it."""
    files = [part for file in COMPOSITIONS[name] for part in ("-f", f"docker/{file}")]
    run = compose(*files, "--profile", "*", "config", "--format", "json")
    assert run.returncode == 0, run.stderr
    assert run.stderr == ""
    found: dict[str, Any] = json.loads(run.stdout)
    return found


def services() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Gives composition, name and definition of every service."""
    for name in COMPOSITIONS:
        for service, defined in composed(name)["services"].items():
            yield name, service, defined


def instructions(file: Path) -> list[DockerfileInstruction]:
    """Gives the instructions of a Dockerfile; it must parse without a warning."""
    parsed = parse_dockerfile_ast(file.read_text(encoding="utf-8"))
    assert not parsed.warnings, parsed.warnings
    return list(parsed.instructions)


@cache
def context() -> list[Path]:
    """Gives the files that a build gets to see, by ``.dockerignore``, relative to the root."""
    ignored = PatternMatcher(
        [
            line
            for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
            if line and not line.startswith("#")
        ]
    )
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others"], capture_output=True, text=True, check=True,
        cwd=ROOT,
    )  # fmt: skip
    files = [Path(line) for line in listed.stdout.splitlines()]
    return [file for file in files if not ignored.matches(file.as_posix())]


def copy_context(target: Path, sources: list[str]) -> None:
    """Copies what a COPY of these sources would put into an image."""
    for file in context():
        if any(file.is_relative_to(source) for source in sources):
            (target / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / file, target / file)
