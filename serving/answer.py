"""ask(): search -> prompt -> generate -> verify.

The whole of an answer reads here from top to bottom; each step is a function of its own room.
"""

import hashlib
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.output_parsers import StrOutputParser
from langchain_core.runnables import Runnable, RunnableLambda

from retrieval.documents import Passage, RankedPassage
from retrieval.errors import CasewrightError, ModelUnavailable
from retrieval.library import Library
from retrieval.scope import EVERYWHERE, Scope
from retrieval.search import Found, find
from serving import abstain, citations, grammar, memo, prompts, repair
from serving.citations import CheckedSentence
from serving.engine import LlamaCpp


@dataclass(frozen=True, slots=True)
class Answer:
    """A memorandum with what it rests on and what the check of each sentence found."""

    question: str
    text: str
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
    def abstained(self) -> bool:
        """Whether no model was asked, since the evidence was weak (``serving.abstain``)."""
        return bool(self.receipt.get("abstained"))

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
    on_text: Callable[[str], None] = lambda text: None,
) -> Answer:
    """Gives a checked memorandum on the question from these passages.

    ``on_text`` gets the memorandum piece by piece as it is written. ``receipt`` says which model
    and adapter ``model`` is; the answer's own ids and times are added to it.

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
    text = "".join(parts).strip()
    return Answer(
        question=question,
        text=text,
        passages=given,
        sentences=tuple(citations.check(text, [shown(passage) for passage in given])),
        receipt={
            **receipt,
            **_made_from(question, given),
            "first_token_seconds": round(first or 0.0, 3),
            "seconds": round(time.monotonic() - started, 3),
            "tokens_per_second": _speed(len(parts), time.monotonic() - started - (first or 0.0)),
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
    bound: bool = True,
    anyway: bool = False,
    retry: bool = False,
    drop: bool = False,
    scope: Scope = EVERYWHERE,
    on_passages: Callable[[Sequence[RankedPassage]], None] = lambda passages: None,
    on_text: Callable[[str], None] = lambda text: None,
) -> Answer:
    """Asks a matter: searches it, then answers from what was found.

    ``adapter`` is the full name of one that the engine was started with, or None for the base
    model. The engine may still be loading: the search runs meanwhile. A memorandum that is
    ``bound`` is held to ``serving.grammar``. Where the evidence is weak no model is asked, unless
    ``anyway``: the memorandum says that the file does not answer. Sentences without support are
    tried once more (``retry``), and left out (``drop``) where they are not to be marked; what
    ``on_text`` got is then not the last word.

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
    given = found.passages if retrieve else []
    rules = grammar.memorandum_grammar(len(given), max_tokens) if bound else None
    limit = grammar.most_tokens(max_tokens) if bound else max_tokens
    receipt = {
        "matter": matter_id,
        "documents_asked": _asked(library, matter_id, scope),
        "evidence": evidence if retrieve else None,
        "abstained": retrieve and found.evidence.weak and not anyway,
        "base": engine.base.name,
        "base_sha256": engine.base.sha256,
        "adapter": None if chosen is None else chosen.name,
        "grammar": None if rules is None else grammar.sha256(rules),
    }
    if receipt["abstained"]:
        names = [document.name for document in scope.of(library.documents(matter_id))]
        return _not_answered(question, found, names, receipt, on_text)
    model = engine.chat_model(chosen, max_tokens=limit, grammar=rules)
    answer = ask(question, passages=given, model=model, receipt=receipt, on_text=on_text)

    def write(messages: list[prompts.Message], rules: str) -> str:
        once = engine.chat_model(chosen, max_tokens=repair.TOKENS, grammar=rules)
        return "".join(_written(once | StrOutputParser(), messages))

    if given and (retry or drop):
        return _mended(answer, write if retry else None, drop=drop)
    return answer


def _not_answered(
    question: str,
    found: Found,
    documents: Sequence[str],
    receipt: dict[str, Any],
    on_text: Callable[[str], None],
) -> Answer:
    """The memorandum that says that the file does not answer; no model takes part."""
    given = tuple(ranked.passage for ranked in found.passages)
    text = abstain.memorandum(
        question, documents=documents, passages=given, evidence=found.evidence
    )
    on_text(text)
    return Answer(
        question=question,
        text=text,
        passages=given,
        sentences=tuple(abstain.recorded(text)),
        receipt={
            **receipt,
            **_made_from(question, given),
            "first_token_seconds": 0.0,
            "seconds": 0.0,
            "tokens_per_second": 0.0,
        },
    )


def _made_from(question: str, given: Sequence[Passage]) -> dict[str, Any]:
    """What of a receipt is known before a word is written."""
    return {
        "prompt": prompts.fingerprint(),
        "question_sha256": hashlib.sha256(question.encode()).hexdigest(),
        "passages": [
            {"id": p.id, "document": p.document_id, "start": p.start, "end": p.end} for p in given
        ],
    }


def memo_chain(model: BaseChatModel) -> Runnable[dict[str, Any], str]:
    """Gives the chain {question, excerpts} -> text of a memorandum; a plain Runnable."""
    prompt: Runnable[dict[str, Any], Any] = RunnableLambda(
        lambda asked: prompts.messages(asked["question"], asked["excerpts"])
    )
    return prompt | model | StrOutputParser()


def excerpt(passage: Passage) -> prompts.Excerpt:
    """Gives a passage as the prompt shows it."""
    return prompts.Excerpt(passage.document, passage.page, passage.text)


def shown(passage: Passage) -> str:
    """Gives the words that a citation of this passage can rest on: its document and its text."""
    return f"{passage.document}, p. {passage.page}\n{passage.text}"


def _mended(answer: Answer, write: repair.Writer | None, *, drop: bool) -> Answer:
    """The answer with sentences tried again where there is a writer, or left out."""
    ground = [shown(passage) for passage in answer.passages]
    excerpts = [excerpt(passage) for passage in answer.passages]
    started, text, held = time.monotonic(), answer.text, 0
    if write is not None:
        text, held = repair.repaired(text, answer.sentences, excerpts, ground, write)
    checked = citations.check(text, ground)
    failed = sum(one.verdict in repair.FAILED for one in checked) if drop else 0
    if drop:
        text = repair.without_failed(text, checked)
        checked = citations.check(text, ground)
    receipt = {
        **answer.receipt,
        "repaired": held,
        "left_out": failed,
        "repair_seconds": round(time.monotonic() - started, 3),
    }
    return replace(answer, text=text, sentences=tuple(checked), receipt=receipt)


def _written(chain: Runnable[Any, str], asked: Any) -> Iterator[str]:
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
