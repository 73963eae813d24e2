"""What the gate asks of each figure: measurements in, verdicts out."""

import math
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from serving.proof import Check

if TYPE_CHECKING:
    from training.leaks import Ranked
    from training.parity import Parity
    from training.style import Style

TIMES_FIRST = 5.0
"""How many times as far from PEFT as the base an adapter may be, at the first token of an answer.

llama.cpp rounds activations to eight bits and PEFT computes in float32, so the base model differs
by 0.08 nats. Three trained adapters, whose distributions are steeper, differed by 0.12, 0.17 and
0.23; two of them exported without the permutation of the q and k rows by 0.88 and 0.85 (LOG.md).
"""

TIMES = 2.2
"""The same over all tokens: the base 0.11 nats, adapters 0.12 to 0.16, broken 0.32 and 0.62."""

ROUNDING_FIRST, ROUNDING = 0.07, 0.1
"""What the base is taken to differ by at least: ten prompts gave 0.076 and 0.108, and of one or two
prompts chance may give half of it."""

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


def served_as_trained(found: "Parity") -> tuple[Check, Check]:
    """Judges what was measured: the check on PEFT and the engine, and the one on the base."""
    faults = []
    near, base = found.adapter, found.base
    if not found.same_tokens:
        faults.append("the engine makes other tokens of the prompt than training did")
    if near.first_difference > TIMES_FIRST * max(
        base.first_difference, ROUNDING_FIRST
    ) or near.difference > TIMES * max(base.difference, ROUNDING):
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


def _fell(before: int, of_before: int, after: int, of_after: int) -> bool:
    """Whether a share fell by more than is allowed and than chance explains."""
    if not of_before or not of_after:
        return False
    pooled = (before + after + 1) / (of_before + of_after + 2)
    deviation = math.sqrt(pooled * (1 - pooled) * (1 / of_before + 1 / of_after))
    return before / of_before - after / of_after > max(FACTS_DOWN, 1.64 * deviation)
