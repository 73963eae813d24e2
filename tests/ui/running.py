"""The running app and a real browser, for the tests that need them."""

import os
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Page

CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PATIENCE = 300_000
"""Milliseconds, for a model on a busy machine."""


def free_port() -> int:
    """Gives a port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def environment(home: Path) -> Mapping[str, str]:
    """Gives the environment of an app that answers shortly."""
    return {
        **os.environ,
        "CASEWRIGHT_HOME": str(home),
        "CASEWRIGHT_MEMO_TOKENS": "160",
        "CASEWRIGHT_PASSAGES": "4",
        "CASEWRIGHT_THREADS": "1",
    }


@contextmanager
def running_app(home: Path, port: int) -> Iterator[str]:
    """Runs the app on a home; gives its address."""
    command = [sys.executable, "-m", "ui.cli", "app", "--port", str(port)]
    process = subprocess.Popen(
        command, env=environment(home), start_new_session=True, stdout=subprocess.DEVNULL
    )
    address = f"http://127.0.0.1:{port}"
    try:
        _wait_for(address)
        yield address
    finally:
        os.killpg(process.pid, signal.SIGINT)
        process.wait(timeout=30)


def settle(page: "Page") -> None:
    """Waits until the page's script has run."""
    page.wait_for_timeout(400)
    page.get_by_test_id("stStatusWidget").wait_for(state="detached")
    page.wait_for_timeout(400)


def _wait_for(address: str) -> None:
    deadline = monotonic() + 60
    while True:
        try:
            urllib.request.urlopen(f"{address}/_stcore/health", timeout=5).close()
            return
        except (urllib.error.URLError, ConnectionError):
            if monotonic() > deadline:
                raise
            sleep(0.3)
