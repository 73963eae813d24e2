"""The base model as a Hugging Face checkpoint: a GGUF file, dequantised once."""

import shutil
import tempfile
from pathlib import Path

from serving.models import BaseModel


def ensure_checkpoint(base: BaseModel, home: Path) -> Path:
    """Gives the folder of the base model's checkpoint (bfloat16), made on first use.

    The folder appears whole or not at all.
    """
    folder = base.checkpoint(home)
    if folder.is_dir():
        return folder
    # Heavy imports stay inside: reading a configuration must not load torch.
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig

    folder.parent.mkdir(parents=True, exist_ok=True)
    staging = Path(tempfile.mkdtemp(prefix=".staging-", dir=folder.parent))
    try:
        where, file = str(base.gguf.parent), base.gguf.name
        model = AutoModelForCausalLM.from_pretrained(
            where,
            gguf_file=file,
            quantization_config=GgufConfig(dequantize=True),
            dtype=torch.bfloat16,
        )
        model.save_pretrained(staging)
        AutoTokenizer.from_pretrained(where, gguf_file=file).save_pretrained(staging)
        staging.replace(folder)
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return folder
