"""What the tests of the stores share."""

from collections.abc import Callable

import pytest

from retrieval.documents import Passage
from retrieval.embed import DIMENSIONS
from retrieval.store import Entry, Hits

MakeEntry = Callable[..., Entry]


def axis(number: int) -> list[float]:
    """A vector along one axis: 1 against itself, 0 against the others."""
    return [1.0 if index == number else 0.0 for index in range(DIMENSIONS)]


def found(hits: Hits) -> tuple[list[str], list[str]]:
    """The texts that the two searches gave."""
    return [hit.passage.text for hit in hits.dense], [hit.passage.text for hit in hits.sparse]


@pytest.fixture
def entry(passage: Callable[..., Passage]) -> MakeEntry:
    """Makes an entry along the axis of its number."""

    def made(text: str, number: int, generation: int, matter_id: str = "oven") -> Entry:
        made_passage = passage(text, number=number, matter_id=matter_id)
        return Entry(made_passage, generation, axis(number), f"lease\n{text}")

    return made
