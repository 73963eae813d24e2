"""An adapter merged into its base: a Hugging Face checkpoint for vLLM and other servers."""

import shutil
import tempfile
from pathlib import Path

from serving.adapter_files import BadAdapter
from serving.adapters import Adapter
from serving.model_card import model_card


def ensure_merged(adapter: Adapter, checkpoint: Path, home: Path) -> Path:
    """Gives the folder of an adapter merged into its base, made when it is first asked for.

    Raises BadAdapter as ``export_merged``.
    """
    folder = home / "models" / adapter.name
    if not folder.is_dir():
        export_merged(adapter, checkpoint, folder)
    return folder


def export_merged(adapter: Adapter, checkpoint: Path, target: Path) -> None:
    """Writes base and adapter as one checkpoint in safetensors, with tokenizer and chat template.

    ``checkpoint`` is the base's. Weights are added in float32 and kept in the base's own number
    type. The folder appears whole or not at all.

    Raises:
        BadAdapter: the target exists or cannot be written, or the adapter does not fit its base.
    """
    if target.exists():
        raise BadAdapter(f"{target}: exists; name a folder that does not, or delete it first")
    # Heavy imports stay inside: a target that exists is told before they take their seconds.
    import torch
    from transformers import AutoConfig, AutoTokenizer

    from training.scoring import load_adapted

    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        staging = Path(tempfile.mkdtemp(prefix=".staging-", dir=target.parent))
    except OSError as error:
        raise BadAdapter(
            f"{target}: cannot be written ({error.strerror}); name a folder of yours"
        ) from None
    try:
        dtype = AutoConfig.from_pretrained(checkpoint).dtype
        merged = load_adapted(adapter.folder, checkpoint, torch.float32).merge_and_unload()
        merged.to(dtype).save_pretrained(staging)
        AutoTokenizer.from_pretrained(checkpoint).save_pretrained(staging)
        (staging / "README.md").write_text(model_card(adapter), encoding="utf-8")
        staging.chmod(0o755)
        staging.rename(target)
    finally:
        shutil.rmtree(staging, ignore_errors=True)
