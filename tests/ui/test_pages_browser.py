"""Every page in a real browser, at a desk and in a hand: readable by all, and hostile text is text.

No model is asked: the answer that is shown was kept before, as a job keeps it.
"""

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from retrieval.library import Library
from retrieval.scope import EVERYWHERE
from retrieval.search import search
from serving import citations
from serving.answered import Answer, made_from
from serving.writing import source
from tests.ui.running import ARGUMENTS, CHROMIUM, free_port, running_app, settle
from ui import history
from ui.history import Writer
from ui.recording import who
from ui.samples import MATTER

playwright = pytest.importorskip("playwright.sync_api", reason="pip install playwright")

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]

AXE = "axe-core@4.10.3"
PAGES = {"ask": "", "case_files": "case_files", "train": "train", "evaluate": "evaluate",
         "administer": "administer"}  # fmt: skip
WIDTHS = (1440, 390)

HOSTILE = (
    "<script>window.evil = 1</script> <img src='http://evil.example/a.png' onerror='evil=1'> "
    "![seal](http://evil.example/b.png) [click](http://evil.example/c) <b>bold</b> "
    "javascript:alert(1) $\\href{http://evil.example/d}{x}$ :material/home: The rent is $5.00."
)
NAME = "![x](evil) <img src=x onerror=evil=1>.txt"
QUESTION = f"What does it say of {HOSTILE}?"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A matter with a hostile document and a PDF, and a question about them with its answer."""
    root = tmp_path_factory.mktemp("pages")
    (root / NAME).write_text(f"{HOSTILE}\n", encoding="utf-8")
    library = Library(root / "home")
    library.ingest("smith", [root / NAME, MATTER / "notice_of_default.pdf"])
    turn = history.begin(
        library,
        "smith",
        who(),
        typed=QUESTION,
        question=QUESTION,
        earlier=[],
        conversation="",
        writers=[Writer(None, True)],
        anyway=False,
        scope=EVERYWHERE,
    )
    given = tuple(one.passage for one in search(library, "smith", "The rent is $5.00", 4))
    text = f"BRIEF ANSWER\n\nThe rent is $5.00 [1]. {HOSTILE} [1]. It was $6.00 [2]. No [9].\n"
    text, sentences = citations.corrected(text, citations.check(text, [*map(source, given)]))
    receipt: dict[str, Any] = {
        **made_from(QUESTION, given),
        "base": "smollm2-135m",
        "seconds": 1.0,
        "tokens_per_second": 1.0,
    }
    answer = Answer(QUESTION, text, given, tuple(sentences), receipt)
    history.keep_answer(library, turn, 1, answer)
    return library.home


@pytest.fixture(scope="module")
def address(home: Path) -> Iterator[str]:
    with running_app(home, free_port()) as running:
        yield running


@pytest.fixture(scope="module")
def browser() -> Iterator["playwright.Browser"]:
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def axe(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The source of axe-core, as npm has it."""
    folder = tmp_path_factory.mktemp("axe")
    try:
        subprocess.run(["npm", "pack", AXE], cwd=folder, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("npm cannot fetch axe-core")
    (packed,) = folder.glob("*.tgz")
    subprocess.run(["tar", "-xzf", packed.name, "package/axe.min.js"], cwd=folder, check=True)
    return (folder / "package" / "axe.min.js").read_text(encoding="utf-8")


@pytest.fixture
def screenshots(tmp_path: Path) -> Path:
    folder = Path(os.environ.get("CASEWRIGHT_SCREENSHOTS", tmp_path / "screenshots"))
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", PAGES)
def test_page(
    browser: "playwright.Browser",
    address: str,
    axe: str,
    screenshots: Path,
    name: str,
    width: int,
) -> None:
    page = browser.new_page(viewport={"width": width, "height": 900})
    page.set_default_timeout(60_000)
    fetched: list[str] = []
    page.on("request", lambda request: fetched.append(request.url))
    page.goto(f"{address}/{PAGES[name]}")
    page.get_by_test_id("stMainBlockContainer").wait_for()
    settle(page)
    page.wait_for_timeout(1500)
    page.screenshot(path=screenshots / f"{name}-{width}.png", full_page=True)

    assert [url for url in fetched if not url.startswith((address, "data:", "blob:"))] == []
    assert page.evaluate("window.evil") is None
    evil = "[src*=evil], [href*=evil], [onerror], [href^=javascript]"
    assert page.locator(evil).count() == 0
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")

    page.evaluate(axe)
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    serious = {
        one["id"]: [node["target"] for node in one["nodes"]]
        for one in found["violations"]
        if one["impact"] in ("serious", "critical")
    }
    assert serious == {}, json.dumps(serious, indent=1)
    page.close()


def test_hostile_text_is_read_as_it_stands(browser: "playwright.Browser", address: str) -> None:
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    page.set_default_timeout(60_000)
    page.goto(address)
    page.get_by_text("<script>window.evil = 1</script>").first.wait_for()
    page.get_by_label("Show passage 1").first.click()
    page.get_by_role("button", name="All passages").wait_for()
    settle(page)
    assert page.evaluate("window.evil") is None
    page.close()
