"""Which document a question names, and what it asks of it.

*Under the lease of Unit 7, who pays for the roof?* names a document and asks something of it. The
words that name it stand in none of its passages, or in the wrong ones: what is asked is looked for
without them, and where they point, it is looked for first. Most questions name no document, or
several; they are asked whole.

Measured on LegalBench-RAG-mini, whose questions all name one, as *Consider X; who pays?* and in two
other forms (*who pays, in X?*, *Under X, who pays?*): R@8 49.4 -> 58.4, and 54 and 58 in these; P@1
21.5 -> 31.2. The 20 answerable questions to the sample matter ask of several documents at once:
none is taken apart.
"""

import math
import re
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from retrieval.documents import Document
from retrieval.evidence import Evidence, of_name
from retrieval.passages import names_of
from retrieval.store_bm25 import passage_words, tokens

Vector = NDArray[np.float32]

COMMON = 8
"""A word that names more than one document in so many tells none from the others."""
MARGIN = 1.0
"""By how much more, in BM25, the one part of a question must name a document than the other."""

_BEFORE = (
    "in|under|according to|within|pursuant to|per|of|from|for|by|regarding|as to|based on"
    "|looking at|with (?:respect|regard) to"
)
_ASKING = (
    "what|which|who|whom|whose|when|where|how|why|does|do|did|is|are|was|were|can|could|may|might"
    "|must|shall|should|will|would|has|have|had|list|find|give|tell|show|describe|explain|summari[sz]e"
)
_LEADING = re.compile(
    rf"\s*(?:consider(?:ing)?|{_BEFORE})\b(?P<document>.+?)"
    rf"(?:[;:]\s+|,\s+(?=(?:{_ASKING})\b))(?P<words>.+)",
    re.IGNORECASE | re.DOTALL,
)
_TRAILING = re.compile(
    rf"(?:,\s*|\s+)(?:{_BEFORE})\s+(?=(?:the|our|their|this|his|her)\s|[\"'“A-Z0-9])"
)
_QUESTION = re.compile(
    r"\b(?:what|which|who|whom|whose|when|where|how|why|does|do|did)\b", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Named:
    """A question in two: the words that name a document, and what is asked of it."""

    document: str
    words: str


class Headers:
    """The headers of a matter's documents, by generation: what questions name them by."""

    def __init__(
        self, documents: Sequence[Document], headers: Mapping[int, tuple[str, bytes]]
    ) -> None:
        self.generations = [document.generation for document in documents]
        kept = [headers.get(generation, ("", b"")) for generation in self.generations]
        names = [names_of(document.name, document.description) for document in documents]
        self._names = _Words(names)
        self._headers = _Words([header for header, _ in kept])
        self._vectors = np.array(
            [np.frombuffer(vector, "<f4") for _, vector in kept if vector], np.float32
        )

    def part(self, question: str) -> Named | None:
        """Gives the question taken apart; None where it names no document, or more than one."""
        leading = _LEADING.match(question)
        if leading and self._may_name(leading["document"]) and tokens(leading["words"]):
            return Named(leading["document"].strip(), leading["words"].strip())
        # Of the places where the name may begin, the one that leaves most of it on its side.
        best, margin = None, MARGIN
        for match in _TRAILING.finditer(question):
            words, document = question[: match.start()], question[match.end() :].rstrip(" ?.")
            if not self._may_name(document) or not tokens(words):
                continue
            more = max(self._names.scores(document)) - max(self._names.scores(words))
            if more >= margin:
                best, margin = Named(document, words.strip()), more
        return best

    def scores(self, named: str, vector: Sequence[float]) -> dict[int, float]:
        """Gives how well each document fits what names it, in [0, 1], by generation.

        ``vector`` is that of the name. Half is the cosine, half BM25, each against the best.
        """
        cosines = self._vectors @ np.asarray(vector, np.float32)
        words = np.array(self._headers.scores(named))
        low, high = float(cosines.min()), float(cosines.max())
        fit = 0.5 * (cosines - low) / max(high - low, 1e-9) + 0.5 * words / max(words.max(), 1e-9)
        return dict(zip(self.generations, fit.tolist(), strict=True))

    def evidence(
        self, named: str, vector: Sequence[float], passages: Sequence[tuple[int, str]]
    ) -> Evidence:
        """Gives how much there is of the document that a question names.

        ``vector`` is that of the name; ``passages`` are the generations and texts of the best.
        """
        worth = self._headers.worth(named)
        whole = sum(worth.values())
        headers = dict(zip(self.generations, self._headers.tokens, strict=True))

        def share(held: Collection[int]) -> float:
            return sum(worth[token] for token in worth if token in held) / whole

        return of_name(
            header=max(map(share, headers.values())),
            cosine=float((self._vectors @ np.asarray(vector, np.float32)).max()),
            passage=max(
                (share(headers[one] | {*tokens(text)}) for one, text in passages), default=0.0
            ),
        )

    @property
    def complete(self) -> bool:
        """Whether every document has a header; one of an earlier version has none."""
        return 0 < len(self._vectors) == len(self.generations)

    def _may_name(self, part: str) -> bool:
        """Whether a part of a question holds what tells one document from others."""
        most = max(1, len(self.generations) // COMMON)
        rare = any(0 < self._names.holding(token) <= most for token in tokens(part))
        return rare and not _QUESTION.search(part)


class _Words:
    """BM25 over a few short texts, in memory; tokens and frequencies are the index's own."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._count = len(texts)
        self.tokens = [frozenset(tokens(text)) for text in texts]
        self._holding: defaultdict[int, list[tuple[int, float]]] = defaultdict(list)
        for number, text in enumerate(texts):
            vector = passage_words(text)
            for token, value in zip(vector.indices, vector.values, strict=True):
                self._holding[token].append((number, value))

    def holding(self, token: int) -> int:
        """Gives how many texts hold a token."""
        return len(self._holding.get(token, ()))

    def scores(self, question: str) -> list[float]:
        """Gives the score of each text."""
        scores = [0.0] * self._count
        for token, rarity in self.worth(question).items():
            for number, value in self._holding.get(token, ()):
                scores[number] += rarity * value
        return scores

    def worth(self, question: str) -> dict[int, float]:
        """Gives how rare each token of a question is, as in BM25; one in no text is rarest."""
        return {
            token: math.log(1 + (self._count - held + 0.5) / (held + 0.5))
            for token in tokens(question)
            for held in [self.holding(token)]
        }
