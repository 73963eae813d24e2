"""What the user says of a document, which holds against what the rules read off it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date as calendar
from typing import TypedDict, get_args

from retrieval.documents import Description, Kind
from retrieval.errors import CasewrightError

KINDS: tuple[Kind, ...] = get_args(Kind)


class Edits(TypedDict, total=False):
    """The fields of a description that the user set; None and an empty list say "none"."""

    title: str | None
    parties: list[str]
    date: str | None
    kind: Kind


class BadDescription(CasewrightError):
    """A description that no document can have."""


def edits_of(
    *,
    title: str | None = None,
    parties: Sequence[str] | None = None,
    date: str | None = None,
    kind: str | None = None,
) -> Edits:
    """Gives the edits that these fields make; None leaves a field as it is, "" empties it.

    Raises:
        BadDescription: a date that is no day, or an unknown kind.
    """
    edits: Edits = {}
    if title is not None:
        edits["title"] = " ".join(title.split()) or None
    if parties is not None:
        edits["parties"] = [" ".join(name.split()) for name in parties if name.strip()]
    if date is not None:
        edits["date"] = day(date) if date else None
    if kind is not None:
        edits["kind"] = known_kind(kind)
    return edits


def day(written: str) -> str:
    """Gives a day as documents have it. Raises BadDescription where it is none."""
    try:
        return calendar.fromisoformat(written).isoformat()
    except ValueError:
        raise BadDescription(
            f"{written}: not a date; write the year first, as 2019-03-14"
        ) from None


def known_kind(written: str) -> Kind:
    """Gives a kind of document. Raises BadDescription where there is no such kind."""
    for kind in KINDS:
        if kind == written:
            return kind
    raise BadDescription(f"{written}: not a kind of document; one of {', '.join(KINDS)}")


def edited(description: Description, edits: Edits) -> Description:
    """Gives a description with what the user set in it."""
    if "title" in edits:
        description = replace(description, title=edits["title"])
    if "parties" in edits:
        description = replace(description, parties=tuple(edits["parties"]))
    if "date" in edits:
        description = replace(description, date=edits["date"])
    if "kind" in edits:
        description = replace(description, kind=edits["kind"])
    return description
