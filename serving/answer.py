"""ask(): search -> prompt -> generate -> verify.

The whole of an answer reads here from top to bottom; each step is a function of its own room.
"""

import hashlib
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.output_parsers import StrOutputParser
from langchain_core.runnables import Runnable, RunnableLambda

from retrieval.citing import cited
from retrieval.documents import Passage, RankedPassage
from retrieval.errors import CasewrightError, ModelUnavailable
from retrieval.library import Library
from retrieval.scope import EVERYWHERE, Scope
from retrieval.search import find
from serving import citations, memo, prompts
from serving.citations import CheckedSentence
from serving.engine import LlamaCpp
from serving.meaning import Meaning, nearness
from serving.sources import Source


@dataclass(frozen=True, slots=True)
class Answer:
    """A memorandum with what it rests on and what the check of each sentence found."""

    question: str
    text: str
    """As checked: wrong citations whose right ones are known are corrected in it."""
    passages: tuple[Passage, ...]
    """As numbered in the prompt, from 1."""
    sentences: tuple[CheckedSentence, ...]
    receipt: dict[str, Any]
    """What made this answer: ids and hashes, never text."""

    @property
    def verified(self) -> int:
        """How many sentences stand in the passages that they cite."""
        return sum(sentence.verdict == "verified" for sentence in self.sentences)

    @property
    def weak(self) -> bool:
        """Whether the evidence in the case file was weak, as ``retrieval.evidence`` says."""
        evidence = self.receipt.get("evidence")
        return evidence is not None and bool(evidence["weak"])

    @property
    def complete(self) -> bool:
        """Whether the memorandum has the house's five headings in order."""
        return memo.headings_in_order(self.text)


def ask(
    question: str,
    *,
    passages: Sequence[RankedPassage],
    model: BaseChatModel,
    receipt: dict[str, Any],
    meaning: Meaning | None = None,
    on_text: Callable[[str], None] = lambda text: None,
) -> Answer:
    """Gives a checked memorandum on the question from these passages.

    ``on_text`` gets the memorandum piece by piece as it is written, before its citations are
    checked. ``receipt`` says which model and adapter ``model`` is; the answer's own ids, times and
    counts of verdicts are added to it. ``meaning`` is what ``citations.check`` asks.

    Raises:
        ModelUnavailable: the engine did not answer, or stopped in the middle.
    """
    given = tuple(ranked.passage for ranked in passages)
    excerpts = [excerpt(passage) for passage in given]
    started = time.monotonic()
    first = None
    parts = []
    for part in _written(memo_chain(model), {"question": question, "excerpts": excerpts}):
        first = first or time.monotonic() - started
        parts.append(part)
        on_text(part)
    written = "".join(parts).strip()
    seconds = time.monotonic() - started
    text, sentences = citations.corrected(
        written, citations.check(written, [source(passage) for passage in given], meaning)
    )
    return Answer(
        question=question,
        text=text,
        passages=given,
        sentences=tuple(sentences),
        receipt={
            **receipt,
            "prompt": prompts.fingerprint(),
            "question_sha256": hashlib.sha256(question.encode()).hexdigest(),
            "passages": [
                {"id": p.id, "document": p.document_id, "start": p.start, "end": p.end}
                for p in given
            ],
            "first_token_seconds": round(first or 0.0, 3),
            "seconds": round(seconds, 3),
            "tokens_per_second": _speed(len(parts), seconds - (first or 0.0)),
            "check_seconds": round(time.monotonic() - started - seconds, 3),
            "verdicts": dict(Counter(sentence.verdict for sentence in sentences)),
            "corrections": [
                {"cited": list(sentence.corrected_from), "supported_by": list(sentence.citations)}
                for sentence in sentences
                if sentence.corrected_from
            ],
        },
    )


def ask_matter(
    library: Library,
    matter_id: str,
    question: str,
    engine: LlamaCpp,
    *,
    adapter: str | None,
    k: int,
    max_tokens: int,
    retrieve: bool = True,
    scope: Scope = EVERYWHERE,
    on_passages: Callable[[Sequence[RankedPassage]], None] = lambda passages: None,
    on_text: Callable[[str], None] = lambda text: None,
) -> Answer:
    """Asks a matter: searches it, then answers from what was found.

    ``adapter`` is the full name of one that the engine was started with, or None for the base
    model. The engine may still be loading: the search runs meanwhile.

    Raises:
        EmptyQuestion, EmptyScope, UnknownMatter, IndexUnavailable: as ``find``; no answer without
            ground.
        ModelUnavailable: as ``ask``.
    """
    chosen = next((known for known in engine.adapters if known.name == adapter), None)
    if adapter is not None and chosen is None:
        raise ModelUnavailable(f"{adapter}: the engine was started without this adapter")
    found = find(library, matter_id, question, k, scope)
    on_passages(found.passages)
    evidence = {"strength": round(found.evidence.strength, 3), "weak": found.evidence.weak}
    model = engine.chat_model(chosen, max_tokens=max_tokens)
    return ask(
        question,
        passages=found.passages if retrieve else [],
        model=model,
        receipt={
            "matter": matter_id,
            "documents_asked": _asked(library, matter_id, scope),
            "evidence": evidence if retrieve else None,
            "base": engine.base.name,
            "base_sha256": engine.base.sha256,
            "adapter": None if chosen is None else chosen.name,
        },
        meaning=nearness(library.embedder.passages, citations.sentences),
        on_text=on_text,
    )


def memo_chain(model: BaseChatModel) -> Runnable[dict[str, Any], str]:
    """Gives the chain {question, excerpts} -> text of a memorandum; a plain Runnable."""
    prompt: Runnable[dict[str, Any], Any] = RunnableLambda(
        lambda asked: prompts.messages(asked["question"], asked["excerpts"])
    )
    return prompt | model | StrOutputParser()


def excerpt(passage: Passage) -> prompts.Excerpt:
    """Gives a passage as the prompt shows it."""
    return prompts.Excerpt(passage.document, passage.page, passage.text)


def source(passage: Passage) -> Source:
    """Gives what a citation of this passage can rest on: its place and its text."""
    page = passage.label or str(passage.page)
    return Source(passage.document, page, passage.text, cited(passage.section))


def shown(passage: Passage) -> str:
    """Gives a passage's text under its place, as a prompt has it."""
    return f"{passage.document}, p. {passage.page}\n{passage.text}"


def _written(chain: Runnable[dict[str, Any], str], asked: dict[str, Any]) -> Iterator[str]:
    try:
        yield from (part for part in chain.stream(asked) if part)
    except CasewrightError:
        raise
    # The client has errors of its own for a refused, slow, cut or oversized request.
    except Exception as error:
        raise ModelUnavailable(
            f"the model did not answer ({type(error).__name__}: {error}); the passages found are "
            "still there (`casewright search`), check `casewright doctor` and ask again"
        ) from error


def _asked(library: Library, matter_id: str, scope: Scope) -> list[str] | None:
    """The ids of the documents that the question was restricted to; None where to none."""
    if scope == EVERYWHERE:
        return None
    return [document.id for document in scope.of(library.documents(matter_id))]


def _speed(parts: int, seconds: float) -> float:
    return round(parts / seconds, 1) if seconds > 0 else 0.0
