"""The server store: one collection of a Qdrant server for all matters.

The wall between matters is the filter on ``matter_id`` (a tenant index) that stands on every
request, with each of the two searches; what comes back is checked against it once more. Scores keep
to the wall too: Qdrant counts how rare a word is over the whole collection unless a query names its
corpus, so that a word's rarity would tell of other matters; here the corpus is the matter's active
passages (``params.idf``, Qdrant 1.19 or newer; older servers would ignore it and are refused).
"""

from collections.abc import Collection, Iterator, Sequence
from typing import Any

from qdrant_client import models

from retrieval.documents import Passage
from retrieval.errors import IndexUnavailable
from retrieval.store import (
    DENSE,
    READ_BATCH,
    SPARSE,
    Entry,
    Hit,
    Hits,
    StoredPassage,
    passage_of,
)
from retrieval.store_bm25 import question_words, stored
from retrieval.store_connection import Server


class ServerStore:
    """The passages of one matter in the collection of a server."""

    erases = False

    def __init__(self, server: Server, matter_id: str) -> None:
        self._server = server
        self._matter_id = matter_id

    def add(self, entries: Sequence[Entry]) -> None:
        """Writes passages durably; those already there in their generation are replaced."""
        self.put([stored(entry) for entry in entries])

    def put(self, passages: Sequence[StoredPassage]) -> None:
        """As ``add``, with vectors that were made before."""
        points = [
            models.PointStruct(
                id=one.point_id,
                vector={
                    DENSE: list(one.dense),
                    SPARSE: models.SparseVector(indices=list(one.indices), values=list(one.values)),
                },
                payload=one.payload,
            )
            for one in passages
        ]
        if not points:
            return
        with self._server.reached() as client:
            self._server.make()
            client.upsert(self._server.collection, points, wait=True)

    def read(self, generations: Collection[int]) -> Iterator[StoredPassage]:
        """Gives what is stored of these generations."""
        if not generations:
            return
        offset: Any = None
        more = True
        while more:
            with self._server.reached() as client:
                self._server.expect()
                points, offset = client.scroll(
                    self._server.collection,
                    self._filter(generations),
                    limit=READ_BATCH,
                    offset=offset,
                    with_vectors=True,
                )
            more = offset is not None
            for point, payload in zip(points, self._payloads(points), strict=True):
                vectors: Any = point.vector
                words = vectors[SPARSE]
                yield StoredPassage(
                    passage_of(payload),
                    int(payload["generation"]),
                    vectors[DENSE],
                    words.indices,
                    words.values,
                )

    def count(self, *generations: int) -> int:
        """Gives how many passages these generations have together."""
        with self._server.reached() as client:
            if not self._server.there():
                return 0
            seen = self._filter(generations)
            return client.count(self._server.collection, seen, exact=True).count

    def passages(self, generation: int) -> list[Passage]:
        """Gives all passages of a generation, in the order of their document."""
        found: list[models.Record] = []
        offset: Any = None
        with self._server.reached() as client:
            self._server.expect()
            while not found or offset is not None:
                points, offset = client.scroll(
                    self._server.collection, self._filter([generation]), limit=1_000, offset=offset
                )
                found += points
                if not points:
                    break
        passages = [passage_of(payload) for payload in self._payloads(found)]
        return sorted(passages, key=lambda one: one.start)

    def generations(self) -> set[int]:
        """Gives all generations of the matter that have passages, active or not."""
        with self._server.reached() as client:
            if not self._server.there():
                return set()
            limit = 10_000
            while True:
                hits = client.facet(
                    self._server.collection, "generation", self._filter(), limit, exact=True
                ).hits
                if len(hits) < limit:
                    return {int(hit.value) for hit in hits}
                limit *= 10

    def delete(self, generations: Collection[int]) -> None:
        """Removes the passages of these generations durably: no answer holds them from here on.

        Qdrant takes their bytes off its disk when it next rewrites that part of the collection
        (its optimizer's ``deleted_threshold`` and its log of updates say when).
        """
        if generations:
            self._delete(self._filter(generations))

    def settle(self) -> None:
        """Does nothing: a server settles by itself."""

    def drop(self) -> None:
        """Removes all passages of the matter; as ``delete`` in all else."""
        self._delete(self._filter())

    def search(
        self,
        vector: Sequence[float],
        words: str,
        *,
        active: Collection[int],
        limit: int,
        also: Sequence[int] = (),
    ) -> Hits:
        """Gives at most ``limit`` passages of each search, and as many from each of ``also``."""
        if not active:
            return Hits([], [])
        seen = self._filter(active)
        sparse = _sparse(question_words(words))
        rarity = models.SearchParams(idf=models.IdfCorpusParams(corpus=seen))
        filters = [seen, *(self._filter([generation]) for generation in also)]
        dense_queries = [
            models.QueryRequest(
                query=list(vector), using=DENSE, filter=among, limit=limit, with_payload=True
            )
            for among in filters
        ]
        sparse_queries = [
            models.QueryRequest(
                query=sparse,
                using=SPARSE,
                filter=among,
                params=rarity,
                limit=limit,
                with_payload=True,
            )
            for among in filters
            if sparse.indices
        ]
        with self._server.reached() as client:
            self._server.expect()
            found = client.query_batch_points(
                self._server.collection, [*dense_queries, *sparse_queries]
            )
        hits = [self._hits(answer.points) for answer in found]
        return Hits.of(hits[: len(filters)], hits[len(filters) :])

    def _delete(self, doomed: models.Filter) -> None:
        with self._server.reached() as client:
            if self._server.there():
                client.delete(
                    self._server.collection, models.FilterSelector(filter=doomed), wait=True
                )

    def _filter(self, generations: Collection[int] | None = None) -> models.Filter:
        """The matter's wall, and within it these generations (None: all)."""
        conditions: list[models.Condition] = [
            models.FieldCondition(key="matter_id", match=models.MatchValue(value=self._matter_id))
        ]
        if generations is not None:
            conditions.append(
                models.FieldCondition(
                    key="generation", match=models.MatchAny(any=sorted(generations))
                )
            )
        return models.Filter(must=conditions)

    def _hits(self, points: Sequence[models.ScoredPoint]) -> list[Hit]:
        return [
            Hit(passage_of(payload), point.score)
            for point, payload in zip(points, self._payloads(points), strict=True)
        ]

    def _payloads(
        self, points: Sequence[models.ScoredPoint] | Sequence[models.Record]
    ) -> list[dict[str, Any]]:
        """What is stored with the points. Raises IndexUnavailable where it is another matter's."""
        payloads = [point.payload or {} for point in points]
        if any(payload.get("matter_id") != self._matter_id for payload in payloads):
            raise IndexUnavailable(
                f"{self._matter_id}: the server gave a passage of another matter, and nothing of "
                "its answer is shown; check what stands at QDRANT_URL"
            )
        return payloads


def _sparse(vector: Any) -> models.SparseVector:
    return models.SparseVector(indices=list(vector.indices), values=list(vector.values))
