"""Question -> ranked passages, and the same as a LangChain retriever.

1. A question that names a document is taken apart (``naming``): what names it, and what is asked.
2. The store gives the passages nearest to what is asked by meaning and by words; where a document
   is named, as many from the two that fit best.
3. Their scores are fused (``fusion``), and passages that hold a reference asked for move up.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document as LangChainDocument
from langchain_core.retrievers import BaseRetriever
from pydantic import ConfigDict

from retrieval import yardstick
from retrieval.casefile import lost_from_index
from retrieval.documents import Document, RankedPassage
from retrieval.errors import CasewrightError, IndexUnavailable
from retrieval.evidence import READ, Evidence, of_question
from retrieval.fusion import fuse, fuse_named
from retrieval.library import Library
from retrieval.scope import EVERYWHERE, Scope
from retrieval.terms import asked_keys, keys

CANDIDATES = 64
"""Passages that each of the two searches gives before fusion, at least."""
LIKELY = 2
"""Documents that are searched by themselves where a question names one."""
EMPTY = "the question is empty; ask in a sentence or a few words"


Weigh = Callable[[], Evidence]
"""Weighs the evidence that a search found, when it is asked to: it may take forty searches."""


class EmptyQuestion(CasewrightError):
    """A question without a word in it."""


@dataclass(frozen=True, slots=True)
class Found:
    """The passages that a search found, best first, and how strong the evidence in them is."""

    passages: list[RankedPassage]
    evidence: Evidence


def search(
    library: Library, matter_id: str, question: str, k: int, scope: Scope = EVERYWHERE
) -> list[RankedPassage]:
    """Gives the k best passages as ``find`` does, and raises as it does; weighs no evidence."""
    passages, _ = _searched(library, matter_id, question, k, scope)
    return passages


def find(
    library: Library, matter_id: str, question: str, k: int, scope: Scope = EVERYWHERE
) -> Found:
    """Gives the k best passages of the matter, or of a part of it, for the question, best first.

    Raises:
        EmptyQuestion: the question has no word.
        EmptyScope: no document of the matter is in the scope.
        UnknownMatter: no such matter.
        IndexUnavailable: its index is busy, damaged, out of reach or not this one.
    """
    passages, weigh = _searched(library, matter_id, question, k, scope)
    return Found(passages, weigh())


def _searched(
    library: Library, matter_id: str, question: str, k: int, scope: Scope
) -> tuple[list[RankedPassage], Weigh]:
    """The k best passages, and what weighs the evidence in what was found."""
    if not any(character.isalnum() for character in question):
        raise EmptyQuestion(EMPTY)
    while True:
        documents = library.documents(matter_id)
        seen, place = scope.of(documents), library.is_here(matter_id)
        try:
            found, weigh = _found(library, matter_id, question, seen, max(CANDIDATES, 2 * k))
        except IndexUnavailable:
            if library.is_here(matter_id) == place:
                raise
            continue  # the index was moved meanwhile, and is looked for where it is now
        # A document replaced meanwhile may be missing: its old passages gone, its new ones unseen.
        active = {one.generation for one in documents}
        if (library.active_generations(matter_id), library.is_here(matter_id)) == (active, place):
            # Some passage is always nearest: none at all is no answer, but another index.
            if not found and (lost := [one for one in seen if one.passages]):
                raise lost_from_index(matter_id, lost)
            ranked = _with_references(found, asked_keys(question))
            return ranked[:k], weigh


def _found(
    library: Library, matter_id: str, question: str, documents: Sequence[Document], limit: int
) -> tuple[list[RankedPassage], Weigh]:
    """The candidates among these documents, ranked, and what weighs the evidence in them."""
    store, embedder = library.store(matter_id), library.embedder
    active = {document.generation for document in documents}
    headers = library.headers(matter_id, documents)
    named = headers.part(question) if headers.complete else None
    asked = named.words if named else question
    vector, words = embedder.question(asked), " ".join([asked, *asked_keys(asked)])
    if named is None:
        hits = store.search(vector, words, active=active, limit=limit)
        return fuse(hits), lambda: of_question(
            yardstick.found(question, hits), library.yardstick(matter_id, documents)
        )
    name = embedder.question(named.document)
    fits = headers.scores(named.document, name)
    likely = sorted(fits, key=lambda generation: -fits[generation])[:LIKELY]
    hits = store.search(vector, words, active=active, limit=limit, also=likely)
    ranked = fuse_named(hits, {one.path: fits[one.generation] for one in documents})
    generations = {one.path: one.generation for one in documents}
    read = [(generations[one.passage.path], one.passage.text) for one in ranked[:READ]]
    return ranked, lambda: headers.evidence(named.document, name, read)


def _with_references(ranked: list[RankedPassage], asked: Sequence[str]) -> list[RankedPassage]:
    """The passages with those that hold the sections or cases asked for by number moved up.

    Half of a score is then the share of these references that the passage holds. A quoted term
    is left to BM25: it often is a name that stands everywhere.
    """
    wanted = {key for key in asked if not key.startswith("term")}
    if not wanted:
        return ranked
    moved = [
        RankedPassage(
            one.passage, (one.score + len(wanted & {*keys(one.passage.text)}) / len(wanted)) / 2
        )
        for one in ranked
    ]
    return sorted(moved, key=lambda one: (-one.score, one.passage.id))


class MatterRetriever(BaseRetriever):
    """A LangChain retriever over one matter; use it in any chain.

    The documents carry ``passage_id``, ``document``, ``path``, ``page``, ``start``, ``end`` and
    ``score`` as metadata.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    library: Library
    matter_id: str
    k: int = 6
    scope: Scope = EVERYWHERE

    def _get_relevant_documents(
        self, query: str, *, run_manager: CallbackManagerForRetrieverRun
    ) -> list[LangChainDocument]:
        return [
            LangChainDocument(
                page_content=ranked.passage.text,
                id=ranked.passage.id,
                metadata={
                    "passage_id": ranked.passage.id,
                    "matter_id": ranked.passage.matter_id,
                    "document_id": ranked.passage.document_id,
                    "document": ranked.passage.document,
                    "path": ranked.passage.path,
                    "page": ranked.passage.page,
                    "start": ranked.passage.start,
                    "end": ranked.passage.end,
                    "score": ranked.score,
                },
            )
            for ranked in search(self.library, self.matter_id, query, self.k, self.scope)
        ]
