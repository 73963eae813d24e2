"""Nothing of a question goes anywhere but to the engine."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from retrieval.library import Library
from serving.settings import ModelSettings
from tests.serving.vllm_standin import answer, standing_in
from ui.doctor import examine
from ui.privacy import ALLOW

CANARY = "What rent does Perpetua Lindqvist owe?"


def others() -> dict[str, str]:
    """The environment without what a command run in this process made of it."""
    return {name: value for name, value in os.environ.items() if "TRACING" not in name}


TRACING = {"LANGSMITH_TRACING": "true", "LANGCHAIN_TRACING_V2": "true"}


def test_tracing_of_the_environment_sends_nothing(tmp_path: Path) -> None:
    (tmp_path / "lease.txt").write_text(
        "The rent that Perpetua Lindqvist owes is $900.", encoding="utf-8"
    )
    Library(tmp_path / "home").ingest("oven", [tmp_path / "lease.txt"])
    # A second between the pieces, in which a trace that is sent at all is sent.
    slow = answer("The rent ", "is $900 [1].", pause=1.0)
    with standing_in(slow) as engine, standing_in() as elsewhere:
        subprocess.run(
            [sys.executable, "-m", "ui.cli", "ask", "oven", CANARY, "--base", "--answer-anyway"],
            env={
                **others(),
                **TRACING,
                "CASEWRIGHT_HOME": str(tmp_path / "home"),
                "VLLM_URL": engine.url,
                "LANGSMITH_API_KEY": "lsv2_pt_made_up",
                "LANGSMITH_ENDPOINT": elsewhere.url,
            },
            check=True,
            capture_output=True,
        )
    assert len(engine.asked) == 1
    assert not elsewhere.seen


@pytest.mark.parametrize(("allowed", "on"), [("", "False"), ("true", "True")])
def test_tracing_is_off_unless_allowed(allowed: str, on: str) -> None:
    # LangSmith itself is asked; it remembers the environment, so in a process of its own.
    asks = (
        "from ui.privacy import keep_to_ourselves; keep_to_ourselves(); "
        "from langsmith.utils import tracing_is_enabled; print(tracing_is_enabled())"
    )
    environment = {**others(), **TRACING, ALLOW: allowed}
    said = subprocess.run(
        [sys.executable, "-c", asks], env=environment, check=True, capture_output=True, text=True
    )
    assert said.stdout.strip() == on


def test_what_is_written_is_its_owner_s_alone(tmp_path: Path) -> None:
    (tmp_path / "lease.txt").write_text("The rent is $900.", encoding="utf-8")
    home = tmp_path / "new" / "home"
    subprocess.run(
        [sys.executable, "-m", "ui.cli", "ingest", "oven", str(tmp_path / "lease.txt")],
        env={**os.environ, "CASEWRIGHT_HOME": str(home)},
        check=True,
        capture_output=True,
        umask=0o022,
    )
    # Copies of the packaged model keep their mode; they are public, in a folder that is not.
    written = [home, *(one for one in home.rglob("*") if one.parent.parent != home / "models")]
    assert len(written) > 8
    assert [one for one in written if one.lstat().st_mode & 0o077] == []


def test_doctor_finds_a_home_that_is_open(home: Path) -> None:
    home.mkdir(exist_ok=True)
    home.chmod(0o755)
    (found,) = [one for one in examine(home, ModelSettings(), None) if one.what == "home"]
    assert not found.good
    assert "chmod 700" in found.found
    home.chmod(0o700)
    (found,) = [one for one in examine(home, ModelSettings(), None) if one.what == "home"]
    assert found.good
