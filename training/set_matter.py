"""A data set of examples as a matter: its passages become documents, its memoranda gold.

For who evaluates on examples (``casewright dataset build``) rather than on a case file. Every
passage of every example lies in one matter, each a document of its own, so that a search has to
find an example's passages among all others'. Gold are the passages that its memorandum cites.
"""

from collections.abc import Sequence
from pathlib import Path

from retrieval.library import Library
from serving.citations import citations, facts, sentences
from serving.facts import PASSAGE_NUMBER
from serving.memo import sections
from serving.quantities import quantities
from training.examples import Example
from training.fact_score import stands
from training.gold import GoldQuestion, GoldSpan

MATTER = "examples"
MOST_FACTS = 8


def set_matter(
    home: Path, examples: Sequence[Example], embedder_home: Path
) -> tuple[Library, list[GoldQuestion]]:
    """Gives a library under ``home`` with the examples' passages, and their questions.

    ``embedder_home`` is where the embedder's files lie.

    Raises:
        IndexUnavailable: the disk has no room.
    """
    from retrieval.embed import Embedder

    folder = home / "passages"
    files: dict[str, Path] = {}
    for example in examples:
        for passage in example.passages:
            if passage.shown not in files:
                name = "".join(c if c.isalnum() or c in " .-" else "-" for c in passage.document)
                file = folder / f"{len(files):05}" / f"{name[:80].strip() or 'passage'}.txt"
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(passage.text, encoding="utf-8")
                files[passage.shown] = file
    library = Library(home)
    library.embedder = Embedder(embedder_home)
    library.ingest(MATTER, list(files.values()))
    known = {document.path for document in library.documents(MATTER)}
    return library, [_question(example, files, known) for example in examples]


def _question(example: Example, files: dict[str, Path], known: set[str]) -> GoldQuestion:
    cited = [
        example.passages[number - 1]
        for number in citations(example.memorandum)
        if 1 <= number <= len(example.passages)
    ]
    spans = [
        GoldSpan(str(files[one.shown]), 0, len(one.text))
        for one in cited
        # A passage without a word in it is no document.
        if example.answerable and str(files[one.shown]) in known
    ]
    return GoldQuestion(
        id=example.id,
        question=example.question,
        answerable=example.answerable,
        facts=tuple(_facts(example)) if example.answerable else (),
        spans=tuple(spans),
    )


def _facts(example: Example) -> list[str]:
    """What the memorandum's answer states of days, sums and numbers that the question does not.

    The brief answer and the conclusion come first: there stands what matters. Of a memorandum
    without any, the names.
    """
    counted: dict[str, None] = {}
    named: dict[str, None] = {}
    parts = {
        one.heading: example.memorandum[one.start : one.end] for one in sections(example.memorandum)
    }
    for heading in ("BRIEF ANSWER", "CONCLUSION", "FACTS"):
        text = PASSAGE_NUMBER.sub("", parts.get(heading, ""))
        for start, end in sentences(text):
            sentence = text[start:end]
            counted |= dict.fromkeys(
                sentence[one.start : one.end].strip(" .,;") for one in quantities(sentence)
            )
            named |= dict.fromkeys(facts(sentence))
    told = [fact for fact in counted or named if not stands(fact, example.question)]
    return told[:MOST_FACTS]
