"""A matter's chronology: what its documents date, in order, each with its pin cites.

No model takes part. Every sentence with a date that can be told (``events``) is a row, in its own
words; what several documents tell of one day in nearly the same words is one row with all their
cites. A document that is dated and tells nothing of that day is a row by itself. Each row is
checked against its passages as a memorandum's sentences are, and left out where it fails.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from retrieval.documents import Description, Document, Passage
from retrieval.library import Library
from retrieval.scope import EVERYWHERE, Scope
from serving.events import Day, Precision, day_first, event_days
from serving.pincites import in_words, pin_cites, source_name
from serving.quantities import quantities
from serving.statements import Statement, statements, verdict_on
from serving.verdicts import Verdict

SAME = 0.75
"""Share of the words of both that two sentences on one day have in common, to tell one event."""


@dataclass(frozen=True, slots=True)
class Event:
    """A row: what happened, or is to happen, on a day or in a month."""

    date: str
    """``2019-03-14``, or ``2019-03`` where only the month is told."""
    precision: Precision
    written: str
    """The date as the document has it."""
    text: str
    """The document's own words on one line."""
    kind: Literal["event", "document"]
    """``document``: the row says that there is a document of this day."""
    verdict: Verdict
    passages: tuple[Passage, ...]
    """Where it is told, one passage a place."""
    pin_cites: tuple[str, ...] = ()
    """Of these passages, each once."""


@dataclass(frozen=True, slots=True)
class Chronology:
    """The rows by date, and what they were made from."""

    events: tuple[Event, ...]
    documents: tuple[Document, ...]
    """Those that were read."""
    passages: int
    left_out: int
    """Rows that the check did not verify."""


def chronology(
    library: Library,
    matter_id: str,
    *,
    scope: Scope = EVERYWHERE,
    since: str = "",
    until: str = "",
) -> Chronology:
    """Gives the chronology of a matter, or of the documents in a scope.

    ``since`` and ``until`` (ISO 8601) bound the days of the events, not of the documents; an event
    of a month is in if any day of its month is.

    Raises:
        UnknownMatter: no such matter.
        EmptyScope: no document of the matter is in the scope.
        IndexUnavailable: as ``Library.passages``.
    """
    documents = scope.of(library.documents(matter_id))
    told: list[Event] = []
    count = left_out = 0
    for document in documents:
        passages = library.passages(document)
        count += len(passages)
        found = list(_told(document, passages, since, until))
        verified = [event for event in found if event.verdict == "verified"]
        left_out += len(found) - len(verified)
        told += verified
    described = {document.path: document.description for document in documents}
    return Chronology(tuple(_merged(told, described)), tuple(documents), count, left_out)


def _told(
    document: Document, passages: Sequence[Passage], since: str, until: str
) -> Iterator[Event]:
    """The dated sentences of a document, then the document itself where none is of its day."""
    first = day_first(passage.text for passage in passages)
    said = _with_what_follows(statements(passages))
    for edge in (0, -1):
        if said and " | " in said[edge].text:
            del said[edge]  # the line at a page's head or foot, of a document of one page
    told = set()
    for one in said:
        text = one.unnumbered
        for day in event_days(text, day_first=first):
            told.add(day.iso)
            if _between(day.iso, since, until):
                yield _event(day, text, "event", one.passages, one.ground)
    own = document.description.date or ""
    if own and own not in told and _between(own, since, until):
        made = _of_document(document, said)
        # What a user set, or what no passage holds together, stands nowhere: it is no row.
        if made is not None and made.verdict == "verified":
            yield made


def _with_what_follows(said: Sequence[Statement]) -> list[Statement]:
    """Statements with the first sentence of what they announce: ``On May 3 she wrote: ...``."""
    whole: list[Statement] = []
    for one in said:
        if whole and re.search(r"\b(?:wrote|said|says|as follows):$", whole[-1].text):
            whole.append(_together(whole.pop(), one))
        else:
            whole.append(one)
    return whole


def _together(one: Statement, following: Statement) -> Statement:
    passages = tuple(dict.fromkeys((*one.passages, *following.passages)))
    ground = f"{one.ground}\n{following.ground}"
    return Statement(f"{one.text} {following.text}", passages, ground)


def _of_document(document: Document, said: Sequence[Statement]) -> Event | None:
    """The row of a document that is dated: what it is, where its date stands."""
    own = document.description.date or ""
    for one in said:
        for date in quantities(one.text):
            if any(key == _key(own) for reading in date.readings for key in reading):
                name = source_name(one.passages[0], document.description)
                words, title = in_words(own), document.description.title or ""
                text = name if words in name else f"{name}, {words}"
                if words in name and title and title not in name:
                    text = f"{name}: {title}"
                written = one.text[date.start : date.end]
                ground = "\n".join((said[0].ground, one.ground))
                return _event(Day(own, written), text, "document", one.passages, ground)
    return None


def _key(iso: str) -> tuple[str, ...]:
    return ("date", *(str(int(part)) for part in iso.split("-")))


def _event(
    day: Day,
    text: str,
    kind: Literal["event", "document"],
    passages: Sequence[Passage],
    ground: str,
) -> Event:
    """A row with the verdict on its words; each of its sentences must stand in its passages."""
    place = passages[0]
    verdict = verdict_on(text, place, ground)
    return Event(day.iso, day.precision, day.written, text, kind, verdict, (place,))


def _between(iso: str, since: str, until: str) -> bool:
    """Whether a day, or any day of a month, lies between two days."""
    exact = len(iso)
    return since[:exact] <= iso and (not until or iso <= until[:exact])


def _merged(told: Sequence[Event], described: Mapping[str, Description]) -> list[Event]:
    """The rows by date, the same event told in several places once."""
    by_date: dict[str, list[tuple[Event, frozenset[str]]]] = defaultdict(list)
    for event in told:
        words = frozenset(re.findall(r"\w+", event.text.lower()))
        rows = by_date[event.date]
        for index, (kept, known) in enumerate(rows):
            if kept.kind == event.kind and _same(known, words):
                both = {place.id: place for place in (*kept.passages, *event.passages)}
                rows[index] = (replace(kept, passages=tuple(both.values())), known)
                break
        else:
            rows.append((event, words))
    events = [event for date in sorted(by_date) for event, _ in by_date[date]]
    places = [place for event in events for place in event.passages]
    cites = iter(pin_cites(places, described))
    return [
        replace(event, pin_cites=tuple(dict.fromkeys(next(cites) for _ in event.passages)))
        for event in events
    ]


def _same(one: frozenset[str], other: frozenset[str]) -> bool:
    """Whether two sentences on one day tell one event: nearly the same words, the same numbers."""
    differ = one ^ other
    if any(word[0].isdigit() for word in differ):
        return False
    return len(one & other) >= SAME * len(one | other)
