"""What the gate writes, made by hand: tests of what comes after it need no models."""

from dataclasses import replace
from typing import Any

from serving import prompts
from serving.adapters import Adapter
from serving.models import BaseModel
from serving.proof import Check, Proof, write_proof


def give_proof(adapter: Adapter, model: BaseModel, **changed: Any) -> Proof:
    """Writes a green proof beside the adapter, or one with something changed; gives it."""
    proof = Proof(
        adapter=adapter.name,
        files=adapter.card["files"],
        base=model.sha256,
        prompt=prompts.fingerprint(),
        quick=False,
        date="2026-11-26T12:00:00+00:00",
        seconds=100.0,
        versions={},
        checks=(Check("served as trained", True, "the same", {}),),
    )
    proof = replace(proof, **changed)
    write_proof(adapter.folder, proof)
    return proof
