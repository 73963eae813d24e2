"""What this machine has, and which shape will run."""

import importlib.util
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from retrieval.embed import Embedder
from retrieval.errors import CasewrightError
from retrieval.ocr import DETECTION, RECOGNITION
from retrieval.packaged import packaged_file
from retrieval.read_doc import converter
from retrieval.store import ServerAddress
from serving import adapters, tracing
from serving.models import identify, resolve
from serving.settings import ModelSettings
from serving.vllm_address import VllmAddress
from serving.vllm_client import Vllm
from serving.vllm_metrics import load_of


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at: whether it is as needed, and what was found."""

    what: str
    good: bool
    found: str


def examine(
    home: Path,
    settings: ModelSettings,
    server: ServerAddress | None,
    vllm: VllmAddress | None = None,
) -> list[Finding]:
    """Gives what was found on this machine; loads no model, and torch only if it is there.

    ``server`` is where the index is kept, ``vllm`` who answers; None where that is in this process.
    """
    return [
        Finding("shape", True, _shape(server, vllm)),
        Finding("index", *_tried(lambda: _index(home, server))),
        Finding("engine", *_tried(lambda: _engine(home, settings, vllm))),
        Finding("home", *_home(home)),
        Finding("cores", True, f"{os.cpu_count()}"),
        Finding("base model", *_tried(lambda: _base(settings, vllm))),
        Finding("embedder", *_tried(lambda: _embedder(home))),
        Finding("OCR", *_tried(_ocr)),
        Finding("old Word", *_converter()),
        Finding("adapter", *_tried(lambda: _adapter(home, settings))),
        Finding("training", *_training()),
        Finding("tracing", *_tracing()),
    ]


def _tried(look: Callable[[], str]) -> tuple[bool, str]:
    try:
        return True, look()
    except CasewrightError as error:
        return False, str(error)


def _shape(server: ServerAddress | None, vllm: VllmAddress | None) -> str:
    if server is None and vllm is None:
        return "embedded: Qdrant Edge, llama.cpp in process, no server"
    index = "Qdrant Edge" if server is None else "the index on a Qdrant server"
    return f"scale-out: {index}, {'llama.cpp in process' if vllm is None else 'vLLM'}"


def _engine(home: Path, settings: ModelSettings, vllm: VllmAddress | None) -> str:
    if vllm is None:
        return "llama.cpp in process (VLLM_URL names a vLLM server instead)"
    live = adapters.promoted(home)
    base = identify(settings.base, settings.base_sha256)
    engine = Vllm(vllm, base, [] if live is None else [live])
    name = engine.model_name(live)
    return f"vLLM at {vllm.url}, asked for {name}: {load_of(engine.metrics())}"


def _index(home: Path, server: ServerAddress | None) -> str:
    if server is None:
        return "one Qdrant Edge shard a matter (QDRANT_URL names a server instead)"
    from retrieval.store_connection import connect, home_id

    # A home that is not there yet is not made by a look at it.
    connection = connect(server, home_id(home) if home.exists() else "none yet")
    try:
        return connection.describe()
    finally:
        connection.close()


def _home(home: Path) -> tuple[bool, str]:
    existing = next(folder for folder in (home, *home.parents) if folder.exists())
    free = shutil.disk_usage(existing).free // 1024**2
    found = f"{home}, {free:,} MB free"
    if not os.access(existing, os.W_OK):
        return False, f"{found}, not writable: set CASEWRIGHT_HOME to a folder of yours"
    if existing == home and home.stat().st_mode & 0o077:
        return False, f"{found}, open to others on this machine: chmod 700 {home}"
    return free > 1024, found


def _base(settings: ModelSettings, vllm: VllmAddress | None) -> str:
    if vllm is not None:
        there = identify(settings.base, settings.base_sha256)
        return f"{there.name} ({there.sha256[:12] + '…' if there.sha256 else 'hash not set'})"
    base = resolve(settings.base, settings.base_sha256)
    return f"{base.name} ({base.sha256[:12]}…), {base.gguf.stat().st_size // 1024**2} MB"


def _embedder(home: Path) -> str:
    Embedder(home).check()
    return "all-MiniLM-L6-v2, int8 ONNX"


def _ocr() -> str:
    packaged_file(DETECTION)
    packaged_file(RECOGNITION)
    return "PP-OCR v6 small, ONNX"


def _converter() -> tuple[bool, str]:
    found = converter()
    return True, found or "no converter: .doc is refused (antiword, catdoc or LibreOffice reads it)"


def _adapter(home: Path, settings: ModelSettings) -> str:
    live = adapters.promoted(home)
    if live is None:
        return "none promoted; the base model answers (`casewright train`, then `adapters promote`)"
    adapters.verify(live, identify(settings.base, settings.base_sha256))
    return live.name


def _training() -> tuple[bool, str]:
    needed = ("torch", "transformers", "peft", "bitsandbytes", "trl")
    lacking = [name for name in needed if importlib.util.find_spec(name) is None]
    if lacking:
        return False, f"{lacking[0]} is not installed; run `pip install 'casewright[train]'`"
    gpu = Path("/proc/driver/nvidia/gpus").is_dir()
    return True, "on the GPU" if gpu else "on the CPU"


def _tracing() -> tuple[bool, str]:
    if not tracing.wanted():
        return True, f"off ({tracing.ENDPOINT} names a collector)"
    if not tracing.installed():
        return False, f"off: not installed; run `{tracing.INSTALLED_WITH}`"
    return True, "OpenTelemetry: times, counts and hashes, no text"
