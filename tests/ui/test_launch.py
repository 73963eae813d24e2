"""Where the app listens: on this machine alone, unless another address is named."""

import subprocess
from pathlib import Path
from typing import Any

import pytest

from ui import launch


@pytest.mark.parametrize("address", [None, "0.0.0.0"])
def test_the_app_listens_where_it_is_told_and_says_so(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    address: str | None,
) -> None:
    started: list[list[str]] = []

    def run(command: list[str], **options: Any) -> None:
        started.append(command)

    monkeypatch.setattr(subprocess, "run", run)
    if address is None:
        launch.launch(tmp_path, 8731)
    else:
        launch.launch(tmp_path, 8731, address)
    assert f"--server.address={address or '127.0.0.1'}" in started[0]
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("Casewright is at http://127.0.0.1:")
    warned = [] if address is None else [f"It listens on {address}: {launch.OPEN}"]
    assert lines[1:] == warned
