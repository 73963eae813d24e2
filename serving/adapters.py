"""The adapter registry: list, find, verify, promote.

An adapter is a folder ``adapters/<name>-<hash>/`` with the PEFT weights, the same as GGUF, and
a card. Its name carries the hash of its weights and is never reused: a server's prefix cache
could otherwise serve the old one.
"""

import json
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from retrieval.errors import ModelUnavailable
from retrieval.packaged import file_sha256
from serving.models import BaseModel

CARD = "card.json"
PEFT_WEIGHTS = "adapter_model.safetensors"
GGUF_WEIGHTS = "adapter.gguf"


@dataclass(frozen=True, slots=True)
class Adapter:
    """A registered adapter. ``card`` is what its training wrote about it."""

    name: str
    folder: Path
    card: Mapping[str, Any]
    promoted: bool

    @property
    def gguf(self) -> Path:
        """The LoRA weights in llama.cpp's form."""
        return self.folder / GGUF_WEIGHTS


def register(home: Path, name: str, files: Path, card: Mapping[str, Any]) -> Adapter:
    """Moves a finished adapter's files into the registry and gives it its hashed name.

    The folder appears whole or not at all; the same weights registered again are one adapter.
    """
    hashes = {file.name: file_sha256(file) for file in sorted(files.iterdir())}
    full_name = f"{name}-{hashes[PEFT_WEIGHTS][:10]}"
    target = _folder(home) / full_name
    if not target.exists():
        _folder(home).mkdir(parents=True, exist_ok=True)
        staging = Path(tempfile.mkdtemp(prefix=".staging-", dir=_folder(home)))
        for file in files.iterdir():
            shutil.copy2(file, staging / file.name)
        text = json.dumps({"name": full_name, **card, "files": hashes}, indent=2)
        (staging / CARD).write_text(text + "\n", encoding="utf-8")
        staging.replace(target)
    return find(home, full_name)


def adapters(home: Path) -> list[Adapter]:
    """Gives all registered adapters, oldest first."""
    cards = sorted(_folder(home).glob(f"[!.]*/{CARD}"), key=lambda card: card.stat().st_mtime)
    return [_read(home, card.parent) for card in cards]


def find(home: Path, name: str) -> Adapter:
    """Gives the adapter of that full name, or the only one whose name starts with it.

    Raises:
        ModelUnavailable: none or several adapters have that name.
    """
    found = [adapter for adapter in adapters(home) if adapter.name.startswith(name)]
    exact = [adapter for adapter in found if adapter.name == name]
    if len(exact or found) != 1:
        what = "no such adapter" if not found else "several adapters have that name"
        raise ModelUnavailable(f"{name}: {what}; `casewright adapters` lists them")
    return (exact or found)[0]


def promoted(home: Path) -> Adapter | None:
    """Gives the adapter that answers by default, or None where none was promoted."""
    return next((adapter for adapter in adapters(home) if adapter.promoted), None)


def verify(adapter: Adapter, base: BaseModel) -> None:
    """Makes sure that the adapter's files are as registered and were trained on this base.

    Raises:
        ModelUnavailable: a file is missing or altered, or the base is another model.
    """
    trained_on = adapter.card["base"]
    if trained_on["sha256"] != base.sha256:
        raise ModelUnavailable(
            f"{adapter.name}: was trained on {trained_on['name']} "
            f"({trained_on['sha256'][:12]}…), not on {base.name} ({base.sha256[:12]}…); "
            "set CASEWRIGHT_BASE to its base model or name another adapter"
        )
    for name, sha256 in adapter.card["files"].items():
        file = adapter.folder / name
        if not file.is_file() or file_sha256(file) != sha256:
            raise ModelUnavailable(
                f"{adapter.name}: {name} is missing or altered since training; not loaded, "
                "train again or restore the file"
            )


def promote(home: Path, adapter: Adapter, base: BaseModel) -> None:
    """Makes a verified adapter the one that answers by default. Raises as ``verify``."""
    verify(adapter, base)
    staging = _folder(home) / ".promoted.tmp"
    staging.write_text(adapter.name, encoding="utf-8")
    staging.replace(_folder(home) / ".promoted")


def _folder(home: Path) -> Path:
    return home / "adapters"


def _read(home: Path, folder: Path) -> Adapter:
    live = _folder(home) / ".promoted"
    name = live.read_text(encoding="utf-8") if live.is_file() else ""
    try:
        card = json.loads((folder / CARD).read_text(encoding="utf-8"))
    except ValueError:
        raise ModelUnavailable(
            f"{folder.name}: its card.json is damaged; restore it or delete the folder"
        ) from None
    return Adapter(folder.name, folder, card, folder.name == name)
