"""Only plain LoRA in safetensors is taken: everything else is refused with its reason."""

import json
import pickle
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from serving.adapter_files import PEFT_CONFIG, PEFT_WEIGHTS, BadAdapter, check_files


def safetensors(values: int = 8) -> bytes:
    """The bytes of a safetensors file with one tensor of so many float32."""
    tensor = {"dtype": "F32", "shape": [values], "data_offsets": [0, 4 * values]}
    header = json.dumps({"a.lora_A.weight": tensor}).encode()
    return struct.pack("<Q", len(header)) + header + bytes(4 * values)


def write_adapter(folder: Path, weights: bytes | None = None, **config: Any) -> Path:
    """Writes an adapter's two files into a folder."""
    folder.mkdir(exist_ok=True)
    settings = {"peft_type": "LORA", "r": 4, "lora_alpha": 8, "bias": "none", **config}
    (folder / PEFT_CONFIG).write_text(json.dumps(settings), encoding="utf-8")
    (folder / PEFT_WEIGHTS).write_bytes(safetensors() if weights is None else weights)
    return folder


def test_plain_lora_is_taken(tmp_path: Path) -> None:
    check_files(write_adapter(tmp_path, modules_to_save=None, use_dora=False, alpha_pattern={}))


@pytest.mark.parametrize(
    ("config", "told"),
    [
        ({"modules_to_save": ["lm_head"]}, "modules_to_save is set: whole layers"),
        ({"use_dora": True}, "use_dora is set: DoRA is not served"),
        ({"use_rslora": True}, "use_rslora is set: rsLoRA is scaled otherwise"),
        ({"alpha_pattern": {"q_proj": 4}}, "alpha_pattern is set"),
        ({"trainable_token_indices": [1]}, "trainable_token_indices is set"),
        ({"bias": "all"}, "bias is all"),
        ({"lora_bias": True}, "lora_bias is set"),
        ({"peft_type": "LOHA"}, "its peft_type is LOHA"),
    ],
)
def test_kind_that_is_not_served(tmp_path: Path, config: dict[str, Any], told: str) -> None:
    with pytest.raises(BadAdapter, match=told):
        check_files(write_adapter(tmp_path, **config))


@pytest.mark.parametrize(
    "name", ["adapter_model.bin", "adapter_model.PT", "optimizer.pth", "state.pkl", "x.ckpt"]
)
def test_pickled_file_is_refused_by_its_name(tmp_path: Path, name: str) -> None:
    folder = write_adapter(tmp_path)
    (folder / name).write_bytes(b"anything")
    with pytest.raises(BadAdapter, match=f"{name}: pickled weights can run code"):
        check_files(folder)


class _Trap:
    """Unpickled, it writes a file: nothing here may ever do so."""

    def __init__(self, target: Path) -> None:
        self._target = target

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return Path.touch, (self._target,)


def _torch_zip(trap: _Trap) -> bytes:
    import io
    import zipfile

    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("archive/data.pkl", pickle.dumps(trap))
    return file.getvalue()


@pytest.mark.parametrize("pickled", [pickle.dumps, _torch_zip], ids=["pickle", "torch.save"])
def test_pickle_renamed_to_safetensors(tmp_path: Path, pickled: Callable[[_Trap], bytes]) -> None:
    trodden = tmp_path / "trodden"
    folder = write_adapter(tmp_path / "adapter", pickled(_Trap(trodden)))
    with pytest.raises(BadAdapter, match="a pickle under another name"):
        check_files(folder)
    assert not trodden.exists()


@pytest.mark.parametrize("left", [0, 7, 8, 40, -1])
def test_truncated_weights(tmp_path: Path, left: int) -> None:
    with pytest.raises(BadAdapter, match="cut short"):
        check_files(write_adapter(tmp_path, safetensors()[:left]))


@pytest.mark.parametrize(
    ("weights", "told"),
    [
        (safetensors() + b"more", "by its own header"),
        (struct.pack("<Q", 4) + b"nope", "not a safetensors file"),
        (struct.pack("<Q", 2) + b"{}", "cut short or damaged"),
        (safetensors().replace(b"[8]", b"[9]"), "not a safetensors file"),
    ],
)
def test_weights_that_are_something_else(tmp_path: Path, weights: bytes, told: str) -> None:
    with pytest.raises(BadAdapter, match=told):
        check_files(write_adapter(tmp_path, weights))


@pytest.mark.parametrize("missing", [PEFT_CONFIG, PEFT_WEIGHTS])
def test_missing_file(tmp_path: Path, missing: str) -> None:
    folder = write_adapter(tmp_path)
    (folder / missing).unlink()
    with pytest.raises(BadAdapter, match=f"{missing}: missing"):
        check_files(folder)


def test_config_that_is_no_json(tmp_path: Path) -> None:
    (write_adapter(tmp_path) / PEFT_CONFIG).write_text("{", encoding="utf-8")
    with pytest.raises(BadAdapter, match="not JSON"):
        check_files(tmp_path)


def test_no_folder(tmp_path: Path) -> None:
    with pytest.raises(BadAdapter, match="no such folder"):
        check_files(tmp_path / "none")
