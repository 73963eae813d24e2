"""A PEFT adapter -> a GGUF LoRA that llama.cpp serves, and the proof that both are the same.

llama.cpp wants each weight as ``blk.N.<name>.weight.lora_a`` and ``.lora_b``. It stores the
rows of the q and k projections in another order than Hugging Face (pairs of rotary halves
interleaved), so those rows of B are permuted as llama.cpp's own ``convert_hf_to_gguf.py``
permutes the base weights.
"""

import datetime
import json
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import gguf
import numpy as np
from safetensors.torch import load_file

from serving.adapter_files import (
    PEFT_CONFIG,
    PEFT_WEIGHTS,
    BadAdapter,
    check_config,
    check_files,
    check_safetensors,
)
from serving.adapters import GGUF_WEIGHTS, Adapter, register
from serving.models import BaseModel

_PREFIX = "base_model.model."


def export_gguf(adapter: Path, checkpoint: Path, target: Path) -> None:
    """Writes the PEFT adapter of a Llama-class model as a GGUF LoRA file.

    ``adapter`` holds PEFT's two files, ``checkpoint`` the ``config.json`` of its base.

    Raises:
        BadAdapter: not a Llama-class base, a tensor that has no place in it or does not fit it,
            weights that are not whole, or a kind of adapter that is not served.
    """
    lora = check_config(adapter)
    check_safetensors(adapter / PEFT_WEIGHTS)
    model = json.loads((checkpoint / "config.json").read_text(encoding="utf-8"))
    if model["model_type"] != "llama":
        raise BadAdapter(
            f"{adapter}: its base is a {model['model_type']} model; only Llama-class models "
            "are exported to GGUF, serve it with vLLM"
        )
    names = gguf.get_tensor_name_map(gguf.MODEL_ARCH.LLAMA, model["num_hidden_layers"])
    writer = gguf.GGUFWriter(target, arch="llama")
    writer.add_string(gguf.Keys.General.TYPE, gguf.GGUFType.ADAPTER)
    writer.add_string(gguf.Keys.Adapter.TYPE, "lora")
    writer.add_float32(gguf.Keys.Adapter.LORA_ALPHA, float(lora["lora_alpha"]))
    for key, tensor in load_file(adapter / PEFT_WEIGHTS).items():
        module, side, _ = key.removeprefix(_PREFIX).rsplit(".", 2)
        name = names.get_name(module)
        if name is None or side not in ("lora_A", "lora_B"):
            raise BadAdapter(f"{adapter}: {key} has no place in a Llama LoRA; train it again")
        rows = tensor.float().numpy()
        _check_shape(adapter, key, rows.shape, module, side, model)
        if side == "lora_B" and module.endswith("q_proj"):
            rows = permute_rotary(rows, model["num_attention_heads"])
        if side == "lora_B" and module.endswith("k_proj"):
            rows = permute_rotary(rows, model["num_key_value_heads"])
        writer.add_tensor(f"{name}.weight.{side.lower()}", np.ascontiguousarray(rows))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def copy_gguf(adapter: Adapter, target: Path) -> None:
    """Writes an adapter's GGUF LoRA to a file, for llama.cpp elsewhere; whole or not at all.

    Raises:
        BadAdapter: the target exists or cannot be written.
    """
    if target.exists():
        raise BadAdapter(f"{target}: exists; name a file that does not, or delete it first")
    staging = target.with_name(f".{target.name}.tmp")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(adapter.gguf, staging)
        staging.replace(target)
    except OSError as error:
        raise BadAdapter(
            f"{target}: cannot be written ({error.strerror}); name a file in a folder of yours"
        ) from None
    finally:
        staging.unlink(missing_ok=True)


def add_adapter(home: Path, folder: Path, name: str, base: BaseModel, checkpoint: Path) -> Adapter:
    """Registers a PEFT adapter that was made elsewhere, with its GGUF form made here.

    ``checkpoint`` is the folder of ``base``, on which it is taken to have been trained: nothing
    in a PEFT folder proves that, but tensors of another shape are refused.

    Raises:
        BadAdapter: pickled or damaged weights, a kind that is not served, or another base's.
    """
    check_files(folder)
    lora = check_config(folder)
    with tempfile.TemporaryDirectory(prefix="casewright-add-") as scratch:
        files = Path(scratch)
        for file in (PEFT_WEIGHTS, PEFT_CONFIG):
            shutil.copyfile(folder / file, files / file)
        export_gguf(files, checkpoint, files / GGUF_WEIGHTS)
        card = {
            "base": {"name": base.name, "sha256": base.sha256},
            "config": {"name": name, "lora": {"rank": lora["r"], "alpha": lora["lora_alpha"]}},
            "source": "added from a PEFT folder",
            "date": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        }
        return register(home, name, files, card)


def _check_shape(
    adapter: Path,
    key: str,
    shape: tuple[int, ...],
    module: str,
    side: str,
    model: Mapping[str, Any],
) -> None:
    """Makes sure that a tensor fits its layer in the base model."""
    size = model["hidden_size"]
    head = model.get("head_dim") or size // model["num_attention_heads"]
    queries, keys = (model[name] * head for name in ("num_attention_heads", "num_key_value_heads"))
    between = model["intermediate_size"]
    wide = {
        "q_proj": (size, queries),
        "k_proj": (size, keys),
        "v_proj": (size, keys),
        "o_proj": (queries, size),
        "gate_proj": (size, between),
        "up_proj": (size, between),
        "down_proj": (between, size),
    }.get(module.rpartition(".")[2])
    if wide is None:
        raise BadAdapter(f"{adapter}: {key} is not of a linear layer that is served; refused")
    expected, found = (wide[0], shape[1]) if side == "lora_A" else (wide[1], shape[0])
    if expected != found:
        raise BadAdapter(
            f"{adapter}: {key} has {found} where this base model has {expected}: it was trained "
            "on another base; name its own in CASEWRIGHT_BASE"
        )


def permute_rotary(rows: np.ndarray, heads: int) -> np.ndarray:
    """Gives rows of a q or k projection, shape (heads * size, n), in llama.cpp's order."""
    size = rows.shape[0] // heads
    halves = rows.reshape(heads, 2, size // 2, *rows.shape[1:])
    return halves.swapaxes(1, 2).reshape(rows.shape)
