"""What stands before the model in each arm: the passages that a search finds, and the gold ones."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

from retrieval.documents import Passage
from retrieval.errors import CasewrightError
from retrieval.library import Library
from serving.searching import find_each
from serving.sources import Source
from serving.writing import source
from training.arms import Ground
from training.gold import GoldQuestion

MOST_GOLD = 12
"""Gold passages that a prompt gets, at most; those of the first spans stay."""


@dataclass(frozen=True, slots=True)
class Grounds:
    """The passages on one question."""

    question: GoldQuestion
    retrieved: tuple[Passage, ...]
    """As a search ranks them, best first."""
    gold: tuple[Passage, ...]
    """Those that hold the gold spans, in their order; none where the file does not answer."""
    weak: bool
    """Whether ``ask`` would refuse: the evidence that was found is weak."""
    search_seconds: float

    def given(self, ground: Ground) -> tuple[Passage, ...]:
        """Gives what an arm shows the model.

        Where the file does not answer there is no gold passage, and what was found is the best
        ground for saying so.
        """
        if ground == "none":
            return ()
        return self.gold or self.retrieved if ground == "gold" else self.retrieved

    def ids(self, ground: Ground) -> tuple[str, ...]:
        """Gives the ids of what an arm shows the model."""
        return tuple(passage.id for passage in self.given(ground))

    @property
    def known(self) -> list[Source]:
        """What the file is known to say on the question, the same for every arm."""
        return [source(one) for one in dict.fromkeys((*self.gold, *self.retrieved))]


def grounds(
    library: Library, matter: str, questions: Sequence[GoldQuestion], k: int
) -> list[Grounds]:
    """Gives the passages on each question; k are retrieved.

    Raises:
        CasewrightError: a gold span lies in no passage of the matter.
        UnknownMatter, IndexUnavailable, EmptyQuestion: as ``retrieval.search.find``.
    """
    passages = [
        passage for document in library.documents(matter) for passage in library.passages(document)
    ]
    found = []
    for question in questions:
        started = time.monotonic()
        searched = find_each(library, matter, question.question, k, anyway=True)
        seconds = time.monotonic() - started
        found.append(
            Grounds(
                question,
                tuple(ranked.passage for ranked in searched.passages),
                _gold(matter, question, passages),
                searched.evidence.weak,
                seconds,
            )
        )
    return found


def _gold(matter: str, question: GoldQuestion, passages: Sequence[Passage]) -> tuple[Passage, ...]:
    gold: list[Passage] = []
    for span in question.spans:
        holding = [passage for passage in passages if span.within(passage)]
        if not holding:
            raise CasewrightError(
                f"{matter}: no passage at {span.start}-{span.end} of {span.document}, where "
                f"question {question.id} has its answer; ingest that document, or correct the span"
            )
        gold += holding
    return tuple(dict.fromkeys(gold))[:MOST_GOLD]
