"""The app as a lawyer meets it: a real server, a real browser, the real base model."""

import os
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.ui.running import ARGUMENTS, CHROMIUM, PATIENCE, free_port, running_app, settle
from ui.samples import MATTER

playwright = pytest.importorskip("playwright.sync_api", reason="pip install playwright")

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]


@pytest.fixture
def app(tmp_path: Path) -> Iterator[str]:
    """Gives the address of the running app, on a home of its own."""
    with running_app(tmp_path / "home", free_port()) as address:
        yield address


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
    page.get_by_role("button", name="Stop").wait_for()
    page.reload()  # a running answer is not the page's
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

    with page.expect_download() as word:
        page.get_by_role("button", name="Word").click()
    assert "word/footnotes.xml" in zipfile.ZipFile(word.value.path()).namelist()

    assert not page.get_by_text("Traceback").count()
    assert [url for url in fetched if not url.startswith((app, "data:", "blob:"))] == []


def test_a_training_outlives_a_reload_and_is_cancelled(
    app: str, page: "playwright.Page", screenshots: Path
) -> None:
    page.goto(f"{app}/train")
    page.get_by_role("button", name="Start training").click(timeout=PATIENCE)
    page.get_by_role("button", name="Cancel").wait_for()
    page.reload()
    page.get_by_text(re.compile(r"Training demo on \d+ memoranda: \d+ of \d+")).wait_for(
        timeout=PATIENCE
    )
    settle(page)
    page.screenshot(path=screenshots / "train-busy.png")
    page.get_by_role("button", name="Cancel").click()
    page.get_by_text("memoranda: cancelled").wait_for(timeout=PATIENCE)
