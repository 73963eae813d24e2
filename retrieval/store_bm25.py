"""BM25's sparse vectors, the same in every store: Qdrant's own tokenizer, from Qdrant Edge.

A passage's values are its words' saturated frequencies, a question's are ones; the store multiplies
by the inverse document frequency when it searches (modifier ``idf``).
"""

from functools import cache

import qdrant_edge as edge

from retrieval.store import Entry, StoredPassage

AVERAGE_LENGTH = 100.0
"""Words of a usual passage with its header, against which its length is weighed."""


def passage_words(indexed_text: str) -> edge.SparseVector:
    """Gives the sparse vector of a passage: its words' indices and values."""
    return _bm25().embed_document(indexed_text)


def stored(entry: Entry) -> StoredPassage:
    """Gives a passage as it is to lie in a store: with the vector of its words."""
    words = passage_words(entry.indexed_text)
    return StoredPassage(
        entry.passage, entry.generation, entry.dense, list(words.indices), list(words.values)
    )


def question_words(words: str) -> edge.SparseVector:
    """Gives the sparse vector of a question; empty where no word of it counts."""
    return _bm25().embed_query(words)


def tokens(words: str) -> list[int]:
    """Gives the numbers of a text's tokens: its words' stems, but for the commonest words."""
    return list(question_words(words).indices)


@cache
def _bm25() -> edge.Bm25:
    return edge.Bm25(edge.Bm25Config(avg_len=AVERAGE_LENGTH))
