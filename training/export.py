"""A PEFT adapter -> a GGUF LoRA that llama.cpp serves, and the proof that both are the same.

llama.cpp wants each weight as ``blk.N.<name>.weight.lora_a`` and ``.lora_b``. It stores the
rows of the q and k projections in another order than Hugging Face (pairs of rotary halves
interleaved), so those rows of B are permuted as llama.cpp's own ``convert_hf_to_gguf.py``
permutes the base weights.
"""

import json
from pathlib import Path

import gguf
import numpy as np
from safetensors.torch import load_file

from retrieval.errors import CasewrightError
from serving.adapters import PEFT_WEIGHTS

_PREFIX = "base_model.model."


class BadAdapter(CasewrightError):
    """An adapter that cannot be exported."""


def export_gguf(adapter: Path, checkpoint: Path, target: Path) -> None:
    """Writes the PEFT adapter of a Llama-class model as a GGUF LoRA file.

    ``adapter`` holds PEFT's two files, ``checkpoint`` the ``config.json`` of its base.

    Raises:
        BadAdapter: not a Llama-class base, or a tensor that has no place in it.
    """
    lora = json.loads((adapter / "adapter_config.json").read_text(encoding="utf-8"))
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
        if side == "lora_B" and module.endswith("q_proj"):
            rows = permute_rotary(rows, model["num_attention_heads"])
        if side == "lora_B" and module.endswith("k_proj"):
            rows = permute_rotary(rows, model["num_key_value_heads"])
        writer.add_tensor(f"{name}.weight.{side.lower()}", np.ascontiguousarray(rows))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def permute_rotary(rows: np.ndarray, heads: int) -> np.ndarray:
    """Gives rows of a q or k projection, shape (heads * size, n), in llama.cpp's order."""
    size = rows.shape[0] // heads
    halves = rows.reshape(heads, 2, size // 2, *rows.shape[1:])
    return halves.swapaxes(1, 2).reshape(rows.shape)
