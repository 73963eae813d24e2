"""How near a sentence is in meaning to a passage: the cosine with the nearest sentence of it."""

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from retrieval.embed import Vector

Meaning = Callable[[str, str], float]
"""A sentence and a passage -> a cosine, in [-1, 1]."""

Embed = Callable[[Sequence[str]], "Iterable[Vector]"]
"""Texts -> their vectors, of length 1: ``Embedder.passages``."""


def nearness(embed: Embed, split: Callable[[str], list[tuple[int, int]]]) -> Meaning:
    """Gives a measure of nearness that embeds each text once.

    ``split`` gives the spans of a text's sentences.
    """
    known: dict[str, Vector] = {}

    def near(sentence: str, passage: str) -> float:
        parts = [passage[start:end] for start, end in split(passage)]
        texts = [" ".join(text.split()) for text in (sentence, *parts)]
        unknown = [text for text in dict.fromkeys(texts) if text not in known]
        known.update(zip(unknown, embed(unknown), strict=True))
        return max((float(known[texts[0]] @ known[text]) for text in texts[1:]), default=0.0)

    return near
