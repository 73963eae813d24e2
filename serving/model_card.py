"""An adapter's card for people: what it was made from, what was measured, what it is for."""

from collections.abc import Mapping
from typing import Any

from serving.adapters import Adapter

USE = (
    "Writes legal memoranda in the house's form from numbered passages that are given with each "
    "question, and cites them. It was trained for how to write, not for what is known: names, "
    "dates, amounts and law come from the passages."
)
LIMITS = (
    "Not to be asked without passages. A citation can be wrong, and a fact can stand under "
    "another passage's number: Casewright checks each sentence and marks what it cannot verify, "
    "and a lawyer reads the rest. It serves its own base model and no other."
)


def model_card(adapter: Adapter) -> str:
    """Gives the card in Markdown. Raises ModelUnavailable where the gate's file is damaged."""
    card = adapter.card
    parts = [
        f"# {adapter.name}",
        f"{'Live' if adapter.promoted else 'Not live'}. Gate: {gate_state(adapter)}.",
        "## Use and limits",
        USE,
        LIMITS,
        "## Made from",
        _lines(
            {
                "base model": f"{card['base']['name']}, SHA-256 {card['base'].get('sha256')}",
                "prompt's form": card.get("prompt"),
                **{f"data: {key}": value for key, value in card.get("data", {}).items()},
                **{f"versions: {key}": value for key, value in card.get("versions", {}).items()},
                **{
                    key: card.get(key)
                    for key in ("date", "seconds", "tokens", "device", "dtype", "source")
                },
            }
        ),
        "## Configuration",
        _lines(_flat(card.get("config", {}))),
        "## Held-out loss per token",
        held_out_loss(card) or "not measured",
        "## Gate",
    ]
    proof = adapter.proof
    if proof is None:
        parts.append(f"Not run; `casewright adapters verify {adapter.name}` runs it.")
    else:
        extent = "fewer prompts than a promotion asks for" if proof.quick else "in full"
        parts.append(
            f"Run on {proof.date}, served by {proof.engine}, {proof.seconds:.0f} s, {extent}."
        )
        parts.append(
            "\n".join(
                f"- {'passed' if check.passed else 'FAILED'}: {check.name}: {check.told}"
                for check in proof.checks
            )
        )
    parts += ["## Files", _lines(card["files"])]
    return "\n\n".join(part for part in parts if part) + "\n"


def gate_state(adapter: Adapter) -> str:
    """Gives the gate's state in a word or two. Raises ModelUnavailable as ``Adapter.proof``."""
    proof = adapter.proof
    if proof is None:
        return "not run"
    if proof.files != adapter.card["files"]:
        return "ran on other weights"
    return proof.state


def held_out_loss(card: Mapping[str, Any]) -> str:
    """Gives the held-out loss before and after training; empty where it was not measured."""
    held_out = card.get("held_out")
    return "{before:.3f} -> {after:.3f}".format(**held_out) if held_out else ""


def _lines(values: Mapping[str, Any]) -> str:
    return "\n".join(
        f"- {key}: {value}" for key, value in values.items() if value not in (None, {}, [])
    )


def _flat(table: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """A table of tables as dotted keys."""
    flat: dict[str, Any] = {}
    for key, value in table.items():
        if isinstance(value, Mapping):
            flat |= _flat(value, f"{prefix}{key}.")
        else:
            flat[f"{prefix}{key}"] = value
    return flat
