"""What questions about other cases find in a matter: the yardstick for its own.

Some passage is always nearest, and in a large file nearer than in a small one: a share of words or
a cosine says little by itself. So forty questions about cases of our invention are asked of the
same documents, and a question is measured by how far it comes above what those find. This is the
zero normalisation of speaker verification (Auckenthaler, Carey and Lloyd-Thomas 2000, "Score
Normalization for Text-Independent Speaker Verification Systems").
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from statistics import fmean, pstdev

from retrieval.coverage import coverage
from retrieval.embed import Embedder
from retrieval.store import Hits, Store

QUESTIONS = Path(__file__).with_name("foreign_questions.txt")
NEAREST = 4
"""Passages whose cosines are averaged."""
READ = 16
"""Passages of each search in which a question's words are looked for."""
FLOORS = (0.03, 0.05, 0.05)
"""Added to the deviations: in a small file few foreign questions find anything at all."""

Finding = tuple[float, float, float]
"""The mean cosine of a question's nearest passages, and the shares of its words that stand in one
passage found and in any (``coverage``)."""


@dataclass(frozen=True, slots=True)
class Yardstick:
    """The means and deviations of what foreign questions find, in the order of ``Finding``."""

    means: Finding
    deviations: Finding

    def measure(self, found: Finding) -> Finding:
        """Gives how many deviations each quantity lies above what foreign questions find."""
        cosine, one, some = (
            (value - mean) / (deviation + floor)
            for value, mean, deviation, floor in zip(
                found, self.means, self.deviations, FLOORS, strict=True
            )
        )
        return cosine, one, some


def found(question: str, hits: Hits) -> Finding:
    """Gives what a question that names no document found."""
    cosines = [hit.score for hit in hits.dense[:NEAREST]]
    texts = {
        hit.passage.id: f"{hit.passage.document} {hit.passage.text}"
        for hit in (*hits.dense[:READ], *hits.sparse[:READ])
    }
    one, some = coverage(question, list(texts.values()))
    return fmean(cosines) if cosines else 0.0, one, some


def yardstick(store: Store, embedder: Embedder, active: Collection[int]) -> Yardstick:
    """Asks the foreign questions of these generations of a matter: forty searches."""
    findings = [
        found(
            question,
            store.search(embedder.question(question), question, active=active, limit=READ),
        )
        for question in foreign_questions()
    ]
    cosines, ones, somes = zip(*findings, strict=True)
    return Yardstick(
        (fmean(cosines), fmean(ones), fmean(somes)), (pstdev(cosines), pstdev(ones), pstdev(somes))
    )


@cache
def foreign_questions() -> Sequence[str]:
    """Gives the questions about other cases."""
    return QUESTIONS.read_text(encoding="utf-8").splitlines()
