"""Nothing of a question goes anywhere but to the engine."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from retrieval.library import Library
from tests.serving.vllm_standin import answer, standing_in
from ui.privacy import ALLOW

CANARY = "What rent does Perpetua Lindqvist owe?"


@pytest.mark.parametrize(("allowed", "sent"), [("", False), ("true", True)])
def test_tracing_of_the_environment_is_off_unless_allowed(
    tmp_path: Path, allowed: str, sent: bool
) -> None:
    (tmp_path / "lease.txt").write_text(
        "The rent that Perpetua Lindqvist owes is $900.", encoding="utf-8"
    )
    Library(tmp_path / "home").ingest("oven", [tmp_path / "lease.txt"])
    with standing_in(answer("The rent is $900 [1].")) as engine, standing_in() as elsewhere:
        subprocess.run(
            [sys.executable, "-m", "ui.cli", "ask", "oven", CANARY, "--base", "--answer-anyway"],
            env={
                **os.environ,
                "CASEWRIGHT_HOME": str(tmp_path / "home"),
                "VLLM_URL": engine.url,
                "LANGSMITH_TRACING": "true",
                "LANGCHAIN_TRACING_V2": "true",
                "LANGSMITH_API_KEY": "lsv2_pt_made_up",
                "LANGSMITH_ENDPOINT": elsewhere.url,
                ALLOW: allowed,
            },
            check=True,
            capture_output=True,
        )
    assert len(engine.asked) == 1
    # With it allowed the stand-in hears of it: the test would see a trace that is sent.
    assert elsewhere.seen == sent
