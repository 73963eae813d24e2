"""The gate that an adapter passes before it goes live; what it found is kept beside it.

Served as trained (PEFT against the engine that answers), another model than its base, the house's
form up, facts not down, nothing of its training data in its weights.
"""

import datetime
import importlib.metadata
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from retrieval.errors import CasewrightError
from retrieval.packaged import file_sha256
from serving import adapters, prompts
from serving.adapter_files import check_files
from serving.adapters import Adapter
from serving.models import BaseModel
from serving.proof import Check, Proof, write_proof
from training.examples import Example, read_examples
from training.house_profile import Profile, profile_of
from training.memoranda.vary import MEMORANDA
from training.thresholds import leak, served_as_trained, style_and_facts

if TYPE_CHECKING:
    from serving.completion import Completions
    from serving.engine import Engine
    from serving.vllm_address import VllmAddress
    from training.checkpoint import TrainingBase
    from training.leaks import Ranked
    from training.scoring import Scorer

FEW = 20
"""With fewer examples left that were not trained on, the shipped memoranda are a control too."""

VERSIONS = ("torch", "transformers", "peft", "xllamacpp")


class BadProofData(CasewrightError):
    """Data that the gate cannot be run on."""


@dataclass(frozen=True, slots=True)
class Extent:
    """How much the gate asks."""

    prompts: int
    base_prompts: int
    memoranda: int
    memo_tokens: int
    probes: int


FULL = Extent(prompts=50, base_prompts=10, memoranda=6, memo_tokens=512, probes=36)
QUICK = Extent(prompts=3, base_prompts=3, memoranda=1, memo_tokens=256, probes=6)


def prove(
    home: Path,
    adapter: Adapter,
    base: "BaseModel | TrainingBase",
    *,
    server: "VllmAddress | None" = None,
    data: Path | None = None,
    canaries: Sequence[str] = (),
    extent: Extent = FULL,
    threads: int = 0,
    report: Callable[[int, int, str], None] = lambda done, of, what: None,
) -> Proof:
    """Runs the gate on an adapter and writes what it found beside it.

    It is served by the vLLM ``server``, or by llama.cpp in this process, which wants a GGUF file.
    ``data`` is the file that the adapter was trained on; the shipped memoranda are known. Without
    it the adapter cannot be shown to hold nothing of it, and does not pass.

    Raises:
        ModelUnavailable: the adapter is altered or of another base, or the engine fails, or does
            not serve it.
        BadAdapter: its files are refused.
        BadProofData: ``data`` is another file than the adapter was trained on.
    """
    # Heavy imports stay inside: whoever reads a proof must not load torch.
    from training.scoring import Scorer

    started = time.monotonic()
    adapters.verify(adapter, base)
    check_files(adapter.folder)
    trained_on = training_data(adapter, data)
    examples = read_examples(trained_on or MEMORANDA)
    held_out = [one for one in examples if one.split == "held-out"]
    held_out = _by_turns(held_out or read_examples(MEMORANDA))
    done = 0
    steps = extent.prompts + 2 * extent.memoranda + 2 * extent.probes

    def step(what: str) -> None:
        nonlocal done
        done += 1
        report(min(done, steps), steps, what)

    engine, completions = _serving(base, adapter, server, threads)
    report(0, steps, f"loading the adapter in PEFT, beside {completions.name}")
    try:
        scorer = Scorer(adapter.folder, _checkpoint(base, home), threads)
        checks = _served_as_trained(completions, adapter, scorer, held_out, extent, step)
        house = profile_of(examples)
        checks += _style_and_facts(engine, adapter, held_out, house, extent, step)
    finally:
        engine.close()
    checks.append(leak_check(scorer, adapter, trained_on, canaries, extent, step))
    proof = Proof(
        adapter=adapter.name,
        files=adapter.card["files"],
        base=base.sha256,
        prompt=prompts.fingerprint(),
        quick=extent != FULL,
        date=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        seconds=round(time.monotonic() - started, 1),
        versions={name: importlib.metadata.version(name) for name in VERSIONS},
        engine=completions.name,
        checks=tuple(checks),
    )
    write_proof(adapter.folder, proof)
    report(steps, steps, proof.state)
    return proof


def training_data(adapter: Adapter, data: Path | None) -> Path | None:
    """Gives the file that an adapter was trained on; None where it is not known.

    Raises:
        BadProofData: ``data`` was named and is another file.
    """
    expected = adapter.card.get("data", {}).get("sha256")
    if data is None:
        return MEMORANDA if expected == file_sha256(MEMORANDA) else None
    if not data.is_file():
        raise BadProofData(f"{data}: no such file; name the JSONL that {adapter.name} learned from")
    if expected is not None and file_sha256(data) != expected:
        raise BadProofData(
            f"{data}: {adapter.name} was trained on another file (SHA-256 {expected[:12]}…); "
            "name that one"
        )
    return data


def _serving(
    base: "BaseModel | TrainingBase",
    adapter: Adapter,
    server: "VllmAddress | None",
    threads: int,
) -> "tuple[Engine, Completions]":
    if server is not None:
        from serving.vllm_client import Vllm
        from serving.vllm_completion import VllmCompletions

        there = Vllm(server, base, [adapter])
        there.model_name(adapter)  # told before torch takes its seconds
        return there, VllmCompletions(there)
    from serving.llamacpp import LlamaCpp
    from serving.llamacpp_completion import LlamaCppCompletions

    if not isinstance(base, BaseModel):
        raise BadProofData(f"{base.name}: is no GGUF file; name a vLLM server in VLLM_URL")
    here = LlamaCpp(base, [adapter], threads=threads)
    return here, LlamaCppCompletions(here)


def _checkpoint(base: "BaseModel | TrainingBase", home: Path) -> Path:
    from training.checkpoint import ensure_checkpoint

    return ensure_checkpoint(base, home) if isinstance(base, BaseModel) else base.folder


def _served_as_trained(
    engine: "Completions",
    adapter: Adapter,
    scorer: "Scorer",
    examples: Sequence[Example],
    extent: Extent,
    step: Callable[[str], None],
) -> list[Check]:
    from training.parity import compare

    found = compare(
        engine,
        adapter,
        scorer,
        examples,
        count=extent.prompts,
        base_count=extent.base_prompts,
        step=lambda: step(f"PEFT against {engine.name}"),
    )
    return [*served_as_trained(found)]


def _style_and_facts(
    engine: "Engine",
    adapter: Adapter,
    examples: Sequence[Example],
    house: Profile,
    extent: Extent,
    step: Callable[[str], None],
) -> list[Check]:
    from training.style import measure

    asked = examples[: extent.memoranda]
    base, adapted = (
        measure(
            engine,
            one,
            asked,
            house_profile=house,
            max_tokens=extent.memo_tokens,
            step=lambda: step("style and facts on held-out prompts"),
        )
        for one in (None, adapter)
    )
    return [*style_and_facts(base, adapted)]


def leak_check(
    scorer: "Scorer",
    adapter: Adapter,
    data: Path | None,
    canaries: Sequence[str],
    extent: Extent,
    step: Callable[[str], None] = lambda what: None,
) -> Check:
    """Asks an adapter for the facts and canaries of its training data, and judges the ranks.

    ``canaries`` are asked for beside those that stand in the data; None for ``data`` is no pass.
    """
    from training.leaks import canary_probes, fact_probes, rank

    if data is None:
        return Check("no leak", False, "its training data is not known; name it with --data", {})
    examples = read_examples(data)
    trained = _trained_on(examples, adapter)
    matters, drawn = {one.matter for one in trained}, {one.id for one in trained}
    control = [one for one in examples if one.id not in drawn]
    if len(control) < FEW:
        control += [one for one in read_examples(MEMORANDA) if one.matter not in matters]
    known = [*trained, *control]
    probes = (
        fact_probes(trained, known, extent.probes, seed=7),
        fact_probes(control, known, extent.probes, seed=7),
        canary_probes(trained, canaries, seed=7),
    )
    ranked: list[list[Ranked]] = [[], [], []]
    for part, found in zip(probes, ranked, strict=True):
        for probe in part:
            found.append(rank(probe, scorer))
            step("training facts, asked without passages")
    return leak(*ranked)


def _trained_on(examples: Sequence[Example], adapter: Adapter) -> list[Example]:
    """The examples that the adapter's run drew, as its card's configuration tells."""
    from training.rows import chosen

    config = adapter.card.get("config", {})
    most = config.get("data", {}).get("max_examples")
    return chosen(examples, "train", most, config.get("seed", 7))


def _by_turns(examples: Sequence[Example]) -> list[Example]:
    """The examples with the matters taken in turn, so that the first few are of many."""
    seen: dict[str, int] = {}
    turns = []
    for example in examples:
        seen[example.matter] = turn = seen.get(example.matter, 0) + 1
        turns.append(turn)
    return [one for _, one in sorted(zip(turns, examples, strict=True), key=lambda pair: pair[0])]
