"""ask(): search -> prompt -> generate -> verify.

The whole of an answer reads here from top to bottom; each step is a function of its own room.
"""

import time
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from typing import Any

from langchain_core.language_models import BaseChatModel

from retrieval.documents import Description, RankedPassage
from retrieval.errors import ModelUnavailable
from retrieval.library import Library
from retrieval.scope import EVERYWHERE
from serving import abstain, citations, grammar, prompts, repair
from serving.adapters import Adapter
from serving.answered import Answer, BrokenOff, made_by, made_from, speed
from serving.citations import CheckedSentence
from serving.engine import Engine
from serving.how import How
from serving.meaning import Meaning, nearness
from serving.outputs import OutputFilter
from serving.searching import Searched, find_each
from serving.writing import excerpt, memo_chain, source, writer, written

STOPPED = "the model stopped before the end; not checked"
"""Why no sentence of a memorandum that broke off is verified."""
CUT = "the section had all the room it may take; the sentence may be cut off"
"""Why the only sentence of a section that the grammar ended is not verified."""


def ask(
    question: str,
    *,
    passages: Sequence[RankedPassage],
    model: BaseChatModel,
    receipt: dict[str, Any],
    meaning: Meaning | None = None,
    described: Mapping[str, Description] | None = None,
    put: str = "",
    unanswered: Sequence[str] = (),
    bound_to: int | None = None,
    on_text: Callable[[str], None] = lambda text: None,
) -> Answer:
    """Gives a checked memorandum on the question from these passages.

    ``on_text`` gets the memorandum piece by piece as it is written, before its citations are
    checked. ``receipt`` says which model and adapter ``model`` is; the answer's own ids, times and
    counts of verdicts are added to it. ``described`` says what the passages' documents are, by
    path; ``meaning`` is what ``citations.check`` asks; ``put`` is what the model is asked, where
    that is not the whole question, but without those ``unanswered``; ``bound_to`` the tokens that
    the model's grammar holds it to: the last sentence of a section that took all its room, which
    may say half of what it would, is left out where it is not the only one. Links, images and HTML
    that the model writes are taken out before anyone sees them.

    Raises:
        BrokenOff: the engine did not answer, or stopped in the middle; it has what came.
    """
    given = tuple(ranked.passage for ranked in passages)
    excerpts = [excerpt(passage) for passage in given]
    output = OutputFilter([one.shown for one in excerpts])
    started = time.monotonic()
    first, tokens, fault = None, 0, ""
    parts = []

    def show(part: str) -> None:
        if part:
            parts.append(part)
            on_text(part)

    try:
        asked = {"question": put or question, "excerpts": excerpts}
        # Whoever stops reading, by an error of `on_text`, lets go of the engine at once.
        with closing(written(memo_chain(model), asked)) as writing:
            for part in writing:
                first = first or time.monotonic() - started
                tokens += 1
                show(output.feed(part))
    except ModelUnavailable as error:
        fault = str(error)
    show(output.rest())
    text, cut = output.clean("".join(parts)).strip(), 0
    seconds = time.monotonic() - started
    if fault:
        sentences = _unchecked(text)
    else:
        if bound_to is not None:
            text, cut = grammar.without_cut(text, bound_to)
        checked = citations.check(text, [source(passage) for passage in given], meaning)
        if bound_to is not None:
            checked = _cut(checked, grammar.cut_ends(text, bound_to))
        text, sentences = citations.corrected(text, checked)
    answer = Answer(
        question=question,
        text=text,
        passages=given,
        sentences=tuple(sentences),
        receipt={
            **receipt,
            **made_from(question, given),
            "taken_out": output.taken_out,
            "cut": cut,
            "first_token_seconds": round(first or 0.0, 3),
            "seconds": round(seconds, 3),
            "tokens_per_second": speed(tokens, seconds - (first or 0.0)),
            "check_seconds": round(time.monotonic() - started - seconds, 3),
            "verdicts": dict(Counter(sentence.verdict for sentence in sentences)),
            "corrections": [
                {"cited": list(sentence.corrected_from), "supported_by": list(sentence.citations)}
                for sentence in sentences
                if sentence.corrected_from
            ],
        },
        described=described or {},
        fault=fault,
        unanswered=tuple(unanswered),
    )
    if fault:
        raise BrokenOff(answer)
    return answer


def ask_matter(
    library: Library,
    matter_id: str,
    question: str,
    engine: Engine,
    how: How,
    *,
    origin: Mapping[str, Any] | None = None,
    on_unanswered: Callable[[Sequence[str]], None] = lambda questions: None,
    on_passages: Callable[[Sequence[RankedPassage]], None] = lambda passages: None,
    on_text: Callable[[str], None] = lambda text: None,
) -> Answer:
    """Asks a matter: searches it, then answers from what was found.

    The engine may still be loading: the search runs meanwhile. Of a text with several questions
    each is searched; those that the file does not answer are told to ``on_unanswered`` and, unless
    asked ``anyway``, left out. ``origin`` says in the receipt, without text, what the question was
    made from. Where the evidence is weak no model is asked, unless ``anyway``: the memorandum says
    that the file does not answer. Where sentences are tried once more or left out, what ``on_text``
    got is not the last word.

    Raises:
        EmptyQuestion, EmptyScope, UnknownMatter, IndexUnavailable: as ``find``; no answer without
            ground.
        ModelUnavailable: the engine does not have the adapter.
        BrokenOff: as ``ask``, or the model could not be loaded.
    """
    chosen = next((known for known in engine.adapters if known.name == how.adapter), None)
    if how.adapter is not None and chosen is None:
        raise ModelUnavailable(f"{how.adapter}: the engine was started without this adapter")
    found = find_each(library, matter_id, question, how.k, how.scope, anyway=how.anyway)
    if how.retrieve and found.unanswered:
        on_unanswered(found.unanswered)
    on_passages(found.passages)
    evidence = {"strength": round(found.evidence.strength, 3), "weak": found.evidence.weak}
    given = found.passages if how.retrieve else []
    documents = library.documents(matter_id)
    described = {document.path: document.description for document in documents}
    asked = how.scope.of(documents)
    rules = grammar.memorandum_grammar(len(given), how.max_tokens) if how.bound else None
    limit = grammar.most_tokens(how.max_tokens) if how.bound else how.max_tokens
    receipt = {
        **(origin or {}),
        "matter": matter_id,
        "generation": max((document.generation for document in documents), default=0),
        "documents_asked": None if how.scope == EVERYWHERE else [one.id for one in asked],
        "evidence": evidence if how.retrieve else None,
        "abstained": how.retrieve and found.evidence.weak and not how.anyway,
        "unanswered": len(found.unanswered) if how.retrieve else 0,
        "search_seconds": found.seconds,
        **made_by(engine, chosen, rules),
    }
    if receipt["abstained"]:
        names = [document.name for document in asked]
        return _not_answered(question, found, names, receipt, described, on_text)
    try:
        model = engine.chat_model(chosen, max_tokens=limit, grammar=rules, matter=matter_id)
    except ModelUnavailable as error:
        ground = tuple(ranked.passage for ranked in given)
        made = {**receipt, **made_from(question, ground)}
        raise BrokenOff(
            Answer(question, "", ground, (), made, described, fault=str(error))
        ) from error
    meaning = nearness(library.embedder.passages, citations.sentences)
    answer = ask(
        question,
        passages=given,
        model=model,
        receipt=receipt,
        meaning=meaning,
        described=described,
        put=found.asked if how.retrieve else question,
        unanswered=found.unanswered if how.retrieve else (),
        bound_to=how.max_tokens if how.bound else None,
        on_text=on_text,
    )
    if not given or not (how.retry or how.drop):
        return answer
    return _mended(answer, engine, chosen, meaning, how)


def _mended(
    answer: Answer,
    engine: Engine,
    adapter: Adapter | None,
    meaning: Meaning,
    how: How,
) -> Answer:
    """The answer with its unsupported sentences tried once more, or left out."""
    excerpts = [excerpt(passage) for passage in answer.passages]

    said = writer(engine, adapter, repair.TOKENS, answer.receipt["matter"])

    def write(messages: list[prompts.Message], rules: str) -> str:
        return OutputFilter([one.shown for one in excerpts]).clean(said(messages, rules))

    mended = repair.mended(
        answer.text,
        answer.sentences,
        excerpts,
        [source(passage) for passage in answer.passages],
        write if how.retry else None,
        drop=how.drop,
        meaning=meaning,
    )
    return replace(
        answer,
        text=mended.text,
        sentences=mended.sentences,
        receipt={**answer.receipt, **mended.figures, "verdicts": mended.verdicts},
    )


def _not_answered(
    question: str,
    found: Searched,
    documents: Sequence[str],
    receipt: dict[str, Any],
    described: Mapping[str, Description],
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
            **made_from(question, given),
            "first_token_seconds": 0.0,
            "seconds": 0.0,
            "tokens_per_second": 0.0,
        },
        described=described,
    )


def _cut(checked: Sequence[CheckedSentence], ends: Collection[int]) -> list[CheckedSentence]:
    """The sentences, but those that end where the grammar ended a section say why."""
    return [
        CheckedSentence(one.start, one.end, one.citations, "unchecked", CUT)
        if one.end in ends
        else one
        for one in checked
    ]


def _unchecked(text: str) -> list[CheckedSentence]:
    """The sentences of a memorandum that broke off; its last one may say half of what it would."""
    return [
        CheckedSentence(one.start, one.end, one.citations, "unchecked", STOPPED)
        for one in citations.check(text, [])
    ]
