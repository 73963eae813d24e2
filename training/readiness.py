"""Does it pay to train? Five questions, in order, answered from the user's own matter and figures.

In the order of what is cheapest to try: facts come from retrieval, what changes must not go into
weights, behaviour is what training is for, it takes examples, and a prompt costs nothing.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from retrieval.library import Library
from training.evaluate import EVALUATION

ENOUGH = 200
"""Examples from which on training is worth its while."""


@dataclass(frozen=True, slots=True)
class Answered:
    """One of the five questions."""

    question: str
    answer: str
    """``yes``, ``no`` or ``not known``."""
    told: str
    """From what, and what follows."""


def readiness(library: Library, matter: str, folder: Path, examples: int | None) -> list[Answered]:
    """Gives the five answers on a matter.

    ``folder`` is where its evaluations lie, the newest of which is read; ``examples`` how many
    there are to train on, or None.

    Raises:
        UnknownMatter: no such matter.
    """
    found = _newest(folder)
    effects = {(one["what"], one["measure"]): one["effect"] for one in found.get("effects", ())}
    return [
        _lacks_facts(effects),
        _changes(library, matter),
        _is_behaviour(found),
        _has_examples(examples),
        _tried_prompts(effects),
    ]


NOT_MEASURED = "not measured on this matter; run `casewright evaluate` on it"
Effects = Mapping[tuple[str, str], Mapping[str, float]]


def _lacks_facts(effects: Effects) -> Answered:
    question = "Does it lack facts?"
    one = effects.get(("retrieval", "fact score"))
    if one is None:
        return Answered(question, "not known", NOT_MEASURED)
    gains = one["low"] > 0
    told = f"passages change the fact score by {_told(one)}"
    return Answered(
        question,
        "yes" if gains else "no",
        f"{told}: ingest more of the file, it is not training that gives them" if gains else told,
    )


def _changes(library: Library, matter: str) -> Answered:
    documents = library.documents(matter)
    newest = max((one.generation for one in documents), default=0)
    replaced = newest - len(documents)
    days = [one.description.date for one in documents if one.description.date]
    dated = f", the newest dated {max(days)}" if days else ""
    return Answered(
        "Does the data change?",
        "yes" if replaced > 0 else "no",
        f"{len(documents)} documents{dated}, {max(replaced, 0)} replaced or deleted since "
        "the first ingest: what changes is searched for, and never trained on",
    )


def _is_behaviour(found: Mapping[str, Any]) -> Answered:
    question = "Is it behaviour?"
    one = found.get("table", {}).get("base, retrieved, plain", {}).get("style score")
    if one is None:
        return Answered(question, "not known", NOT_MEASURED)
    far = one["high"] < 0.8
    return Answered(
        question,
        "yes" if far else "no",
        f"the base model's style score is {one['mean']:.2f}, the house's own is near 1: "
        + ("training can move this" if far else "it already writes like the house"),
    )


def _has_examples(examples: int | None) -> Answered:
    question = f"Are there {ENOUGH} examples or more?"
    if examples is None:
        return Answered(
            question, "not known", "make them: `casewright dataset build`, then --memoranda FILE"
        )
    few = examples < ENOUGH
    return Answered(
        question,
        "no" if few else "yes",
        f"{examples:,} to train on" + ("; more memoranda come before training" if few else ""),
    )


def _tried_prompts(effects: Effects) -> Answered:
    question = "Was prompting tried?"
    tried = {
        name: effects.get((f"{name} prompt (base)", "style score"))
        for name in ("thorough", "few-shot")
    }
    told = [f"{name} {_told(one)}" for name, one in tried.items() if one is not None]
    if not told:
        return Answered(question, "no", NOT_MEASURED)
    changes = "; ".join(told)
    return Answered(question, "yes", f"it changes the base model's style score by: {changes}")


def _told(one: Mapping[str, float]) -> str:
    return f"{one['mean']:+.2f} ({one['low']:+.2f} to {one['high']:+.2f})"


def _newest(folder: Path) -> dict[str, Any]:
    files = sorted(folder.glob(f"*/{EVALUATION}"), key=lambda file: file.stat().st_mtime)
    return dict(json.loads(files[-1].read_text(encoding="utf-8"))) if files else {}
