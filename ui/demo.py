"""The whole story on the sample matter: check, train, ingest, ask, compare.

Figures come from the run itself. What was done once is kept under ``<home>/demo.json`` and
shown again, as long as data, prompt, model and adapter are the same.
"""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from retrieval.library import Library
from retrieval.packaged import file_sha256
from serving import adapters, prompts
from serving.adapters import Adapter
from serving.answer import ask_matter
from serving.answered import Answer
from serving.llamacpp import LlamaCpp
from serving.models import resolve
from serving.proof import Proof
from serving.settings import ModelSettings
from training.checks import check_examples
from training.config import TrainingConfig
from training.examples import read_examples
from ui.asking import how_to_ask
from ui.recording import record, record_ingest, recorded_ask
from ui.samples import MATTER, MATTER_ID, MEMORANDA, Question, questions

QUESTIONS = 3
PASSAGES = 6


@dataclass(frozen=True, slots=True)
class Figures:
    """What the demonstration counts in one memorandum."""

    headings: int
    """Of the five, in order."""
    cited: int
    invalid: int
    """Citations of passages that were not given."""
    facts_found: int
    facts: int
    tokens_per_second: float


def run_demo(
    library: Library,
    settings: ModelSettings,
    config: TrainingConfig,
    train: Callable[[TrainingConfig, Path], Adapter],
    prove: Callable[[Path, Adapter], Proof],
    *,
    console: Console,
    again: bool,
) -> None:
    """Runs the story and prints it. ``train`` trains an adapter, ``prove`` runs its gate."""
    data = file_sha256(MEMORANDA)
    adapter = _trained(library.home, data, config) or _train(config, train, console)
    _promote(library.home, adapter, settings, prove, console)
    _ingest(library, console)
    key = f"{data}/{adapter.name}/{prompts.fingerprint()}/{settings.base}"
    kept = library.home / "demo.json"
    told = json.loads(kept.read_text(encoding="utf-8")) if kept.exists() else {}
    if again or told.get("key") != key:
        told = {"key": key, "rows": _compare(library, settings, adapter, console)}
        kept.write_text(json.dumps(told, indent=2), encoding="utf-8")
    _print_story(adapter, told["rows"], console)


def _trained(home: Path, data: str, config: TrainingConfig) -> Adapter | None:
    """An adapter that was trained before in the same way: examples, prompt, configuration."""
    fitting = [
        adapter
        for adapter in adapters.adapters(home)
        if adapter.card["config"] == config.model_dump()
        and adapter.card["data"]["sha256"] == data
        and adapter.card["prompt"] == prompts.fingerprint()
    ]
    return fitting[-1] if fitting else None


def _train(
    config: TrainingConfig, train: Callable[[TrainingConfig, Path], Adapter], console: Console
) -> Adapter:
    examples = read_examples(MEMORANDA)
    faults = check_examples(examples)
    console.print(
        f"[bold]1. Train[/]  {len(examples)} memoranda about "
        f"{len({example.matter for example in examples})} matters, {len(faults)} faults found: "
        "every name, date and amount stands in its prompt. Five to ten minutes of training follow."
    )
    return train(config, MEMORANDA)


def _promote(
    home: Path,
    adapter: Adapter,
    settings: ModelSettings,
    prove: Callable[[Path, Adapter], Proof],
    console: Console,
) -> None:
    """Makes the adapter live if a gate of a few prompts is green; says so where it is not."""
    base = resolve(settings.base, settings.base_sha256)
    proof = adapter.proof
    now = (prompts.fingerprint(), base.sha256)
    if proof is None or not proof.green or (proof.prompt, proof.base) != now:
        proof = prove(home, adapter)
    passed = sum(check.passed for check in proof.checks)
    console.print(
        f"[bold]   Gate[/]  {passed} of {len(proof.checks)} checks passed"
        + (" on a few prompts, enough for this demonstration; " if proof.quick else "; ")
        + f"`casewright adapters verify {adapter.name}` asks in full."
    )
    if proof.green:
        adapters.promote(home, adapter, base, quick_enough=True)
        record(home, "promote", adapter=adapter.name)
        return
    for check in proof.checks:
        if not check.passed:
            console.print(f"   not passed: {check.name}: {check.told}", markup=False)
    console.print("   It is shown beside the base model here, but does not go live.")


def _ingest(library: Library, console: Console) -> None:
    verdicts = library.ingest(MATTER_ID, [MATTER])
    record_ingest(library, MATTER_ID, verdicts)
    documents = library.documents(MATTER_ID)
    console.print(
        f"[bold]2. Ingest[/]  {len(verdicts)} documents of the sample matter {MATTER_ID}, "
        f"{sum(document.passages for document in documents)} passages."
    )


def _compare(
    library: Library, settings: ModelSettings, adapter: Adapter, console: Console
) -> list[dict[str, Any]]:
    engine = LlamaCpp(
        resolve(settings.base, settings.base_sha256),
        [adapter],
        context=settings.context,
        threads=settings.threads,
    )
    console.print(f"[bold]3. Ask[/]  {QUESTIONS} questions, to the base model and the adapter.")
    rows = []
    for question in questions()[:QUESTIONS]:
        for name in (None, adapter.name):
            with recorded_ask(library.home, MATTER_ID, question.question) as recorder:
                answer = recorder.answer = ask_matter(
                    library,
                    MATTER_ID,
                    question.question,
                    engine,
                    how_to_ask(settings, PASSAGES, name, retrieve=True, anyway=True),
                )
            rows.append(
                {
                    "question": question.question,
                    "model": name or "base",
                    "text": answer.text,
                    **asdict(figures(answer, question)),
                }
            )
    engine.close()
    return rows


def figures(answer: Answer, question: Question) -> Figures:
    """Counts what is shown of one answer."""
    from serving.citations import citations
    from serving.memo import headings_written

    cited = citations(answer.text)
    plain = " ".join(answer.text.split()).lower()
    return Figures(
        headings=headings_written(answer.text),
        cited=len(cited),
        invalid=sum(not 1 <= number <= len(answer.passages) for number in cited),
        facts_found=sum(fact.lower() in plain for fact in question.facts),
        facts=len(question.facts),
        tokens_per_second=answer.receipt["tokens_per_second"],
    )


def _print_story(adapter: Adapter, rows: list[dict[str, Any]], console: Console) -> None:
    for index in range(0, len(rows), 2):
        console.rule(rows[index]["question"], align="left", style="dim")
        side = Table(box=None, expand=True, padding=(0, 2, 0, 0))
        for row in rows[index : index + 2]:
            side.add_column(row["model"], ratio=1, overflow="fold", header_style="bold")
        side.add_row(*(Text(row["text"]) for row in rows[index : index + 2]))
        console.print(side)
    held_out = adapter.card["held_out"]
    console.rule("What changed", align="left")
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in ("", "base", adapter.name):
        table.add_column(title, justify="left" if not title else "right")
    base = [row for row in rows if row["model"] == "base"]
    tuned = [row for row in rows if row["model"] != "base"]
    rows_told: list[tuple[str, Callable[[list[dict[str, Any]]], str]]] = [
        ("headings in order, of 5", lambda side: f"{_mean(side, 'headings'):.1f}"),
        ("passages cited", lambda side: f"{_mean(side, 'cited'):.1f}"),
        ("citations of no passage", lambda side: f"{_sum(side, 'invalid')}"),
        ("gold facts found", lambda side: f"{_sum(side, 'facts_found')} of {_sum(side, 'facts')}"),
        ("tokens a second", lambda side: f"{_mean(side, 'tokens_per_second'):.0f}"),
    ]
    for title, told in rows_told:
        table.add_row(title, told(base), told(tuned))
    table.add_row(
        "held-out loss per token", f"{held_out['before']:.3f}", f"{held_out['after']:.3f}"
    )
    console.print(table)
    console.print("\nNow ask for yourself: [bold]casewright app[/]")


def _mean(rows: list[dict[str, Any]], key: str) -> float:
    return float(sum(row[key] for row in rows)) / len(rows)


def _sum(rows: list[dict[str, Any]], key: str) -> int:
    return int(sum(row[key] for row in rows))
