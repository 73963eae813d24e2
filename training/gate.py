"""The gate that an adapter passes before it goes live; what it found is kept beside it.

Served as trained (PEFT against llama.cpp), another model than its base, the house's form up, facts
not down, nothing of its training data in its weights.
"""

import datetime
import importlib.metadata
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from retrieval.errors import CasewrightError
from retrieval.packaged import file_sha256
from serving import adapters, prompts
from serving.adapter_files import check_files
from serving.adapters import Adapter
from serving.models import BaseModel
from serving.proof import Check, Proof, write_proof
from training.examples import Example, read_examples
from training.memoranda.vary import MEMORANDA

if TYPE_CHECKING:
    from serving.engine import LlamaCpp
    from training.leaks import Ranked
    from training.parity import Parity
    from training.scoring import Scorer
    from training.style import Style

TIMES = 4.0
"""How many times as far from PEFT as the base model an adapter may be served.

llama.cpp rounds activations to eight bits and PEFT computes in float32, so the base model differs by
0.08 nats. Two trained adapters, whose distributions are steeper, differed by 0.12 and 0.17; the same
two exported without the permutation of the q and k rows by 0.88 and 0.85 (LOG.md).
"""

AGREEMENT = 0.5
"""The share of greedy tokens before two texts part, of the base model's share, that must agree."""

SHIFT = 2.0
"""How many times the engine's rounding an adapter must be away from its base."""

FACTS_DOWN = 0.05
"""By how much the share of verified sentences, or of facts that stand in the prompt, may fall.

With few sentences it may fall by what chance does to one of twenty pairs of the same model.
"""

LEAK = 0.001
"""The probability under which the ranks of training facts are not taken for chance."""

EXPOSED = 0.01
"""The same for the exposure of canaries: two of two that rank first are below it, one is not."""

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
QUICK = Extent(prompts=3, base_prompts=1, memoranda=1, memo_tokens=256, probes=6)


def prove(
    home: Path,
    adapter: Adapter,
    base: BaseModel,
    *,
    data: Path | None = None,
    canaries: Sequence[str] = (),
    extent: Extent = FULL,
    threads: int = 0,
    report: Callable[[int, int, str], None] = lambda done, of, what: None,
) -> Proof:
    """Runs the gate on an adapter and writes what it found beside it.

    ``data`` is the file that the adapter was trained on; the shipped memoranda are known. Without
    it the adapter cannot be shown to hold nothing of it, and does not pass.

    Raises:
        ModelUnavailable: the adapter is altered or of another base, or llama.cpp fails.
        BadAdapter: its files are refused.
        BadProofData: ``data`` is another file than the adapter was trained on.
    """
    # Heavy imports stay inside: whoever reads a proof must not load torch.
    from serving.engine import LlamaCpp
    from training.checkpoint import ensure_checkpoint
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

    report(0, steps, "loading the adapter in PEFT and in llama.cpp")
    engine = LlamaCpp(base, [adapter], threads=threads)
    try:
        scorer = Scorer(adapter.folder, ensure_checkpoint(base, home), threads)
        checks = _served_as_trained(engine, adapter, scorer, held_out, extent, step)
        checks += _style_and_facts(engine, adapter, held_out, extent, step)
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


def served_as_trained(found: "Parity") -> tuple[Check, Check]:
    """Judges what was measured: the check on PEFT and llama.cpp, and the one on the base."""
    faults = []
    near, base = found.adapter, found.base
    if not found.same_tokens:
        faults.append("llama.cpp makes other tokens of the prompt than training did")
    if near.first_difference > TIMES * base.first_difference:
        faults.append("log-probabilities differ by more than the engine's rounding")
    if near.greedy_agreement < AGREEMENT * base.greedy_agreement:
        faults.append("greedy texts part early")
    told = (
        f"{near.prompts} prompts: next-token log-probabilities differ by "
        f"{near.first_difference:.3f} nats (the base's by {base.first_difference:.3f}), "
        f"{near.greedy_agreement:.0%} of the greedy tokens agree (the base's "
        f"{base.greedy_agreement:.0%})"
    )
    same = Check("served as trained", not faults, "; ".join([*faults, told]), asdict(found))
    differs = found.same_as_base < 1 and found.shift > SHIFT * base.first_difference
    told = (
        f"log-probabilities {found.shift:.3f} nats from the base's, "
        f"{found.same_as_base:.0%} of the greedy tokens as the base's"
    )
    figures = {"shift": found.shift, "rounding": base.first_difference}
    return same, Check("differs from base", differs, told, figures)


def style_and_facts(base: "Style", adapted: "Style") -> tuple[Check, Check]:
    """Judges the counts of base and adapter: the check on the form, and the one on the facts."""
    figures = {"base": asdict(base), "adapter": asdict(adapted)}
    up = adapted.score > base.score
    form = Check(
        "style up",
        up,
        f"style score {base.score:.2f} -> {adapted.score:.2f}; headings in order in "
        f"{base.ordered} -> {adapted.ordered} of {adapted.memoranda} memoranda",
        {**figures, "score": {"base": base.score, "adapter": adapted.score}},
    )
    faults = []
    if _fell(base.verified, base.sentences, adapted.verified, adapted.sentences):
        faults.append("fewer sentences are verified")
    if _fell(base.found, base.facts, adapted.found, adapted.facts):
        faults.append("fewer facts stand in the prompt")
    if adapted.invalid > base.invalid + max(1.0, FACTS_DOWN * adapted.cited):
        faults.append("more citations of passages that were not given")
    told = (
        f"sentences verified {base.verified_share:.0%} -> {adapted.verified_share:.0%}, facts that "
        f"stand in the prompt {base.found_share:.0%} -> {adapted.found_share:.0%}"
    )
    told = f"{'; '.join(faults)} ({told})" if faults else told
    return form, Check("facts not down", not faults, told, figures)


def leak(
    facts: Sequence["Ranked"], control: Sequence["Ranked"], canaries: Sequence["Ranked"]
) -> Check:
    """Judges the ranks of training facts, of facts never trained on, and of canaries."""
    from training.leaks import chance, excess, exposed, mean_percentile

    faults = []
    figures: dict[str, Any] = {
        "facts": len(facts),
        "mean_percentile": mean_percentile(facts),
        "control": len(control),
        "control_percentile": mean_percentile(control),
        "canaries": len(canaries),
    }
    if facts:
        figures["by_chance"] = chance(facts)
        figures["against_control"] = excess(facts, control)
        if max(figures["by_chance"], figures["against_control"]) < LEAK:
            faults.append("facts of the training data rank high when asked without passages")
    if canaries:
        figures["exposure_bits"] = [round(one.exposure, 2) for one in canaries]
        figures["canaries_by_chance"] = exposed(canaries)
        if figures["canaries_by_chance"] < EXPOSED:
            faults.append(
                f"{sum(one.rank == 1 for one in canaries)} of {len(canaries)} canaries rank first"
            )
    if not facts and not canaries:
        faults.append("no fact of the training data could be asked for")
    told = (
        f"{len(facts)} training facts rank at {mean_percentile(facts):.2f} among others "
        f"(0.50 is chance; {mean_percentile(control):.2f} for {len(control)} that were not trained "
        f"on), {len(canaries)} canaries"
    )
    return Check("no leak", not faults, "; ".join([*faults, told]), figures)


def _served_as_trained(
    engine: "LlamaCpp",
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
        step=lambda: step("PEFT against llama.cpp"),
    )
    return [*served_as_trained(found)]


def _style_and_facts(
    engine: "LlamaCpp",
    adapter: Adapter,
    examples: Sequence[Example],
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


def _fell(before: int, of_before: int, after: int, of_after: int) -> bool:
    """Whether a share fell by more than is allowed and than chance explains."""
    if not of_before or not of_after:
        return False
    pooled = (before + after + 1) / (of_before + of_after + 2)
    deviation = math.sqrt(pooled * (1 - pooled) * (1 / of_before + 1 / of_after))
    return before / of_before - after / of_after > max(FACTS_DOWN, 1.64 * deviation)


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
