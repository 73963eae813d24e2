"""The registry: hashed names, one live adapter, nothing altered or of another base is used."""

import os
from pathlib import Path
from typing import Any

import pytest

from retrieval.errors import ModelUnavailable
from serving import adapters
from serving.adapters import Adapter, find, history, promote, promoted, register, rollback, verify
from serving.models import BaseModel
from serving.proof import GATE, Check, read_proof
from tests.proofs import give_proof

BASE = BaseModel("tiny", Path("tiny.gguf"), "b" * 64)
CARD = {"base": {"name": "tiny", "sha256": "b" * 64}, "held_out": {"before": 2.0, "after": 1.0}}


@pytest.fixture
def registry(home: Path, tmp_path: Path) -> Any:
    """Registers an adapter of that name with weights of that content."""

    def registered(name: str, weights: bytes = b"weights") -> Adapter:
        files = tmp_path / f"trained-{name}-{weights!r}"
        files.mkdir(exist_ok=True)
        (files / adapters.PEFT_WEIGHTS).write_bytes(weights)
        (files / adapters.GGUF_WEIGHTS).write_bytes(b"GGUF" + weights)
        (files / "adapter_config.json").write_text("{}", encoding="utf-8")
        return register(home, name, files, CARD)

    return registered


def test_empty_registry(home: Path) -> None:
    assert adapters.adapters(home) == []
    assert promoted(home) is None


def test_name_carries_the_hash_of_the_weights(home: Path, registry: Any) -> None:
    one, same, other = registry("memo"), registry("memo"), registry("memo", b"other")
    assert one == same
    assert one.name.startswith("memo-") and other.name.startswith("memo-")
    assert one.name != other.name
    assert {adapter.name for adapter in adapters.adapters(home)} == {one.name, other.name}
    assert one.gguf.read_bytes() == b"GGUFweights"
    assert one.card["held_out"] == CARD["held_out"]
    assert set(one.card["files"]) == {
        adapters.PEFT_WEIGHTS,
        adapters.GGUF_WEIGHTS,
        "adapter_config.json",
    }


def test_oldest_first(home: Path, registry: Any) -> None:
    names = [registry("memo", bytes([number])).name for number in range(3)]
    for age, name in enumerate(reversed(names)):
        os.utime(home / "adapters" / name / adapters.CARD, (age, age))
    assert [adapter.name for adapter in adapters.adapters(home)] == names[::-1]


def test_find(home: Path, registry: Any) -> None:
    memo, letter = registry("memo"), registry("letter")
    assert find(home, memo.name) == memo
    assert find(home, "letter") == letter
    with pytest.raises(ModelUnavailable, match="none: no such adapter"):
        find(home, "none")
    registry("memo", b"other")
    with pytest.raises(ModelUnavailable, match="several adapters"):
        find(home, "memo")
    assert find(home, memo.name) == memo


def test_one_adapter_is_live(home: Path, registry: Any) -> None:
    one, two = registry("memo"), registry("letter")
    for adapter in (one, two):
        give_proof(adapter, BASE)
        promote(home, adapter, BASE)
        live = promoted(home)
        assert live is not None and live.name == adapter.name
        assert [a.promoted for a in adapters.adapters(home)].count(True) == 1


@pytest.mark.parametrize(
    "file", [adapters.PEFT_WEIGHTS, adapters.GGUF_WEIGHTS, "adapter_config.json"]
)
@pytest.mark.parametrize("gone", [True, False])
def test_altered_adapter_is_not_promoted(home: Path, registry: Any, file: str, gone: bool) -> None:
    adapter = registry("memo")
    verify(adapter, BASE)
    give_proof(adapter, BASE)
    if gone:
        (adapter.folder / file).unlink()
    else:
        (adapter.folder / file).write_bytes(b"altered")
    with pytest.raises(ModelUnavailable, match=f"{file} is missing or altered"):
        promote(home, adapter, BASE)
    assert promoted(home) is None


def test_adapter_of_another_base_is_not_promoted(home: Path, registry: Any) -> None:
    other = BaseModel("large", Path("large.gguf"), "c" * 64)
    with pytest.raises(ModelUnavailable, match=r"trained on tiny .* not on large"):
        promote(home, registry("memo"), other)
    assert promoted(home) is None


def test_damaged_card_is_named(home: Path, registry: Any) -> None:
    adapter = registry("memo")
    (adapter.folder / adapters.CARD).write_text("{", encoding="utf-8")
    with pytest.raises(ModelUnavailable, match=rf"{adapter.name}: its card\.json is damaged"):
        adapters.adapters(home)


def test_unfinished_registration_is_no_adapter(home: Path, registry: Any) -> None:
    adapter = registry("memo")
    adapter.folder.rename(home / "adapters" / ".staging-x")
    assert adapters.adapters(home) == []


FAILED = Check("no leak", False, "5 of 5 canaries rank first", {})


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"checks": (FAILED,)}, "the gate failed at no leak: 5 of 5 canaries rank first"),
        ({"files": {adapters.PEFT_WEIGHTS: "0" * 64}}, "gate ran on other weights"),
        ({"base": "c" * 64}, "gate ran on other weights or another base"),
        ({"prompt": "0" * 64}, "form of the prompt is another"),
        ({"quick": True}, "its gate ran with --quick"),
        (None, "the gate has not run; run `casewright adapters verify memo-"),
    ],
)
def test_only_a_green_gate_promotes(
    home: Path, registry: Any, changed: dict[str, Any] | None, told: str
) -> None:
    adapter = registry("memo")
    if changed is not None:
        give_proof(adapter, BASE, **changed)
    with pytest.raises(ModelUnavailable, match=told):
        promote(home, adapter, BASE)
    assert promoted(home) is None


def test_quick_gate_is_enough_where_it_is_said(home: Path, registry: Any) -> None:
    adapter = registry("memo")
    give_proof(adapter, BASE, quick=True)
    promote(home, adapter, BASE, quick_enough=True)
    assert find(home, "memo").promoted


def test_proof_is_no_part_of_what_it_proves(registry: Any) -> None:
    adapter = registry("memo")
    proof = give_proof(adapter, BASE)
    assert read_proof(adapter.folder) == proof
    assert proof.green and proof.state == "green"
    verify(adapter, BASE)
    assert registry("memo") == adapter
    assert GATE not in adapter.card["files"]


def test_damaged_proof_is_named(home: Path, registry: Any) -> None:
    adapter = registry("memo")
    (adapter.folder / GATE).write_text('{"green": true}', encoding="utf-8")
    with pytest.raises(ModelUnavailable, match=rf"{adapter.name}/gate\.json: damaged"):
        promote(home, adapter, BASE)


def _made_live(home: Path, registry: Any, *names: str) -> list[Adapter]:
    found = [registry(name) for name in names]
    for adapter in found:
        give_proof(adapter, BASE)
        promote(home, adapter, BASE)
    return found


def test_rollback_goes_back_step_by_step(home: Path, registry: Any) -> None:
    one, two, three = _made_live(home, registry, "one", "two", "three")
    for expected in (two, one):
        before = rollback(home, BASE)
        assert before is not None and before.name == expected.name
        live = promoted(home)
        assert live is not None and live.name == expected.name
    assert rollback(home, BASE) is None
    assert promoted(home) is None
    with pytest.raises(ModelUnavailable, match="nothing to roll back"):
        rollback(home, BASE)
    acts = [(change.act, change.adapter) for change in history(home)]
    promotions = [("promote", adapter.name) for adapter in (one, two, three)]
    assert acts == [*promotions, *(("rollback", name) for _, name in reversed(promotions))]


def test_promotion_after_a_rollback(home: Path, registry: Any) -> None:
    one, _ = _made_live(home, registry, "one", "two")
    rollback(home, BASE)
    (three,) = _made_live(home, registry, "three")
    assert [adapter.name for adapter in adapters.adapters(home) if adapter.promoted] == [three.name]
    before = rollback(home, BASE)
    assert before is not None and before.name == one.name


def test_rollback_to_an_altered_adapter_is_refused(home: Path, registry: Any) -> None:
    one, two = _made_live(home, registry, "one", "two")
    one.gguf.write_bytes(b"altered")
    with pytest.raises(ModelUnavailable, match=r"adapter\.gguf is missing or altered"):
        rollback(home, BASE)
    assert find(home, two.name).promoted


def test_adapter_made_live_before_there_was_a_history(home: Path, registry: Any) -> None:
    adapter = registry("memo")
    (home / "adapters" / ".promoted").write_text(adapter.name, encoding="utf-8")
    assert find(home, "memo").promoted
    assert rollback(home, BASE) is None
