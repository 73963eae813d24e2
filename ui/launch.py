"""Starts the Streamlit app and prints its address."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import FrameType

from retrieval.errors import CasewrightError

APP = Path(__file__).with_name("app.py")
LOOPBACK = "127.0.0.1"
OPEN = "whoever reaches it reads every matter; let people sign in, as the README says"

UPLOAD_MEGABYTES = 1024
"""Of one file; bigger ones go in by ``casewright ingest``."""

THEME = {
    "theme.base": "light",
    "theme.primaryColor": "#1f3a5f",
    "theme.backgroundColor": "#fbfaf6",
    "theme.secondaryBackgroundColor": "#f1eee6",
    "theme.textColor": "#1d232b",
    "theme.borderColor": "#ddd7ca",
    "theme.headingFont": "serif",
    "theme.baseRadius": "4px",
    "theme.metricValueFontSize": "1.6rem",
    "theme.showWidgetBorder": "true",
}
"""Paper and ink, with fonts that come with Streamlit: nothing is fetched."""


class PortTaken(CasewrightError):
    """No port near the one wanted is free."""


def launch(home: Path, port: int, address: str = LOOPBACK) -> None:
    """Runs the app until it is interrupted, on the loopback address where no other is named.

    Where the port is taken, the next free one is used. Raises PortTaken.
    """
    free = next((number for number in range(port, port + 20) if _is_free(number)), None)
    if free is None:
        raise PortTaken(f"ports {port} to {port + 19} are taken; name another with --port")
    # Whoever ends this process means the app: a service manager, a container's engine.
    ended: list[int] = []
    before = signal.signal(signal.SIGTERM, lambda number, frame: ended.append(number))
    try:
        print(f"Casewright is at http://{LOOPBACK}:{free}  (Ctrl-C ends it)", flush=True)
        run(_command(home, free, address), {**os.environ, "CASEWRIGHT_HOME": str(home)}, ended)
    except KeyboardInterrupt:
        ended.append(signal.SIGINT)
    finally:
        signal.signal(signal.SIGTERM, before)
    if ended:
        print("Casewright has stopped", flush=True)


def run(command: Sequence[str], environment: Mapping[str, str], ended: list[int]) -> None:
    """Runs the app's own process to its end, and ends it where SIGTERM comes, or came before."""
    with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL) as running:

        def end(number: int, frame: FrameType | None) -> None:
            ended.append(number)
            running.terminate()

        signal.signal(signal.SIGTERM, end)
        if ended:
            running.terminate()


def _command(home: Path, port: int, address: str) -> list[str]:
    """The command that runs Streamlit; says so where the app is open to others."""
    options = {
        "server.port": port,
        "server.address": address,
        "server.headless": "true",
        "server.maxUploadSize": UPLOAD_MEGABYTES,
        "server.fileWatcherType": "none",
        "browser.gatherUsageStats": "false",
        "client.toolbarMode": "minimal",
        "runner.magicEnabled": "false",
        **THEME,
    }
    secrets = home / "secrets.toml"
    if secrets.is_file():  # where people sign in: the README says what stands there
        options["secrets.files"] = str(secrets)
    elif address != LOOPBACK:
        print(f"It listens on {address}: {OPEN}", flush=True)
    command = [sys.executable, "-m", "ui.launch", "run", str(APP)]
    return command + [f"--{name}={value}" for name, value in options.items()]


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((LOOPBACK, port)) != 0


def _run_streamlit() -> None:
    from streamlit import net_util
    from streamlit.runtime.pages_manager import PagesManager
    from streamlit.web.cli import main

    # Until a first run of app.py calls st.navigation, Streamlit takes a folder named pages for
    # its older navigation: a first visit to /train would see the bare script and no app.py.
    PagesManager.uses_pages_directory = False
    # Streamlit asks a site on the internet what this machine's address is, to print it and to
    # compare a page's origin with it.
    net_util.get_external_ip = lambda: None
    main()


if __name__ == "__main__":
    _run_streamlit()
