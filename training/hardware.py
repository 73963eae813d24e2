"""What a machine has, and what the recipe chooses for it: a function of plain values.

On several GPUs the recipe runs under ``accelerate``, which starts a process for each of them:

    accelerate launch --num_processes 4 -m ui.cli train llama-3.1-70b.toml --data examples.jsonl

Each process holds a copy of the base model on its own GPU and takes its share of the examples; the
first one writes checkpoints, status and adapter. A base model that is too large for one GPU is
instead laid over all of them, layer after layer, by a plain ``casewright train`` in one process.
No branch for a GPU was measured yet: there was none at hand.
"""

import importlib.util
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

LIBRARIES = ("flash_attn", "liger_kernel")
"""Kernels that are used where they are installed."""

ROOM = 0.6
"""The share of a GPU that the base model's weights may take; the rest is for training."""


@dataclass(frozen=True, slots=True)
class Gpu:
    """One GPU: its name and memory in bytes."""

    name: str
    memory: int


@dataclass(frozen=True, slots=True)
class Hardware:
    """What a training process sees of its machine."""

    gpus: tuple[Gpu, ...]
    bfloat16: bool
    """Whether its processor (the GPU, where there is one) computes in bfloat16."""
    memory: int
    """Bytes of main memory that are free."""
    libraries: frozenset[str] = frozenset()
    processes: int = 1
    process: int = 0
    """This one's number on its machine, from 0."""


@dataclass(frozen=True, slots=True)
class Choice:
    """How a run computes. All but ``device`` and ``dtype`` differ between CPU and GPU only."""

    device: Literal["cpu", "cuda"]
    dtype: Literal["bfloat16", "float32"]
    optimizer: Literal["adamw_torch", "paged_adamw_8bit"]
    gradient_checkpointing: bool
    attention: Literal["sdpa", "flash_attention_2"]
    packing: bool
    """Several examples in one row, each attending to itself alone; needs FlashAttention."""
    liger: bool
    device_map: dict[str, int] | Literal["auto"] | None
    processes: int


def choose(hardware: Hardware, base_bytes: int) -> Choice:
    """Gives how to train a base model of so many bytes of weights on this hardware."""
    dtype: Literal["bfloat16", "float32"] = "bfloat16" if hardware.bfloat16 else "float32"
    if not hardware.gpus:
        return Choice("cpu", dtype, "adamw_torch", False, "sdpa", False, False, None, 1)
    # FlashAttention has no kernel for float32; without it packed examples would see each other.
    flash = hardware.bfloat16 and "flash_attn" in hardware.libraries
    return Choice(
        device="cuda",
        dtype=dtype,
        optimizer="paged_adamw_8bit",
        gradient_checkpointing=True,
        attention="flash_attention_2" if flash else "sdpa",
        packing=flash,
        liger="liger_kernel" in hardware.libraries,
        device_map=_device_map(hardware, base_bytes),
        processes=hardware.processes,
    )


def _device_map(hardware: Hardware, base_bytes: int) -> dict[str, int] | Literal["auto"]:
    """One process a GPU: its own. One process: the first GPU, or all where one is too small."""
    if hardware.processes > 1:
        return {"": hardware.process}
    too_large = base_bytes > ROOM * hardware.gpus[0].memory
    return "auto" if too_large and len(hardware.gpus) > 1 else {"": 0}


def this_machine() -> Hardware:
    """Gives what this process sees. Loads torch."""
    import torch

    gpus = tuple(
        Gpu(properties.name, properties.total_memory)
        for properties in map(torch.cuda.get_device_properties, range(torch.cuda.device_count()))
    )
    if gpus:
        native = torch.cuda.is_bf16_supported(including_emulation=False)
    else:
        # A processor without it (AVX2 alone) emulates it, 30 times slower than float32.
        can = torch.cpu.get_capabilities()
        native = any(can.get(name) for name in ("avx512_bf16", "amx_bf16", "bf16"))
    return Hardware(
        gpus=gpus,
        bfloat16=bool(native),
        memory=_free_memory(),
        libraries=frozenset(name for name in LIBRARIES if importlib.util.find_spec(name)),
        # Set by `accelerate launch` and torchrun for each process that they start.
        processes=int(os.environ.get("WORLD_SIZE", "1")),
        process=int(os.environ.get("LOCAL_RANK", "0")),
    )


def first_process() -> bool:
    """Whether this is the process that writes: the only one, or the first of several."""
    return int(os.environ.get("RANK", "0")) == 0


def peak_memory() -> int:
    """Gives the bytes that this process has held at most: of its GPUs, else of main memory."""
    import torch

    if torch.cuda.is_available():
        return sum(torch.cuda.max_memory_allocated(gpu) for gpu in range(torch.cuda.device_count()))
    return memory_of_process("VmHWM") or 0


def memory_of_process(field: str) -> int | None:
    """Gives ``VmRSS`` (now) or ``VmHWM`` (at most) of this process in bytes; None off Linux."""
    status = Path("/proc/self/status")
    if not status.is_file():
        return None
    for line in status.read_text(encoding="ascii", errors="replace").splitlines():
        if line.startswith(f"{field}:"):
            return int(line.split()[1]) * 1024
    return None


def _free_memory() -> int:
    available = Path("/proc/meminfo")
    if available.is_file():
        for line in available.read_text(encoding="ascii").splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
