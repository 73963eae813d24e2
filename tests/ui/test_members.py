"""Who may know of which matter; a file that cannot be read lets nobody in."""

import json
import threading
from pathlib import Path

import pytest

from retrieval.errors import UnknownMatter
from retrieval.library import Library
from ui import deletions, members
from ui.members import Members, Person
from ui.signin import NotSignedIn, _name

ADA = Person("ada@example.org", admin=False, walled=True)
BOB = Person("bob@example.org", admin=True, walled=True)
LOCAL = Person("ada", admin=True, walled=False)


@pytest.fixture
def walled(library: Library) -> Library:
    members.change(library.home, lambda now: now.with_member("oven", " Ada@Example.org ", True))
    return library


@pytest.mark.parametrize(
    ("person", "seen"),
    [
        (ADA, ["oven"]),
        (BOB, []),  # an administrator is no member
        (LOCAL, ["oven", "other"]),
    ],
)
def test_only_members_know_of_a_matter(walled: Library, person: Person, seen: list[str]) -> None:
    home = walled.home
    assert members.seen(home, person, ["oven", "other"]) == seen
    assert [one for one in ("oven", "other") if members.may_see(home, person, one)] == seen


def test_a_matter_behind_a_wall_is_told_of_as_one_that_there_is_not(walled: Library) -> None:
    with pytest.raises(UnknownMatter) as hidden:
        members.check(walled.home, BOB, "oven")
    with pytest.raises(UnknownMatter) as unknown:
        walled.documents("never")
    assert str(hidden.value).replace("oven", "never") == str(unknown.value)


@pytest.mark.parametrize("content", ["", "{", "[]", '{"admins": []}', '{"admins":[],"matters":3}'])
def test_a_broken_file_lets_nobody_in(library: Library, content: str) -> None:
    (library.home / members.NAME).write_text(content, encoding="utf-8")
    with pytest.raises(members.BrokenMembers):
        members.seen(library.home, ADA, ["oven"])
    with pytest.raises(members.BrokenMembers):
        members.change(library.home, lambda now: now)
    assert (library.home / members.NAME).read_text(encoding="utf-8") == content


def test_changes_at_once_all_count(home: Path) -> None:
    names = [f"{number}@example.org" for number in range(20)]
    threads = [
        threading.Thread(
            target=members.change, args=(home, lambda now, name=name: now.with_admin(name, True))
        )
        for name in names
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert members.read(home) == Members(frozenset(names))
    assert (home / members.NAME).stat().st_mode & 0o077 == 0


def test_a_later_matter_of_the_same_name_has_no_members(walled: Library) -> None:
    deletions.delete_matter(walled, "oven")
    assert json.loads((walled.home / members.NAME).read_text())["matters"] == {}


NOW = 1000.0


@pytest.mark.parametrize(
    ("claims", "why"),
    [
        ({"email": "a@b.c", "exp": NOW}, "expired"),
        ({"email": "a@b.c"}, "expired"),
        ({"email": "a@b.c", "exp": "never"}, "expired"),
        ({"exp": NOW + 1}, "no e-mail address"),
        ({"exp": NOW + 1, "email": "  "}, "no e-mail address"),
        ({"exp": NOW + 1, "email": "a@b.c", "email_verified": False}, "does not vouch"),
    ],
)
def test_an_identity_that_proves_nothing_is_refused(claims: dict[str, object], why: str) -> None:
    with pytest.raises(NotSignedIn, match=why):
        _name(claims, NOW)


def test_an_identity_is_its_address_in_lower_case() -> None:
    assert _name({"exp": NOW + 1, "email": "Ada@Example.ORG"}, NOW) == "ada@example.org"
