"""One question asked of every document of a matter: a row a document, each with its pin cite.

Per document the story is that of ``ask``: search within it, look at the evidence, let the model
write one sentence from the best passages, check it. Where the sentence is not verified, a sentence
of the document itself takes its place, word for word; where the evidence is weak, no model is
asked.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from retrieval.coverage import coverage
from retrieval.documents import Document, Passage
from retrieval.library import Library
from retrieval.scope import EVERYWHERE, Scope
from retrieval.search import find
from serving import citations, prompts
from serving.grammar import sentence_grammar
from serving.meaning import Meaning, nearness
from serving.outputs import OutputFilter
from serving.pincites import pin_cites
from serving.statements import statements, verdict_on
from serving.verdicts import Verdict
from serving.writing import Writer, excerpt, source

PASSAGES = 3
"""Passages of a document that its sentence is written from."""
FEWEST = 4
"""Words of a sentence that can answer, quoted."""
NOT_ANSWERED = "not answered by this document"

How = Literal["written", "quoted", "not answered"]


@dataclass(frozen=True, slots=True)
class Row:
    """What one document says to the question."""

    document: Document
    answer: str
    """Without passage numbers, on one line."""
    how: How
    verdict: Verdict
    """``record`` where the document does not answer: the search itself tells that."""
    passages: tuple[Passage, ...] = ()
    """Those that the answer cites."""
    pin_cites: tuple[str, ...] = ()


def review(
    library: Library,
    matter_id: str,
    question: str,
    write: Writer,
    *,
    scope: Scope = EVERYWHERE,
    anyway: bool = False,
) -> Iterator[Row]:
    """Gives a row for each document in the scope, by name, as soon as it is known.

    A document whose evidence is weak, by a yardstick of its own, is not answered from, unless
    ``anyway``.

    Raises:
        EmptyQuestion, EmptyScope, UnknownMatter, IndexUnavailable: as ``find``.
        ModelUnavailable: the engine did not answer; the rows given before stay good.
    """
    meaning = nearness(library.embedder.passages, citations.sentences)
    for document in scope.of(library.documents(matter_id)):
        if not document.passages:
            yield Row(document, NOT_ANSWERED, "not answered", "record")
            continue
        found = find(library, matter_id, question, PASSAGES, Scope(documents=(document.id,)))
        given = [ranked.passage for ranked in found.passages]
        if found.evidence.weak and not anyway:
            yield Row(document, NOT_ANSWERED, "not answered", "record")
            continue
        yield (
            _written(document, question, given, write, meaning)
            or _quoted(document, question, given, library.passages(document), meaning)
            or Row(document, NOT_ANSWERED, "not answered", "record")
        )


def _written(
    document: Document, question: str, given: Sequence[Passage], write: Writer, meaning: Meaning
) -> Row | None:
    """The model's sentence, where all of it is verified."""
    excerpts = [excerpt(passage) for passage in given]
    said = write(prompts.messages(question, excerpts), sentence_grammar(len(given)))
    text = OutputFilter([one.shown for one in excerpts]).clean(said).strip()
    checked = citations.check(text, [source(passage) for passage in given], meaning)
    text, checked = citations.corrected(text, checked)
    if not checked or any(one.verdict != "verified" for one in checked):
        return None
    numbers = dict.fromkeys(number for one in checked for number in one.citations)
    return _row(document, text, "written", [given[number - 1] for number in numbers])


def _quoted(
    document: Document,
    question: str,
    given: Sequence[Passage],
    all_passages: Sequence[Passage],
    meaning: Meaning,
) -> Row | None:
    """The sentence of the best passages that is nearest to the question, in its own words.

    Nearest by its words and its meaning; of two that are as near, that of the better passage.
    """
    rank = {passage.id: number for number, passage in enumerate(given)}
    said = [
        (
            coverage(question, [one.text])[0] + meaning(question, one.text),
            -rank[one.passages[0].id],
            one,
        )
        for one in statements(all_passages)
        if one.passages[0].id in rank
        and len(re.findall(r"[^\W\d_]{2,}", one.text)) >= FEWEST
        and not one.text.endswith("?")
    ]
    for _, _, one in sorted(said, key=lambda entry: entry[:2], reverse=True):
        place = one.passages[0]
        if verdict_on(one.unnumbered, place, one.ground) == "verified":
            return _row(document, f"“{one.unnumbered}”", "quoted", [place])
    return None


def _row(document: Document, text: str, how: How, passages: Sequence[Passage]) -> Row:
    answer = " ".join(re.sub(r"\s?\[\d{1,3}\]", "", text).split())
    cites = pin_cites(passages, {document.path: document.description})
    places = tuple(passages)
    return Row(document, answer, how, "verified", places, tuple(dict.fromkeys(cites)))
