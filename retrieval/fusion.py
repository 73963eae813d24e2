"""The hits of the two searches -> one ranking, by score and not by rank.

A question that names no document: each score scaled to [0, 1] over the candidates, then 0.6 dense +
0.4 BM25. One that does, whose hits are for what it asks of the document: how well their document is
the one that is named decides first; among its passages dense and BM25 scores, and those of the
passages before and after, since what answers often goes on there.

Measured on LegalBench-RAG-mini, macro P@1, R@8, R@64, in numpy over the whole index. Without names:
0.8 dense 20.5, 48.2, 83.6; 0.6 22.2, 49.5, 86.4; 0.5, where the best of either search tie, 20.6,
50.7, 86.6. With names: 31.2, 58.4, 90.3; without neighbours 30.0, 57.5, 89.9; at half the weight of
the name 29.7, 56.6, 89.4.
"""

from collections.abc import Mapping, Sequence

from retrieval.documents import Passage, RankedPassage
from retrieval.store import Hit, Hits

DENSE_WEIGHT = 0.6
"""Of a question that names no document; BM25 has the rest."""

NAME, BM25, NEIGHBOURS = 4.0, 0.5, 0.2
"""Of one that does, against 1 for the dense score."""


def fuse(hits: Hits) -> list[RankedPassage]:
    """Gives the passages of both searches with their fused score in [0, 1], best first."""
    dense, sparse = _scaled(hits.dense), _scaled(hits.sparse)
    return _ranked(
        hits,
        {
            id_: DENSE_WEIGHT * dense.get(id_, 0.0) + (1 - DENSE_WEIGHT) * sparse.get(id_, 0.0)
            for id_ in {**dense, **sparse}
        },
    )


def fuse_named(hits: Hits, fits: Mapping[str, float]) -> list[RankedPassage]:
    """Gives the passages as ``fuse``; ``fits`` says how well each document is the one named.

    It goes by path, with values in [0, 1].
    """
    dense, best = _scaled(hits.dense), max((hit.score for hit in hits.sparse), default=0.0)
    sparse = {hit.passage.id: hit.score / best for hit in hits.sparse if best > 0}
    passages = _passages(hits)
    content = {id_: dense.get(id_, 0.0) + BM25 * sparse.get(id_, 0.0) for id_ in passages}
    begins = {(one.path, one.start): content[id_] for id_, one in passages.items()}
    ends = {(one.path, one.end): content[id_] for id_, one in passages.items()}
    most = (1 + BM25) * (1 + NEIGHBOURS) + NAME
    return _ranked(
        hits,
        {
            id_: (
                content[id_]
                + NEIGHBOURS / 2 * ends.get((one.path, one.start), 0.0)
                + NEIGHBOURS / 2 * begins.get((one.path, one.end), 0.0)
                + NAME * fits.get(one.path, 0.0)
            )
            / most
            for id_, one in passages.items()
        },
    )


def _passages(hits: Hits) -> dict[str, Passage]:
    return {hit.passage.id: hit.passage for hit in (*hits.dense, *hits.sparse)}


def _ranked(hits: Hits, scores: Mapping[str, float]) -> list[RankedPassage]:
    passages = _passages(hits)
    # Equal scores are ordered by id, so that the same question always gives the same answer.
    order = sorted(scores, key=lambda id_: (-scores[id_], id_))
    return [RankedPassage(passages[id_], scores[id_]) for id_ in order]


def _scaled(hits: Sequence[Hit]) -> dict[str, float]:
    """Scores moved and stretched to [0, 1], by id; a lone score, or equal ones, become 1."""
    if not hits:
        return {}
    low, high = min(hit.score for hit in hits), max(hit.score for hit in hits)
    return {hit.passage.id: (hit.score - low) / (high - low) if high > low else 1.0 for hit in hits}
