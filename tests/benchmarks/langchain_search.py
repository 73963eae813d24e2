"""What we compare a search with: LangChain's Qdrant store on a path, hybrid, with our vectors.

    python -m tests.benchmarks.langchain_search INDEX_FOLDER SIZE

Prints the median of a filtered search in milliseconds, without the embedding of the question.
"""

import sys

from langchain_core.embeddings import Embeddings
from langchain_qdrant import QdrantVectorStore, RetrievalMode
from langchain_qdrant.sparse_embeddings import SparseEmbeddings, SparseVector
from qdrant_client import QdrantClient, models

from retrieval.embed import DIMENSIONS
from retrieval.search import CANDIDATES
from retrieval.store_bm25 import passage_words, question_words
from tests.benchmarks.made_matter import (
    A_DOCUMENT,
    BATCH,
    generations,
    passage_texts,
    passage_vectors,
    question_texts,
    question_vectors,
    timed,
)


class Made(Embeddings):
    """Gives the vectors that were made for the texts."""

    def __init__(self, known: dict[str, list[float]]) -> None:
        self._known = known

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        return [self.embed_query(text) for text in texts]

    def embed_query(self, text: str) -> list[float]:
        return self._known.get(text, [0.0] * DIMENSIONS)  # the store asks for one to measure it


class Words(SparseEmbeddings):
    """Our BM25 vectors."""

    def embed_documents(self, texts: list[str]) -> list[SparseVector]:
        found = [passage_words(text) for text in texts]
        return [SparseVector(indices=list(one.indices), values=list(one.values)) for one in found]

    def embed_query(self, text: str) -> SparseVector:
        found = question_words(text)
        return SparseVector(indices=list(found.indices), values=list(found.values))


def main(folder: str, size: int) -> None:
    written, asked = passage_texts(size), question_texts()
    known = dict(zip(written, passage_vectors(size).tolist(), strict=True))
    known |= dict(zip(asked, question_vectors().tolist(), strict=True))
    client = QdrantClient(path=folder)
    client.create_collection(
        "bench",
        {"dense": models.VectorParams(size=DIMENSIONS, distance=models.Distance.COSINE)},
        sparse_vectors_config={"bm25": models.SparseVectorParams(modifier=models.Modifier.IDF)},
    )
    store = QdrantVectorStore(
        client,
        "bench",
        Made(known),
        retrieval_mode=RetrievalMode.HYBRID,
        vector_name="dense",
        sparse_embedding=Words(),
        sparse_vector_name="bm25",
    )
    for first in range(0, size, BATCH):
        batch = written[first : first + BATCH]
        of = [{"generation": 1 + (first + n) // A_DOCUMENT} for n in range(len(batch))]
        store.add_texts(batch, of, batch_size=BATCH)
    active = models.MatchAny(any=list(generations(size)))
    seen = models.Filter(must=[models.FieldCondition(key="metadata.generation", match=active)])
    middle, _ = timed(
        lambda number: store.similarity_search(asked[number % 10], k=CANDIDATES, filter=seen)
    )
    print(middle)


main(sys.argv[1], int(sys.argv[2]))
