"""How much of what a question asks about is spoken of: its words in the passages found.

Words are BM25's stems, the commonest left out. A question from another matter has words that stand
nowhere in this one, or only scattered, near as its meaning may be to some passage's.
"""

from collections.abc import Sequence


def coverage(question: str, texts: Sequence[str]) -> tuple[float, float]:
    """Gives the share of the question's words that the best text holds, and that any holds.

    Both are 1 for a question that has none but the commonest words.
    """
    from retrieval.store_bm25 import tokens  # loads Qdrant

    asked = frozenset(tokens(question))
    if not asked:
        return 1.0, 1.0
    held = [asked.intersection(tokens(text)) for text in texts]
    best = max(map(len, held), default=0)
    return best / len(asked), len(frozenset[int]().union(*held)) / len(asked)
