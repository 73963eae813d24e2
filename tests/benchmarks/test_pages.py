"""How soon a page answers a click, with a matter of 300 documents, while a training runs.

    make bench-pages

A click is timed in the browser itself, from the click to the end of the page's script. The matter's
documents are real, of a page each; its manifest says that they have 50,000 passages, which no page
reads before somebody asks.
"""

import os
import sqlite3
from contextlib import closing
from pathlib import Path
from statistics import median

import pytest

from retrieval import manifest
from retrieval.library import Library
from tests.ui.running import ARGUMENTS, CHROMIUM, environment, free_port, running_app, settle
from ui import jobs
from ui.recording import who
from ui.samples import MEMORANDA

playwright = pytest.importorskip("playwright.sync_api", reason="pip install playwright")

pytestmark = [pytest.mark.bench, pytest.mark.timeout(900)]

DOCUMENTS, PASSAGES, CLICKS = 300, 50_000, 20
MILLISECONDS = 300

TIMED = """async (target) => {
  const app = document.querySelector('[data-testid=stApp]');
  const state = () => app.getAttribute('data-test-script-state');
  const started = performance.now();
  target.click();
  while (state() === 'notRunning' && performance.now() - started < 2000)
    await new Promise((next) => requestAnimationFrame(next));
  while (state() !== 'notRunning') await new Promise((next) => requestAnimationFrame(next));
  return performance.now() - started;
}"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    files = tmp_path / "files"
    files.mkdir()
    for number in range(DOCUMENTS):
        text = f"Letter {number} on the lease of Unit {number}, of March {1 + number % 28}, 2024.\n"
        (files / f"letter-{number:03}.txt").write_text(text, encoding="utf-8")
    library = Library(tmp_path / "home")
    library.ingest("smith", [files])
    with closing(sqlite3.connect(library.home / "matters" / "smith" / manifest.NAME)) as rows:
        rows.execute("UPDATE documents SET passages = ?", [PASSAGES // DOCUMENTS])
        rows.commit()
    return library.home


def test_a_click_is_answered(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in environment(home).items():
        monkeypatch.setenv(name, value)
    training = jobs.start(
        home, "Training", ["train", "demo.toml", "--data", str(MEMORANDA)], owner=who()
    )
    medians: dict[str, float] = {}
    try:
        with running_app(home, free_port()) as address, playwright.sync_playwright() as started:
            browser = started.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
            page = browser.new_page(viewport={"width": 1440, "height": 900})
            page.set_default_timeout(60_000)
            for path, label in (("", "Compare"), ("case_files", "Make the chronology")):
                page.goto(f"{address}/{path}")
                settle(page)
                page.wait_for_timeout(3000)
                if path:
                    page.get_by_role("tab", name="Documents").wait_for()
                    target = page.get_by_role("button", name="Describe …")
                else:
                    target = page.get_by_role("switch", name=label).or_(
                        page.get_by_role("checkbox", name=label)
                    )
                taken = []
                for _ in range(CLICKS):
                    taken.append(target.first.evaluate(f"(one) => ({TIMED})(one)"))
                    if path:
                        page.keyboard.press("Escape")
                        settle(page)
                medians[path or "ask"] = median(taken)
                load = os.getloadavg()[0]
                print(f"{path or 'ask'}: median {median(taken):.0f} ms, most {max(taken):.0f} ms, "
                      f"load {load:.1f} on {os.cpu_count()} cores")  # fmt: skip
            browser.close()
        assert jobs.find(home, who(), training.id).alive  # type: ignore[union-attr]
    finally:
        jobs.stop(training)
        jobs.wait(training, 30)
    assert max(medians.values()) <= MILLISECONDS
