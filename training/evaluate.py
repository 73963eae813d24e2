"""evaluate(): the proof which of adapter and retrieval does what, on the user's own matter.

1. Each question gets its passages: those that a search finds, and the gold ones.
2. Each arm answers each question, greedily, nothing kept of an earlier prompt (``asking``).
3. Each memorandum is scored for its style, blind to facts, and for its facts, blind to form.
4. Effects are compared within each question, with intervals over the questions (``effects``).
"""

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from retrieval.library import Library
from serving import prompts
from serving.adapters import Adapter
from serving.engine import Engine
from training import gold
from training.arms import VARIANTS, Arm
from training.asking import Decoding, ask_all
from training.costs import Cost, arm_cost, indexing_seconds, priced, training_cost
from training.effects import Effect, mean
from training.examples import Example
from training.fact_score import FactScore, fact_score
from training.gold import GoldQuestion
from training.grounds import Grounds, grounds
from training.house_profile import Profile, profile_of
from training.measures import MEASURES, EffectRow, Finding, effect_rows, findings
from training.style_score import StyleScore, style_score
from training.written import Pages, Written

EVALUATION = "evaluation.json"
"""What came of a run, in its folder: figures, no text."""


@dataclass(frozen=True, slots=True)
class Scored:
    """One memorandum with its scores."""

    written: Written
    style: StyleScore
    facts: FactScore


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What came out."""

    about: dict[str, Any]
    """What was evaluated and how: names, hashes, counts."""
    arms: tuple[Arm, ...]
    questions: tuple[GoldQuestion, ...]
    scored: tuple[Scored, ...]
    table: dict[str, dict[str, Effect]]
    """By arm and measure: the mean with its interval."""
    effects: tuple[EffectRow, ...]
    findings: tuple[Finding, ...]
    costs: tuple[Cost, ...]

    def as_json(self) -> dict[str, Any]:
        """Gives it for a program, without a word that a model or a document wrote."""
        return {
            "about": self.about,
            "findings": [asdict(one) for one in self.findings],
            "effects": [asdict(one) for one in self.effects],
            "table": {
                arm: {measure: asdict(one) for measure, one in row.items()}
                for arm, row in self.table.items()
            },
            "costs": [asdict(one) for one in self.costs],
            "scores": [
                {
                    "arm": one.written.arm,
                    "question": one.written.question,
                    "style": {"score": one.style.score, **asdict(one.style)},
                    "facts": {"score": one.facts.score, **asdict(one.facts)},
                }
                for one in self.scored
            ],
        }


def evaluate(
    library: Library,
    matter: str,
    questions: Sequence[GoldQuestion],
    engine: Engine,
    adapter: Adapter,
    *,
    arms: Sequence[Arm],
    k: int,
    decoding: Decoding,
    memoranda: Sequence[Example],
    folder: Path,
    price: float = 0.0,
    report: Callable[[int, int, str], None] = lambda done, of, what: None,
) -> Evaluation:
    """Gives the evaluation of an adapter on a matter; goes on where an earlier run was cut short.

    ``memoranda`` are the house's own, against which style is measured; what is written is kept in
    a folder under ``folder`` that is named for all that the texts depend on; ``price`` is what an
    hour of this machine costs.

    Raises:
        CasewrightError: a gold span lies in no passage of the matter.
        ModelUnavailable: the engine failed; what was written by then is kept.
    """
    about = described(library, matter, questions, engine, adapter, k, decoding)
    own = folder / name_of(about)
    asked = grounds(library, matter, questions, k)
    pages = Pages(own / "written.jsonl")
    ask_all(engine, adapter, arms, asked, pages, decoding, report)
    house_profile = profile_of(memoranda)
    scored = [score(pages, arm, one, house_profile) for one in asked for arm in arms]
    about |= {
        "folder": str(own),
        "weak": sum(one.weak for one in asked if one.question.answerable),
        "weak_unanswerable": sum(one.weak for one in asked if not one.question.answerable),
        "house_memoranda": house_profile.memoranda,
        "held_out": dict(adapter.card.get("held_out", {})),
    }
    costs = _costs(library, matter, adapter, arms, asked, scored, folder, price)
    return summed_up(about, arms, asked, scored, costs)


def described(
    library: Library,
    matter: str,
    questions: Sequence[GoldQuestion],
    engine: Engine,
    adapter: Adapter | None,
    k: int,
    decoding: Decoding,
) -> dict[str, Any]:
    """Gives all that what is written in an arm depends on."""
    return {
        "matter": matter,
        "generations": sorted(library.active_generations(matter)),
        "asked": gold.fingerprint(questions),
        "questions": len(questions),
        "answerable": sum(one.answerable for one in questions),
        "made": sum(one.made for one in questions),
        "base": engine.base.name,
        "base_sha256": engine.base.sha256,
        "adapter": None if adapter is None else adapter.name,
        "prompts": {variant: prompts.fingerprint(variant) for variant in VARIANTS},
        "k": k,
        **asdict(decoding),
    }


def name_of(about: dict[str, Any]) -> str:
    """Gives the name of a run's folder. More arms of the same run share it."""
    return hashlib.sha256(json.dumps(about, sort_keys=True).encode()).hexdigest()[:12]


def score(pages: Pages, arm: Arm, one: Grounds, house_profile: Profile) -> Scored:
    """Gives the scores of what was written in an arm on a question."""
    written = pages.get(arm.name, one.question.id, one.ids(arm.ground))
    assert written is not None, "every arm was asked"
    return Scored(
        written,
        style_score(written.text, house_profile),
        fact_score(written.text, one, arm.ground),
    )


def summed_up(
    about: dict[str, Any],
    arms: Sequence[Arm],
    asked: Sequence[Grounds],
    scored: Sequence[Scored],
    costs: Sequence[Cost],
) -> Evaluation:
    """Gives the means, effects and findings of what was scored."""
    ids = [one.question.id for one in asked]
    figures: dict[str, dict[str, dict[str, float | None]]] = {
        measure: {arm.name: {} for arm in arms} for measure in MEASURES
    }
    for one in scored:
        for measure, measured in MEASURES.items():
            value = measured(one.style, one.facts)
            figures[measure][one.written.arm][one.written.question] = value
    table = {
        arm.name: {
            measure: found
            for measure in MEASURES
            if (found := mean(figures[measure], arm, ids)) is not None
        }
        for arm in arms
    }
    rows = effect_rows(figures, arms, ids)
    return Evaluation(
        about,
        tuple(arms),
        tuple(one.question for one in asked),
        tuple(scored),
        table,
        tuple(rows),
        tuple(findings(rows)),
        tuple(costs),
    )


def _costs(
    library: Library,
    matter: str,
    adapter: Adapter,
    arms: Sequence[Arm],
    asked: Sequence[Grounds],
    scored: Sequence[Scored],
    folder: Path,
    price: float,
) -> list[Cost]:
    kept, generations = folder / "indexing.json", sorted(library.active_generations(matter))
    known = json.loads(kept.read_text(encoding="utf-8")) if kept.exists() else {}
    if known.get("generations") != generations:
        known = {"generations": generations, "seconds": indexing_seconds(library, matter)}
        kept.write_text(json.dumps(known), encoding="utf-8")
    searched = sum(one.search_seconds for one in asked) / len(asked)
    costs = [
        training_cost(adapter.card),
        Cost("indexing, once", known["seconds"]),
    ]
    for arm in arms:
        rows = [one.written for one in scored if one.written.arm == arm.name]
        costs.append(arm_cost(arm.name, rows, searched if arm.ground == "retrieved" else 0.0))
    return [priced(one, price) for one in costs if one is not None]
