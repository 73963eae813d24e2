"""What a model's weights take, counted on its layers without loading them."""

from pathlib import Path
from typing import Any

NF4_BITS = 4 + 8 / 64 + 32 / (64 * 256)
"""Bits a weight: 4, an 8-bit scale per 64 weights, and a 32-bit one per 256 scales (double
quantisation; Dettmers et al. 2023, section 3)."""


def skeleton(checkpoint: Path) -> Any:
    """Gives the checkpoint's model without data: every layer, no memory."""
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM

    config = AutoConfig.from_pretrained(checkpoint)
    with torch.device("meta"):
        return AutoModelForCausalLM.from_config(config)


def base_bytes(checkpoint: Path, quantization: str, dtype: Any) -> int:
    """Gives the bytes of the base model's weights, quantised or in ``dtype``."""
    return model_bytes(skeleton(checkpoint), quantization, dtype)


def linear_layers(model: Any) -> list[Any]:
    """Gives the layers that NF4 holds and that carry an adapter: all linear, but for the output."""
    import torch

    return [
        layer
        for name, layer in model.named_modules()
        if isinstance(layer, torch.nn.Linear) and name != "lm_head"
    ]


def model_bytes(model: Any, quantization: str, dtype: Any) -> int:
    """Gives the same for a model without data.

    Embeddings, norms and the output stay whole. A weight that two layers share counts once.
    """
    quantised = {id(layer.weight) for layer in linear_layers(model) if quantization == "nf4"}
    whole = dtype.itemsize * 8
    bits: float = sum(
        weight.numel() * (NF4_BITS if id(weight) in quantised else whole)
        for weight in model.parameters()  # each once
    )
    return round(bits / 8)
