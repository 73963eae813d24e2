"""What an adapter may be made of: weights that are data, of a kind that is served as trained.

Weights come as safetensors or GGUF and nothing else: a pickled file can run any code when it is
read. Of LoRA only the plain form is served; a kind that llama.cpp and vLLM would serve otherwise
than it was trained is refused here, before anything is loaded.
"""

import json
import math
from pathlib import Path
from typing import Any

from retrieval.errors import CasewrightError

PEFT_WEIGHTS = "adapter_model.safetensors"
PEFT_CONFIG = "adapter_config.json"

PICKLED = frozenset((".bin", ".pt", ".pth", ".pkl", ".pickle", ".ckpt"))

_PICKLE_STARTS = (b"\x80", b"PK\x03\x04")  # a bare pickle; the archive that torch.save writes
_ITEM_BYTES = {"F64": 8, "F32": 4, "F16": 2, "BF16": 2}

_MUST_BE_UNSET = {
    "modules_to_save": "whole layers trained beside the adapter are not served",
    "use_dora": "DoRA is not served; train it as plain LoRA",
    "use_rslora": "rsLoRA is scaled otherwise when served; train it as plain LoRA",
    "use_qalora": "QALoRA is not served; train it as plain LoRA",
    "use_bdlora": "block-diagonal LoRA is not served; train it as plain LoRA",
    "lora_bias": "biases are not served",
    "alpha_pattern": "one alpha for all layers is served",
    "layer_replication": "the served base has its layers once",
    "trainable_token_indices": "trained embeddings are not served",
    "target_parameters": "only linear layers are served",
    "alora_invocation_tokens": "activated LoRA is not served; train it as plain LoRA",
    "fan_in_fan_out": "transposed weights are not served",
}


class BadAdapter(CasewrightError):
    """An adapter that cannot be read, exported or served as it was trained."""


def check_files(folder: Path) -> None:
    """Makes sure that a folder holds a plain LoRA adapter in safetensors, whole.

    Raises:
        BadAdapter: a pickled or truncated file, or a kind of adapter that is not served.
    """
    if not folder.is_dir():
        raise BadAdapter(f"{folder}: no such folder; name the folder of a PEFT adapter")
    pickled = sorted(file.name for file in folder.iterdir() if file.suffix.lower() in PICKLED)
    if pickled:
        raise BadAdapter(
            f"{folder / pickled[0]}: pickled weights can run code when they are read; refused, "
            f"save the adapter as {PEFT_WEIGHTS} and leave this file out"
        )
    check_config(folder)
    check_safetensors(folder / PEFT_WEIGHTS)


def check_config(folder: Path) -> dict[str, Any]:
    """Gives PEFT's configuration of the adapter in a folder. Raises BadAdapter as above."""
    file = folder / PEFT_CONFIG
    try:
        config = json.loads(file.read_text(encoding="utf-8"))
    except OSError:
        raise BadAdapter(f"{file}: missing; name the folder of a PEFT adapter") from None
    except ValueError:
        raise BadAdapter(f"{file}: not JSON; save the adapter again") from None
    if not isinstance(config, dict) or config.get("peft_type") != "LORA":
        kind = config.get("peft_type") if isinstance(config, dict) else None
        raise BadAdapter(f"{file}: its peft_type is {kind}; only LORA adapters are served")
    for key, why in _MUST_BE_UNSET.items():
        if config.get(key):
            raise BadAdapter(f"{file}: {key} is set: {why}; refused")
    if config.get("bias", "none") != "none":
        raise BadAdapter(f"{file}: bias is {config['bias']}: biases are not served; refused")
    return config


def check_safetensors(file: Path) -> None:
    """Makes sure that a file is safetensors from its first byte to its last.

    Only its header is read. Raises BadAdapter.
    """
    if not file.is_file():
        raise BadAdapter(f"{file}: missing; an adapter's weights come in this file alone")
    size = file.stat().st_size
    with file.open("rb") as opened:
        start = opened.read(8)
        length = int.from_bytes(start, "little")
        whole = len(start) == 8 and 8 + length <= size
        header = opened.read(length) if whole else b""
    if start.startswith(_PICKLE_STARTS) and not header.startswith(b"{"):
        raise BadAdapter(
            f"{file}: a pickle under another name, which can run code when it is read; refused, "
            "save the adapter with safetensors"
        )
    if not whole:
        raise BadAdapter(f"{file}: cut short ({size:,} bytes); copy the whole file again")
    try:
        tensors = json.loads(header)
        tensors.pop("__metadata__", None)
        ends = [_end(tensor) for tensor in tensors.values()]
    except (ValueError, KeyError, TypeError, AttributeError):
        raise BadAdapter(f"{file}: not a safetensors file; save the adapter again") from None
    needed = 8 + length + max(ends, default=0)
    if not ends or size != needed:
        raise BadAdapter(
            f"{file}: {size:,} bytes, {needed:,} by its own header: cut short or damaged; "
            "copy the whole file again"
        )


def _end(tensor: dict[str, Any]) -> int:
    """Where a tensor's bytes end behind the header; ValueError where they do not fit its shape."""
    start, end = tensor["data_offsets"]
    if end - start != math.prod(tensor["shape"]) * _ITEM_BYTES[tensor["dtype"]]:
        raise ValueError
    return int(end)
