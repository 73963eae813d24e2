"""Where the fault lies in what was written on a question, and what to do next.

The question is asked again with one thing changed at a time: gold passages for those retrieved,
the base model for the adapter, the thorough prompt for the plain one. What mends the memorandum was
at fault. The cheapest lever comes first: the prompt, then retrieval, then the adapter. Where none
of them mends it the model is too small, and where the file has no answer no model can give one.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from retrieval.documents import Passage
from retrieval.library import Library
from retrieval.search import search
from serving.abstain import what_would_answer
from serving.adapters import Adapter
from serving.engine import Engine
from training.arms import Arm
from training.asking import Decoding, ask_all
from training.evaluate import Scored, score
from training.fact_score import stands
from training.gold import GoldQuestion, GoldSpan
from training.grounds import Grounds
from training.house_profile import Profile
from training.written import Pages

Fault = Literal["prompt", "retrieval", "adapter", "model", "file"]

FACTS_RIGHT = 0.75
"""The fact score from which on a memorandum is taken for right: of two gold facts both, or of three
two, with nearly all that it states supported."""
STYLE_RIGHT = 0.8
"""The style score from which on it is taken for the house's; held-out ones that ship have 0.98."""
BETTER = 0.05
"""By how much an adapter's style must be above its base's not to be at fault for it."""
RANKED = 64
ORACLE = 12
"""Passages that stand for gold where nothing is known of the answer."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was found of one question."""

    question: str
    """Its id."""
    facts: Fault | None
    """What is at fault for the facts; None where they are right."""
    style: Fault | None
    """The same of the style."""
    reasons: tuple[str, ...]
    """What was seen, a line each."""
    next: tuple[str, ...]
    """What to do, a line for each fault."""
    figures: Mapping[str, tuple[float, float]]
    """By arm: style score and fact score."""

    @property
    def faults(self) -> tuple[Fault, ...]:
        """What is at fault, facts first, each once."""
        return tuple(dict.fromkeys(one for one in (self.facts, self.style) if one is not None))


def arms_to_ask(*, adapted: bool) -> tuple[Arm, ...]:
    """Gives the arms that a diagnosis asks: as it is asked now first, then one thing changed."""
    now = (
        Arm(adapted, "retrieved"),
        Arm(adapted, "retrieved", "thorough"),
        Arm(adapted, "gold"),
        Arm(adapted, "gold", "thorough"),
    )
    return (*now, Arm(False, "retrieved"), Arm(False, "gold")) if adapted else now


def diagnose(
    engine: Engine,
    adapter: Adapter | None,
    questions: Sequence[Grounds],
    house_profile: Profile,
    pages: Pages,
    decoding: Decoding,
    report: Callable[[int, int, str], None] = lambda done, of, what: None,
) -> list[Verdict]:
    """Gives the verdict on each question; what is written in ``pages`` is not asked again.

    Raises:
        ModelUnavailable: the engine failed; what was written by then is kept.
    """
    arms = arms_to_ask(adapted=adapter is not None)
    ask_all(engine, adapter, arms, questions, pages, decoding, report)
    return [
        judge(one, {arm: score(pages, arm, one, house_profile) for arm in arms})
        for one in questions
    ]


def question_of(
    library: Library, matter: str, question: str, facts: Sequence[str]
) -> tuple[GoldQuestion, list[str]]:
    """Gives a question with the passages that hold its answer, and the facts that none states.

    Where the user names the facts of the answer, gold are the passages that state them, of each the
    best ranked, looked for in all of the matter; else the best of a search that is twice as wide.

    Raises:
        UnknownMatter, IndexUnavailable, EmptyQuestion: as a search.
    """
    ranked = [one.passage for one in search(library, matter, question, RANKED)]
    if not facts:
        spans = [_span(passage) for passage in ranked[:ORACLE]]
        return GoldQuestion("q1", question, True, (), tuple(spans)), []
    every = [
        passage for document in library.documents(matter) for passage in library.passages(document)
    ]
    place = {passage.id: at for at, passage in enumerate(ranked)}
    gold: list[GoldSpan] = []
    lost = []
    for fact in facts:
        holding = [passage for passage in every if stands(fact, passage.text)]
        holding.sort(key=lambda passage: place.get(passage.id, RANKED))
        gold += [_span(passage) for passage in holding[:1]]
        lost += [] if holding else [fact]
    return GoldQuestion("q1", question, True, tuple(facts), tuple(dict.fromkeys(gold))), lost


def judge(asked: Grounds, scored: Mapping[Arm, Scored]) -> Verdict:
    """Gives the verdict on one question from what was written on it in each arm."""
    now = next(iter(scored))
    facts, facts_seen = _of_facts(asked, scored, now)
    style, style_seen = _of_style(scored, now)
    faults = dict.fromkeys(one for one in (facts, style) if one is not None)
    return Verdict(
        question=asked.question.id,
        facts=facts,
        style=style,
        reasons=tuple(one for one in (facts_seen, style_seen) if one),
        next=tuple(
            _next(one, asked, adapted=now.adapted, worse=_worse(scored, now)) for one in faults
        ),
        figures={
            arm.name: (round(one.style.score, 3), round(one.facts.score, 3))
            for arm, one in scored.items()
        },
    )


def lacking(asked: Grounds) -> list[GoldSpan]:
    """Gives the gold spans that no passage retrieved holds any of."""
    return [
        span
        for span in asked.question.spans
        if not any(span.within(passage) for passage in asked.retrieved)
    ]


Tried = list[tuple[bool, Fault, str]]
"""Whether it holds, what then is at fault, and what was seen; the first that holds counts."""


def _of_facts(asked: Grounds, scored: Mapping[Arm, Scored], now: Arm) -> tuple[Fault | None, str]:
    def right(arm: Arm) -> bool:
        return arm in scored and scored[arm].facts.score >= FACTS_RIGHT

    if right(now):
        return None, ""
    retrieved = right(Arm(now.adapted, "retrieved", "thorough"))
    base = now.adapted and right(Arm(False, "retrieved"))
    if asked.question.answerable:
        gold = right(Arm(now.adapted, "gold"))
        thorough_gold = right(Arm(now.adapted, "gold", "thorough"))
        base_gold = now.adapted and right(Arm(False, "gold"))
        tried = _answerable(
            len(lacking(asked)),
            len(asked.question.spans),
            retrieved=retrieved,
            base=base,
            gold=gold,
            thorough_gold=thorough_gold,
            base_gold=base_gold,
        )
    else:
        told = "the file does not answer"
        tried = [
            (retrieved, "prompt", f"{told}; only by the thorough prompt it is said so"),
            (base, "adapter", f"{told}; the base model says so, the adapter does not"),
            (True, "file", f"{told}, and the model answers all the same"),
        ]
    return next((fault, told) for holds, fault, told in tried if holds)


def _answerable(
    absent: int,
    spans: int,
    *,
    retrieved: bool,
    base: bool,
    gold: bool,
    thorough_gold: bool,
    base_gold: bool,
) -> Tried:
    """What may be at fault where the file answers; ``absent`` of its gold spans were not found.

    The others say what is right: by the thorough prompt or the base model from the passages
    retrieved, and from gold ones by the plain prompt, the thorough one, or the base model.
    """
    told = f"{absent} of {spans} places of the answer were not found"
    return [
        (
            not absent and retrieved,
            "prompt",
            "right from the same passages, asked by the thorough prompt",
        ),
        (not absent and base, "adapter", "right from the same passages, written by the base model"),
        (gold, "retrieval", f"right from the passages that hold the answer; {told}"),
        (
            thorough_gold,
            "retrieval" if absent else "prompt",
            f"right from gold passages, asked by the thorough prompt; {told}",
        ),
        (base_gold, "adapter", f"right from gold passages, written by the base model; {told}"),
        (
            0 < spans == absent,
            "retrieval",
            f"{told}; from gold passages it is not right either",
        ),
        (True, "model", f"not right from gold passages, by any prompt; {told}"),
    ]


def _of_style(scored: Mapping[Arm, Scored], now: Arm) -> tuple[Fault | None, str]:
    def style(arm: Arm) -> float:
        return scored[arm].style.score

    if style(now) >= STYLE_RIGHT:
        return None, ""
    thorough = style(Arm(now.adapted, "retrieved", "thorough"))
    if thorough >= STYLE_RIGHT:
        return "prompt", f"style {style(now):.2f}, and {thorough:.2f} by the thorough prompt"
    if not now.adapted:
        return "adapter", f"style {style(now):.2f} without an adapter, by any prompt"
    base = style(Arm(False, "retrieved"))
    if _worse(scored, now):
        return "adapter", f"style {style(now):.2f}, the base model's {base:.2f}: no better"
    return "adapter", f"style {style(now):.2f}, the base model's {base:.2f}: better, not enough"


def _worse(scored: Mapping[Arm, Scored], now: Arm) -> bool:
    """Whether an adapter does harm: style no better than its base's, or facts worse."""
    base = scored[Arm(False, "retrieved")]
    return now.adapted and (
        scored[now].style.score < base.style.score + BETTER
        or scored[now].facts.score < FACTS_RIGHT <= base.facts.score
    )


def _next(fault: Fault, asked: Grounds, *, adapted: bool, worse: bool) -> str:
    if fault == "prompt":
        return (
            "Prompt: say in the house's register (CASEWRIGHT_HOUSE) what the thorough prompt adds, "
            "and train with it"
        )
    if fault == "retrieval":
        absent = lacking(asked)
        where = f" ({', '.join(dict.fromkeys(one.document for one in absent))})" if absent else ""
        return (
            f"Retrieval: name the document in the question or by --document{where}, describe it "
            "(`casewright describe`), or give more passages (CASEWRIGHT_PASSAGES)"
        )
    if fault == "adapter":
        if adapted:
            better = "train again on more or cleaner examples (`casewright dataset check`)"
            return f"Adapter: {'`casewright adapters rollback`, or ' if worse else ''}{better}"
        return "Adapter: none is in use, and style is what training is for (`casewright train`)"
    if fault == "model":
        return (
            "Model: name a larger base model in CASEWRIGHT_BASE; neither prompt nor passages help"
        )
    wanted = what_would_answer(asked.question.question)
    return f"File: ingest {wanted}, and let `ask` decline until then (no --answer-anyway)"


def _span(passage: Passage) -> GoldSpan:
    return GoldSpan(passage.path, passage.start, passage.end)
