"""Passages for every question of a text, so that none takes all the room."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

from retrieval.documents import RankedPassage
from retrieval.evidence import Evidence
from retrieval.library import Library
from retrieval.scope import EVERYWHERE, Scope
from retrieval.search import Found, find
from serving.followup import standalone
from serving.questions import questions
from serving.tracing import note, traced

LEAST = 2
"""Passages that each question gets at least."""
MOST = 6
"""Questions that are searched by themselves; more are searched with the last of them."""


@dataclass(frozen=True, slots=True)
class Searched:
    """What was found for a text of one question or several."""

    passages: list[RankedPassage]
    """Question by question, best first, each once."""
    evidence: Evidence
    """Of the question for which it is strongest: it is weak where that of all is."""
    unanswered: tuple[str, ...] = ()
    """Questions whose evidence is weak beside others whose is not."""
    asked: str = ""
    """The text without these, as a model is asked it."""
    seconds: float = 0.0
    """How long the search took."""


def find_each(
    library: Library,
    matter_id: str,
    text: str,
    k: int,
    scope: Scope = EVERYWHERE,
    *,
    anyway: bool = False,
) -> Searched:
    """Gives about k passages for a text, shared by its questions.

    A question that speaks of *it* is searched for with what the ones before it name. Where the
    evidence for some is weak, the others share the room, unless weak ones are asked ``anyway``.

    Raises:
        EmptyQuestion, EmptyScope, UnknownMatter, IndexUnavailable: as ``find``.
    """
    started = time.monotonic()
    with traced("search"):
        found = _found_for(library, matter_id, text, k, scope, anyway=anyway)
        note("passages", len(found.passages))
    return replace(found, seconds=round(time.monotonic() - started, 3))


def _found_for(
    library: Library, matter_id: str, text: str, k: int, scope: Scope, *, anyway: bool
) -> Searched:
    put = questions(text)
    if len(put) == 1:
        found = find(library, matter_id, text, k, scope)
        return Searched(found.passages, found.evidence, asked=text)
    put = [*put[: MOST - 1], " ".join(put[MOST - 1 :])] if len(put) > MOST else put
    alone = [standalone(one, put[:at]).question for at, one in enumerate(put)]
    each = [find(library, matter_id, one, k, scope) for one in alone]
    strongest = max((one.evidence for one in each), key=lambda it: (not it.weak, it.strength))
    left = [] if strongest.weak else [at for at, one in enumerate(each) if one.evidence.weak]
    unanswered = tuple(put[at] for at in left)
    if not left or anyway:
        return Searched(_shared(each, k), strongest, unanswered, text)
    kept = [at for at in range(len(put)) if at not in left]
    # Alone, since what a question spoke of may have been left out.
    asked = " ".join(alone[at] for at in kept)
    return Searched(_shared([each[at] for at in kept], k), strongest, unanswered, asked)


def _shared(each: Sequence[Found], k: int) -> list[RankedPassage]:
    """The best of each question, a share of k, then the next best in turn until k are there."""
    share = max(LEAST, k // len(each))
    given = {one.passage.id: one for found in each for one in found.passages[:share]}
    for rank in range(share, k):
        for found in each:
            if len(given) < k and rank < len(found.passages):
                one = found.passages[rank]
                given.setdefault(one.passage.id, one)
    return list(given.values())
