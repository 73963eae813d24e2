"""Questions made from a matter by rules, for who has none of his own: no model, no lawyer.

A sentence of the file that gives one day or one sum is asked about with that taken out; a document
is asked for its parties; and questions of other people's matters have no answer in this one. They
are marked as made: they use the file's own words, so that a search finds their answers more easily
than those of real questions.
"""

import random
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Literal

import retrieval
from retrieval.documents import Document, Passage
from retrieval.errors import CasewrightError
from retrieval.library import Library
from serving.citations import sentences
from serving.quantities import Quantity, quantities
from training.fact_score import stands
from training.gold import GoldQuestion, GoldSpan

DAYS, SUMS, PARTIES, FOREIGN = 10, 6, 2, 6
"""How many questions of each kind are made, at most."""
FOREIGN_QUESTIONS = Path(retrieval.__file__).parent / "foreign_questions.txt"

_Kind = Literal["day", "sum"]
_ASKS = {
    "day": "On what date, according to the file, is the following: {said}",
    "sum": "What amount does the file give here: {said}",
}
_WORDS = range(9, 40)
"""Words that a sentence has which is asked about."""


def made_questions(library: Library, matter: str, seed: int = 7) -> list[GoldQuestion]:
    """Gives questions on the matter, the same for the same documents and seed.

    Raises:
        UnknownMatter, IndexUnavailable: as the library.
        CasewrightError: no sentence of the file can be asked about.
    """
    draw = random.Random(seed)
    documents = library.documents(matter)
    passages = {document.path: library.passages(document) for document in documents}
    asked: dict[_Kind, list[GoldQuestion]] = {"day": [], "sum": []}
    for found in passages.values():
        for passage in found:
            for kind, question in _asked_of(passage):
                asked[kind].append(question)
    chosen = [*_spread(asked["day"], DAYS, draw), *_spread(asked["sum"], SUMS, draw)]
    chosen += _parties(documents, passages)[:PARTIES]
    if not chosen:
        raise CasewrightError(
            f"{matter}: no sentence of the file gives a date or an amount to ask about; write a "
            "file of questions and name it with --questions"
        )
    foreign = FOREIGN_QUESTIONS.read_text(encoding="utf-8").split("\n")
    others = draw.sample([line for line in foreign if line.strip()], FOREIGN)
    chosen += [GoldQuestion("", line, answerable=False, made=True) for line in others]
    return [
        GoldQuestion(f"made{number:02}", one.question, one.answerable, one.facts, one.spans, True)
        for number, one in enumerate(chosen, start=1)
    ]


def _asked_of(passage: Passage) -> Iterator[tuple[_Kind, GoldQuestion]]:
    """The questions that a passage's sentences can be asked, each with its answer."""
    text = passage.text
    for start, end in sentences(_joined(text)):
        sentence = " ".join(text[start:end].split())
        if len(sentence.split()) not in _WORDS or not _WHOLE.fullmatch(sentence):
            continue
        counted = quantities(sentence)
        for kind, fits in (("day", _is_day), ("sum", _is_sum)):
            found = [one for one in counted if fits(one)]
            if len(found) != 1:
                continue
            fact = sentence[found[0].start : found[0].end]
            said = f"“{sentence[: found[0].start]}…{sentence[found[0].end :]}”"
            span = GoldSpan(passage.path, passage.start + start, passage.start + end)
            question = _ASKS[kind].format(said=said)
            yield _kind(kind), GoldQuestion("", question, True, (fact,), (span,), True)


def _kind(kind: str) -> _Kind:
    return "day" if kind == "day" else "sum"


def _joined(text: str) -> str:
    """The text with lines that a page breaks joined, in as many characters."""
    return re.sub(r"(?<=[^\n.:;])\n(?=[^\n])", " ", text)


def _is_day(one: Quantity) -> bool:
    return any(key[0] == "date" for reading in one.readings for key in reading)


def _is_sum(one: Quantity) -> bool:
    return any(key[0] in "$€£" for reading in one.readings for key in reading)


def _spread(asked: Sequence[GoldQuestion], most: int, draw: random.Random) -> list[GoldQuestion]:
    """At most so many, of all documents alike, one for each answer."""
    by_document: dict[str, list[GoldQuestion]] = {}
    for one in draw.sample(asked, len(asked)):
        by_document.setdefault(one.spans[0].document, []).append(one)
    chosen: dict[str, GoldQuestion] = {}
    while any(by_document.values()) and len(chosen) < most:
        for left in by_document.values():
            if left and len(chosen) < most:
                one = left.pop()
                chosen.setdefault(one.facts[0], one)
    return list(chosen.values())


def _parties(
    documents: Sequence[Document], passages: dict[str, list[Passage]]
) -> list[GoldQuestion]:
    """Who the parties of a document are, where the document names them in its text."""
    found = []
    for document in documents:
        said = document.description
        if len(said.parties) < 2 or not said.title:
            continue
        holding = [
            passage
            for passage in passages[document.path]
            if any(stands(party, passage.text) for party in said.parties)
        ]
        if holding:
            first = holding[0]
            span = GoldSpan(first.path, first.start, first.end)
            question = f"Who are the parties to the document {document.name} ({said.title})?"
            found.append(GoldQuestion("", question, True, said.parties, (span,), True))
    return found


_WHOLE = re.compile(r"[A-Z“\"][^|\t]*[.?!][”\"]?")
"""A sentence that begins and ends as one: no row of a table, no half of a line."""
