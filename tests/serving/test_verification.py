"""The memoranda that ship, sentence by sentence, true and changed: what is caught and rejected.

``make bench-verification`` is the same of many letters, with its aims; this is a small part of it.
"""

import pytest

from tests.serving.pairs import KINDS, Table, memoranda, pairs, table

FEW = 8
"""Pairs of a kind."""


@pytest.fixture(scope="module")
def counted() -> Table:
    return table(pairs(list(memoranda())[::2], 6, FEW))


@pytest.mark.parametrize("kind", [kind for kind, (true, _) in KINDS.items() if not true])
def test_caught(counted: Table, kind: str) -> None:
    exact = kind in ("number", "date", "amount", "quote", "name", "negation", "wrong page")
    assert counted.share(kind) >= (1 if exact else 0.75)


@pytest.mark.parametrize("kind", [kind for kind, (true, _) in KINDS.items() if true])
def test_true_sentences_are_verified(counted: Table, kind: str) -> None:
    if kind not in counted.counts:
        pytest.skip("the memoranda that ship have no such sentence")
    # A sentence in its author's own words may have little in common with what supports it.
    assert counted.share(kind) <= (0.4 if kind == "own words" else 0)
