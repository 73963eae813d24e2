"""The registry: hashed names, one live adapter, nothing altered or of another base is used."""

import os
from pathlib import Path
from typing import Any

import pytest

from retrieval.errors import ModelUnavailable
from serving import adapters
from serving.adapters import Adapter, find, promote, promoted, register, verify
from serving.models import BaseModel

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
