"""The real vLLM on this machine's processor, with SmolLM2-135M and two adapters trained here."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from retrieval.library import Library
from serving import adapters, models
from serving.adapters import Adapter
from serving.vllm_address import VllmAddress
from serving.vllm_client import Vllm
from serving.vllm_run import free_port
from tests.vllm.manners import LEARNED, Manner, write_data
from training.checkpoint import TrainingBase, find_base

FIRST_TOKEN = 120.0
"""Seconds that an answer may take to begin where the machine has other work."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if item.path.is_relative_to(here):
            item.add_marker(pytest.mark.vllm)
            item.add_marker(pytest.mark.timeout(600))
            # torch's libraries warn of their own affairs.
            item.add_marker(pytest.mark.filterwarnings("default"))


@pytest.fixture(scope="session")
def vllm_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with a small matter, and the two adapters."""
    import torch

    from training.config import TrainingConfig
    from training.train import train

    torch.set_num_threads(1)  # on a busy machine several wait for each other
    home = tmp_path_factory.mktemp("vllm") / "home"
    files = tmp_path_factory.mktemp("files")
    (files / "deed.txt").write_text(
        "DEED\n\nThe Grantor keeps the weir above the mill in repair.\n", encoding="utf-8"
    )
    Library(home).ingest("mill", [files])
    for manner in LEARNED:
        config = TrainingConfig.model_validate(
            {
                "name": manner.name,
                "quantization": "none",
                "lora": {"rank": manner.rank, "alpha": 32, "dropout": 0.0},
                "data": {"max_examples": 5, "held_out_examples": 1},
                "optimizer": {"accumulate": 1, "learning_rate": 1e-3, "epochs": 3},
            }
        )
        train(config, write_data(files / f"{manner.name}.jsonl", manner), home)
    return home


@pytest.fixture(scope="session")
def base(vllm_home: Path) -> TrainingBase:
    return find_base(models.DEFAULT_BASE, vllm_home)


@pytest.fixture(scope="session")
def trained(vllm_home: Path) -> dict[Manner, Adapter]:
    return {manner: adapters.find(vllm_home, manner.name) for manner in LEARNED}


@pytest.fixture(scope="session")
def server(vllm_home: Path, trained: dict[Manner, Adapter]) -> Iterator[VllmAddress]:
    """`casewright serve` as a process, until the last test."""
    port = free_port()
    named = [option for one in trained.values() for option in ("--adapter", one.name)]
    process = subprocess.Popen(
        [sys.executable, "-m", "ui.cli", "serve", "--port", str(port), *named],
        env={**os.environ, "CASEWRIGHT_HOME": str(vllm_home)},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        told = process.stdout.readline()
        assert all(one.name in told for one in trained.values()), "vLLM did not start"
        key = (vllm_home / "vllm" / "key").read_text(encoding="ascii").strip()
        yield VllmAddress(f"http://127.0.0.1:{port}", key, first_token=FIRST_TOKEN)
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)
    assert process.returncode == 0


@pytest.fixture
def engine(server: VllmAddress, base: TrainingBase, trained: dict[Manner, Adapter]) -> Vllm:
    return Vllm(server, base, list(trained.values()))
