"""The adapter registry: list, find, verify, promote, roll back.

An adapter is a folder ``adapters/<name>-<hash>/`` with the PEFT weights, the same as GGUF, and
a card. Its name carries the hash of its weights and is never reused: a server's prefix cache
could otherwise serve the old one. Which one answers is the end of a history that is only added
to (``adapters/.promoted``).
"""

import datetime
import errno
import json
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from retrieval.durable import write_whole
from retrieval.errors import ModelUnavailable
from retrieval.packaged import file_sha256
from serving import adapter_files, prompts
from serving.models import Base
from serving.proof import Proof, read_proof

CARD = "card.json"
PEFT_WEIGHTS = adapter_files.PEFT_WEIGHTS
GGUF_WEIGHTS = "adapter.gguf"
SERVED = ".served"


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

    @property
    def proof(self) -> Proof | None:
        """What the gate found about it; None where it never ran. Raises ModelUnavailable."""
        return read_proof(self.folder)


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


def in_service(home: Path, base: Base) -> list[Adapter]:
    """Gives the adapters of a base that were promoted and not taken back, the live one first.

    One of before that was deleted since is left out, as is one of another base.
    """
    known = {adapter.name: adapter for adapter in adapters(home)}
    names = dict.fromkeys(reversed(_live(home)))
    found = [known[name] for name in names if name in known]
    return [one for one in found if one.card["base"]["sha256"] == base.sha256]


def note_served(home: Path, forms: Mapping[str, str]) -> None:
    """Notes in which form a vLLM server that was started here serves adapters: lora or merged."""
    try:
        _folder(home).mkdir(parents=True, exist_ok=True)
        text = json.dumps(dict(forms), indent=2)
        write_whole(_folder(home) / SERVED, f"{text}\n".encode())
    except OSError as error:
        # A server in a container sees the registry and may not write to it: nothing is noted.
        if error.errno not in (errno.EROFS, errno.EACCES):
            raise


def served(home: Path) -> Mapping[str, str]:
    """Gives the form in which each adapter was served when vLLM was last started here.

    Raises:
        ModelUnavailable: the note is damaged.
    """
    file = _folder(home) / SERVED
    try:
        return dict(json.loads(file.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return {}
    except (ValueError, TypeError):
        raise ModelUnavailable(
            f"{file}: damaged; delete it, `casewright serve` writes it anew"
        ) from None


def verify(adapter: Adapter, base: Base) -> None:
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


def promote(home: Path, adapter: Adapter, base: Base, *, quick_enough: bool = False) -> None:
    """Makes an adapter that passed the gate the one that answers by default.

    ``quick_enough`` takes a gate of fewer prompts, as the demonstration's.

    Raises:
        ModelUnavailable: as ``verify``; or the gate was not passed by this adapter as it is, on
            this base model and this form of the prompt.
    """
    verify(adapter, base)
    proof = adapter.proof
    run = f"run `casewright adapters verify {adapter.name}`"
    if proof is None:
        raise ModelUnavailable(f"{adapter.name}: not promoted, the gate has not run; {run}")
    if (proof.files, proof.base) != (adapter.card["files"], base.sha256):
        raise ModelUnavailable(
            f"{adapter.name}: not promoted, its gate ran on other weights or another base; {run}"
        )
    if proof.prompt != prompts.fingerprint():
        raise ModelUnavailable(
            f"{adapter.name}: not promoted, the form of the prompt is another since its gate; {run}"
        )
    failed = next((check for check in proof.checks if not check.passed), None)
    if failed is not None:
        raise ModelUnavailable(
            f"{adapter.name}: not promoted, the gate failed at {failed.name}: {failed.told}; "
            "train it again, or promote another"
        )
    if proof.quick and not quick_enough:
        raise ModelUnavailable(
            f"{adapter.name}: not promoted, its gate ran with --quick; {run} without it"
        )
    _add_to_history(home, "promote", adapter.name)


def rollback(home: Path, base: Base) -> Adapter | None:
    """Makes the adapter live again that was live before; None: the base model answers again.

    Its gate is not asked again: it was live.

    Raises:
        ModelUnavailable: none is live, or the one before is gone, altered or of another base.
    """
    live = _live(home)
    if not live:
        raise ModelUnavailable(f"{home}: no adapter is live; there is nothing to roll back")
    before = find(home, live[-2]) if len(live) > 1 else None
    if before is not None:
        verify(before, base)
    _add_to_history(home, "rollback", live[-1])
    return before


@dataclass(frozen=True, slots=True)
class Change:
    """A line of the history: an adapter was promoted, or taken back by a rollback."""

    date: str
    act: str
    adapter: str


def history(home: Path) -> list[Change]:
    """Gives every promotion and rollback, oldest first."""
    file = _folder(home) / ".promoted"
    if not file.is_file():
        return []
    changes = []
    for line in file.read_text(encoding="utf-8").splitlines():
        parts = line.split("\t")
        # A name alone is what was written before there was a history.
        changes.append(Change(*parts) if len(parts) == 3 else Change("", "promote", line))
    return changes


def _live(home: Path) -> list[str]:
    """The adapters that were made live and not taken back, the live one last."""
    live: list[str] = []
    for change in history(home):
        if change.act == "rollback":
            live.pop()
        elif live[-1:] != [change.adapter]:
            live.append(change.adapter)
    return live


def _add_to_history(home: Path, act: str, name: str) -> None:
    now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    changes = [*history(home), Change(now, act, name)]
    lines = "".join(f"{one.date}\t{one.act}\t{one.adapter}\n" for one in changes)
    write_whole(_folder(home) / ".promoted", lines.encode(), synced=True)


def _folder(home: Path) -> Path:
    return home / "adapters"


def _read(home: Path, folder: Path) -> Adapter:
    live = _live(home)
    try:
        card = json.loads((folder / CARD).read_text(encoding="utf-8"))
    except ValueError:
        raise ModelUnavailable(
            f"{folder.name}: its card.json is damaged; restore it or delete the folder"
        ) from None
    return Adapter(folder.name, folder, card, live[-1:] == [folder.name])
