"""Where the app listens: on this machine alone, unless another address is named."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.ui.running import free_port
from ui import launch


@pytest.mark.parametrize("address", [None, "0.0.0.0"])
def test_the_app_listens_where_it_is_told_and_says_so(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    address: str | None,
) -> None:
    started: list[list[str]] = []

    def run(command: list[str], *others: Any) -> None:
        started.append(command)

    monkeypatch.setattr(launch, "run", run)
    if address is None:
        launch.launch(tmp_path, 8731)
    else:
        launch.launch(tmp_path, 8731, address)
    assert f"--server.address={address or '127.0.0.1'}" in started[0]
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("Casewright is at http://127.0.0.1:")
    warned = [] if address is None else [f"It listens on {address}: {launch.OPEN}"]
    assert lines[1:] == warned


def test_ended_by_a_signal_it_takes_the_app_along(home: Path) -> None:
    command = [sys.executable, "-m", "ui.cli", "app", "--port", str(free_port())]
    # What the app inherits is closed when the last of them has ended.
    with subprocess.Popen(
        command,
        env={**os.environ, "CASEWRIGHT_HOME": str(home)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as running:
        assert running.stdout is not None
        assert running.stdout.readline().startswith("Casewright is at")
        running.send_signal(signal.SIGTERM)
        out, _ = running.communicate(timeout=30)
    assert out == "Casewright has stopped\n"
    assert running.returncode == 0
