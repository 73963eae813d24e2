"""The app as a lawyer meets it: a real server, a real browser, the real base model."""

import os
import re
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from time import monotonic, sleep

import pytest

from ui.samples import MATTER

playwright = pytest.importorskip("playwright.sync_api", reason="pip install playwright")

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
PATIENCE = 300_000  # milliseconds, for a model on a busy machine

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]


@pytest.fixture
def app(tmp_path: Path) -> Iterator[str]:
    """Gives the address of the running app, on a home of its own."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {
        **os.environ,
        "CASEWRIGHT_HOME": str(tmp_path / "home"),
        "CASEWRIGHT_MEMO_TOKENS": "160",
        "CASEWRIGHT_PASSAGES": "4",
    }
    command = [sys.executable, "-m", "ui.cli", "app", "--port", str(port)]
    process = subprocess.Popen(
        command, env=environment, start_new_session=True, stdout=subprocess.DEVNULL
    )
    address = f"http://127.0.0.1:{port}"
    try:
        _wait_for(address)
        yield address
    finally:
        os.killpg(process.pid, signal.SIGINT)
        process.wait(timeout=30)


@pytest.fixture
def page(tmp_path: Path) -> Iterator["playwright.Page"]:
    if not Path(CHROMIUM).exists():
        pytest.skip(f"{CHROMIUM} is not installed")
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        page = browser.new_page(viewport={"width": 1400, "height": 900})
        page.set_default_timeout(60_000)
        yield page
        browser.close()


@pytest.fixture
def screenshots(tmp_path: Path) -> Path:
    folder = Path(os.environ.get("CASEWRIGHT_SCREENSHOTS", tmp_path / "screenshots"))
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def test_from_upload_to_the_page_of_a_citation(
    app: str, page: "playwright.Page", screenshots: Path
) -> None:
    fetched: list[str] = []
    page.on("request", lambda request: fetched.append(request.url))

    page.goto(f"{app}/case_files")
    page.get_by_text("Begin with a case file").wait_for()
    settle(page)
    page.screenshot(path=screenshots / "1-first-run.png")

    page.get_by_role("textbox", name="Matter").fill("Quillfeather v. Tillmarsh")
    page.locator("input[type=file]").set_input_files(
        [MATTER / "notice_of_default.pdf", MATTER / "text_messages.txt"]
    )
    page.get_by_text("text_messages.txt").wait_for()
    page.get_by_role("button", name="Add to the matter").click()
    page.get_by_text("2 files (2 indexed").wait_for(timeout=PATIENCE)
    page.get_by_text("TILLMARSH PROPERTIES LLC").or_(page.get_by_role("img")).first.wait_for()
    settle(page)
    page.screenshot(path=screenshots / "2-case-files.png")

    page.get_by_role("link", name="Ask").click()
    page.get_by_role("textbox", name="Question").fill(
        "What Base Rent a month does the notice of default claim?"
    )
    settle(page)
    page.screenshot(path=screenshots / "3-question.png")
    page.get_by_role("button", name="Ask", exact=True).click()
    page.get_by_text("notice_of_default.pdf, p. 1").first.wait_for(timeout=PATIENCE)
    page.get_by_text(re.compile(r"\d+ of \d+ sentences verified")).wait_for(timeout=PATIENCE)
    settle(page)
    page.screenshot(path=screenshots / "4-memorandum.png")

    citations = page.locator("button.cite")  # the base model does not always write one
    (citations if citations.count() else page.get_by_label("on its page")).first.click()
    page.get_by_role("button", name="All passages").wait_for()
    settle(page)
    source = page.locator("p.source").inner_text()
    if ".pdf" in source:
        number = source.rsplit(" ", 1)[-1]
        page.get_by_role("img", name=f"notice_of_default.pdf, page {number}").wait_for()
    else:
        page.locator("mark").wait_for()
    assert page.get_by_text(re.compile(r"\d+ of \d+ sentences verified")).is_visible()
    settle(page)
    page.screenshot(path=screenshots / "5-page-of-a-passage.png")

    page.goto(f"{app}/train")
    page.get_by_role("button", name="Start training").wait_for(timeout=PATIENCE)
    settle(page)
    page.screenshot(path=screenshots / "6-train.png")

    assert not page.get_by_text("Traceback").count()
    assert [url for url in fetched if not url.startswith((app, "data:", "blob:"))] == []


def settle(page: "playwright.Page") -> None:
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
