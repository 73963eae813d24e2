"""The base model as a checkpoint: a GGUF file dequantised once, a folder, or a hub's id."""

import os
import re
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from retrieval.errors import ModelUnavailable
from serving import models
from serving.models import BaseModel

_HUB_ID = re.compile(r"[\w.-]+/[\w.-]+")
_WANTED = ("*.safetensors", "*.json", "tokenizer*", "*.jinja")


@dataclass(frozen=True, slots=True)
class TrainingBase:
    """A base model as training loads it, and the identity that its adapters record."""

    name: str
    folder: Path
    sha256: str
    """Of the GGUF file; of a checkpoint, over the names and hashes of its configuration and
    weights."""
    revision: str | None = None
    """The hub's commit, for a base that is named by its id."""

    @property
    def card(self) -> dict[str, str]:
        """What an adapter's card says of its base."""
        revision = {} if self.revision is None else {"revision": self.revision}
        return {"name": self.name, "sha256": self.sha256, **revision}


def find_base(name: str, home: Path) -> TrainingBase:
    """Gives the base model of that name: packaged, a GGUF file, a checkpoint's folder, a hub's id.

    Raises:
        ModelUnavailable: it is not on this machine, or its weights are pickled.
    """
    folder = Path(name)
    if name not in models.PACKAGED_MODELS and name and folder.is_dir():
        return TrainingBase(folder.resolve().name, folder, models.checkpoint_sha256(folder))
    if not folder.is_file() and folder.suffix != ".gguf" and _HUB_ID.fullmatch(name):
        snapshot = _snapshot(name)
        return TrainingBase(
            name, snapshot, models.checkpoint_sha256(snapshot), revision=snapshot.name
        )
    base = models.resolve(name)
    return TrainingBase(base.name, ensure_checkpoint(base, home), base.sha256)


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
        if not folder.is_dir():  # another process may have been first
            staging.replace(folder)
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return folder


def _snapshot(name: str) -> Path:
    """The folder of a hub's model in the user's cache; fetched only if HF_HUB_OFFLINE is 0."""
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    from huggingface_hub import constants, snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError

    try:
        return Path(snapshot_download(name, allow_patterns=list(_WANTED)))
    except (LocalEntryNotFoundError, HfHubHTTPError):
        why = "HF_HUB_OFFLINE is set" if constants.HF_HUB_OFFLINE else "the hub does not give it"
        raise ModelUnavailable(
            f"{name}: not on this machine, and {why}; fetch it with `hf download {name}`, "
            "or set base to the folder of a checkpoint"
        ) from None
