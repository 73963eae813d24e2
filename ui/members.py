"""Who may do what: administrators, and the members of each matter.

Kept in ``<home>/members.json``. It counts where people sign in: without membership there is no sign
that a matter exists. Where nobody signs in there is one local user, who may do everything.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from retrieval.durable import write_whole
from retrieval.errors import CasewrightError
from retrieval.locks import locked
from retrieval.manifest import no_such

NAME = "members.json"


class BrokenMembers(CasewrightError):
    """The file of members cannot be read; nobody is let in then."""


class NotAllowed(CasewrightError):
    """Something that only administrators do."""


@dataclass(frozen=True, slots=True)
class Person:
    """Who sits before the app."""

    name: str
    """As the identity provider gives it: an e-mail address in lower case; or the local user's."""
    admin: bool
    walled: bool
    """Whether membership counts: people sign in here."""


@dataclass(frozen=True, slots=True)
class Members:
    """The administrators, and the members of each matter, by name."""

    admins: frozenset[str] = frozenset()
    matters: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def of(self, matter: str) -> frozenset[str]:
        """Gives the members of a matter."""
        return self.matters.get(matter, frozenset())

    def with_admin(self, name: str, admin: bool) -> "Members":
        """Gives the same, with or without this administrator."""
        one = {folded(name)}
        return Members(self.admins | one if admin else self.admins - one, self.matters)

    def with_member(self, matter: str, name: str, member: bool) -> "Members":
        """Gives the same, with or without this member of a matter."""
        one = {folded(name)}
        now = self.of(matter) | one if member else self.of(matter) - one
        return Members(self.admins, {**self.matters, matter: now})

    def without(self, matter: str) -> "Members":
        """Gives the same without a matter: one of its name that is made later has no members."""
        others = {name: who for name, who in self.matters.items() if name != matter}
        return Members(self.admins, others)


def folded(name: str) -> str:
    """Gives a name as it is compared: addresses differ in case and mean the same."""
    return name.strip().lower()


def read(home: Path) -> Members:
    """Gives who may do what. Raises BrokenMembers."""
    file = home / NAME
    try:
        kept = json.loads(file.read_text(encoding="utf-8"))
        matters = {name: frozenset(map(str, who)) for name, who in kept["matters"].items()}
        return Members(frozenset(map(str, kept["admins"])), matters)
    except FileNotFoundError:
        return Members()
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        raise BrokenMembers(
            f"{file}: cannot be read as the list of members; restore it from a backup"
        ) from None


def change(home: Path, how: Callable[[Members], Members]) -> Members:
    """Changes who may do what, durably and in one step; gives what it is now.

    Raises:
        BrokenMembers: what is there cannot be read.
    """
    with locked(home, ".members"):
        now = how(read(home))
        matters = {name: sorted(who) for name, who in sorted(now.matters.items()) if who}
        text = json.dumps({"admins": sorted(now.admins), "matters": matters}, indent=1)
        write_whole(home / NAME, f"{text}\n".encode(), synced=True, mode=0o600)
    return now


def may_see(home: Path, person: Person, matter: str) -> bool:
    """Whether a person may know of a matter. Raises BrokenMembers."""
    return not person.walled or folded(person.name) in read(home).of(matter)


def check(home: Path, person: Person, matter: str) -> None:
    """Lets a member pass.

    Raises:
        UnknownMatter: in the words for a matter that there is not.
        BrokenMembers: as ``read``.
    """
    if not may_see(home, person, matter):
        raise no_such(matter)


def seen(home: Path, person: Person, matters: list[str]) -> list[str]:
    """Gives those of these matters that a person may know of. Raises BrokenMembers."""
    if not person.walled:
        return matters
    members, name = read(home), folded(person.name)
    return [matter for matter in matters if name in members.of(matter)]
