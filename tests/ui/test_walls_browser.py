"""Two people in two browsers, signed in by OpenID Connect, do not see each other's matter."""

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from retrieval.library import Library
from serving import audit
from tests.ui.running import (
    ARGUMENTS,
    CHROMIUM,
    PATIENCE,
    free_port,
    running_app,
    settle,
)
from ui import members

playwright = pytest.importorskip("playwright.sync_api", reason="pip install playwright")
identity = pytest.importorskip("tests.ui.identity", reason="pip install 'streamlit[auth]'")

ADA, BOB, CHIEF, BRIEF = identity.PEOPLE

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Two matters: Ada's and Bob's."""
    home = tmp_path / "home"
    library = Library(home)
    for matter, text in (("alphacase", "Ada's lease"), ("betacase", "Bob's settlement")):
        file = tmp_path / f"{matter}.txt"
        file.write_text(f"{text} ends on May 31, 2024, at midnight.\n", encoding="utf-8")
        library.ingest(matter, [file])
    for matter, name in (("alphacase", ADA), ("betacase", BOB)):
        members.change(home, lambda now, m=matter, n=name: now.with_member(m, n, True))
    members.change(home, lambda now: now.with_admin(CHIEF, True))
    return home


@pytest.fixture
def address(home: Path) -> Iterator[str]:
    port = free_port()
    with identity.provider() as provider:
        text = identity.secrets_toml(provider, f"http://127.0.0.1:{port}")
        (home / "secrets.toml").write_text(text, encoding="utf-8")
        with running_app(home, port) as running:
            yield running


@pytest.fixture
def browser() -> Iterator["playwright.Browser"]:
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


def signed_in(browser: "playwright.Browser", address: str, name: str) -> "playwright.Page":
    page = browser.new_context().new_page()
    page.set_default_timeout(60_000)
    page.goto(address)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("link", name=name).click()
    page.get_by_role("button", name="Sign out").wait_for()
    settle(page)
    return page


def shown(page: "playwright.Page") -> str:
    """All that a page holds: its elements with their texts, and what stands in its fields."""
    fields = page.evaluate("[...document.querySelectorAll('input, textarea')].map((f) => f.value)")
    return "\n".join([page.content(), *fields])


def test_two_people_do_not_see_each_others_matters(
    browser: "playwright.Browser", address: str, home: Path
) -> None:
    ada, bob = (signed_in(browser, address, name) for name in (ADA, BOB))
    ada.get_by_role("textbox", name="Question").fill("When does the lease end?")
    ada.get_by_role("button", name="Ask", exact=True).click()
    ada.get_by_role("button", name="Stop").wait_for()
    # While Ada's answer is written Bob sees no sign of it, nor of her matter, on any page.
    for page, own, other in ((bob, "betacase", "alphacase"), (ada, "alphacase", "betacase")):
        for path in ("", "/case_files", "/train", "/administer"):
            page.goto(address + path)
            page.get_by_role("combobox", name="Matter").first.wait_for()
            settle(page)
            assert own in shown(page)
            assert other not in shown(page)
            assert not page.get_by_role("link", name="Administer").count()
    bob.goto(address)
    settle(bob)
    assert "lease end" not in shown(bob)
    assert not bob.get_by_text("Earlier questions").count()
    ada.goto(address)
    ada.get_by_text("When does the lease end?").first.wait_for()
    ada.get_by_text("sentences verified").or_(ada.get_by_text("Not answered")).first.wait_for(
        timeout=PATIENCE
    )
    entries = [json.loads(line) for line in (home / audit.NAME).read_text().splitlines()]
    assert [(one["who"], one["event"]) for one in entries] == [(ADA, "ask")]


def test_an_administrator_makes_a_member_and_reads_nothing(
    browser: "playwright.Browser", address: str, home: Path
) -> None:
    chief = signed_in(browser, address, CHIEF)
    assert "alphacase" not in shown(chief)  # an administrator is no member
    chief.get_by_role("link", name="Administer").click()
    chief.get_by_role("textbox", name="E-mail address").fill("Bob@Example.org")
    chief.get_by_role("combobox", name="Matter").click()
    chief.get_by_role("option", name="alphacase").click()
    chief.get_by_role("button", name="Make a member").click()
    chief.get_by_text(BOB).nth(1).wait_for()
    assert members.read(home).of("alphacase") == {ADA, BOB}
    last = json.loads((home / audit.NAME).read_text().splitlines()[-1])
    assert (last["who"], last["event"]) == (CHIEF, "member added")


def test_a_sign_in_that_has_expired_shows_the_door(
    browser: "playwright.Browser", address: str
) -> None:
    brief = signed_in(browser, address, BRIEF)
    assert "alphacase" not in shown(brief)
    time.sleep(identity.BRIEF_SECONDS)
    brief.reload()
    brief.get_by_text("Your sign-in has expired").wait_for()
    assert not brief.get_by_role("link", name="Case files").count()
