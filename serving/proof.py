"""What the gate found about an adapter: each check with its figures, kept beside the adapter.

``training/gate.py`` writes it; ``promote`` asks it. It holds for these very weights, this base
model and this form of the prompt, and for nothing else.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from retrieval.durable import write_whole
from retrieval.errors import ModelUnavailable

GATE = "gate.json"


@dataclass(frozen=True, slots=True)
class Check:
    """One check of the gate: whether it was passed, why in words, and the figures behind it."""

    name: str
    passed: bool
    told: str
    figures: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Proof:
    """All checks of one adapter, and what they hold for."""

    adapter: str
    files: Mapping[str, str]
    """The adapter's files with their SHA-256, as its card has them."""
    base: str
    """The SHA-256 of the base model."""
    prompt: str
    """The fingerprint of the prompt's form."""
    quick: bool
    """Whether fewer prompts were taken than a promotion asks for."""
    date: str
    seconds: float
    versions: Mapping[str, str]
    checks: tuple[Check, ...]
    engine: str = "llama.cpp"
    """What served the adapter; proofs of before there were two do not say it."""

    @property
    def green(self) -> bool:
        """Whether every check was passed."""
        return all(check.passed for check in self.checks)

    @property
    def state(self) -> str:
        """What a list says of it: ``green``, ``green (quick)`` or the checks that failed."""
        failed = [check.name for check in self.checks if not check.passed]
        quick = " (quick)" if self.quick else ""
        return (f"failed: {', '.join(failed)}" if failed else "green") + quick


def read_proof(folder: Path) -> Proof | None:
    """Gives what the gate found about the adapter in that folder; None where it never ran.

    Raises:
        ModelUnavailable: its file is damaged.
    """
    file = folder / GATE
    if not file.is_file():
        return None
    try:
        fields = json.loads(file.read_text(encoding="utf-8"))
        fields.pop("green")
        fields["checks"] = tuple(Check(**check) for check in fields["checks"])
        return Proof(**fields)
    except (ValueError, TypeError, KeyError, AttributeError):
        raise ModelUnavailable(
            f"{file}: damaged; run `casewright adapters verify {folder.name}` again"
        ) from None


def write_proof(folder: Path, proof: Proof) -> None:
    """Writes what the gate found into the adapter's folder: whole or not at all."""
    text = json.dumps({**asdict(proof), "green": proof.green}, indent=2, ensure_ascii=False)
    write_whole(folder / GATE, f"{text}\n".encode(), synced=True)
