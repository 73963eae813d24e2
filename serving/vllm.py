"""A vLLM server's command line and environment, from what it is to serve; nothing is started here.

vLLM is never imported: it is another program, often with a Python of its own. It listens on the
loopback address alone, because its API key leaves many of its endpoints open (``vllm_gate``
stands before it where others are to reach it), and it takes no adapter that it was not started
with.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from retrieval.errors import ModelUnavailable
from serving.adapter_files import PEFT_CONFIG, check_config
from serving.adapters import Adapter

LOOPBACK = "127.0.0.1"

RANKS = (1, 8, 16, 32, 64, 128, 256, 320, 512)
"""The ranks that vLLM has room for; an adapter takes the next larger one (``--max-lora-rank``)."""

IN_ONE_BATCH = 8
"""Adapters whose requests are computed together; each takes memory of its largest size."""

KV_CACHE_GIB = "2"
"""On a CPU, where ``VLLM_CPU_KVCACHE_SPACE`` is not set: vLLM would take half of the memory."""

_LEFT_OUT = frozenset(
    {
        # They open endpoints by which others change what is served, or write prompts to the log.
        "VLLM_ALLOW_RUNTIME_LORA_UPDATING",
        "VLLM_SERVER_DEV_MODE",
        "VLLM_DEBUG_LOG_API_SERVER_RESPONSE",
        "VLLM_LORA_RESOLVER_CACHE_DIR",
        "VLLM_LORA_RESOLVER_HF_REPO_LIST",
        # A cluster sets it to an address, and vLLM takes it for its inner ports.
        "VLLM_PORT",
        # Ours, for the client and for `casewright serve`; vLLM warns of names it does not know.
        "VLLM_URL",
        "VLLM_CA_FILE",
        "VLLM_FIRST_TOKEN_SECONDS",
        "VLLM_ALLOW_PLAIN_HTTP",
        "VLLM_PYTHON",
        "VLLM_ADAPTERS",
        "VLLM_DTYPE",
        "VLLM_QUANTIZATION",
        "VLLM_TENSOR_PARALLEL_SIZE",
        "VLLM_PIPELINE_PARALLEL_SIZE",
        "VLLM_DATA_PARALLEL_SIZE",
        "VLLM_DISTRIBUTED_EXECUTOR_BACKEND",
        "VLLM_GPU_MEMORY_UTILIZATION",
        "VLLM_MAX_NUM_SEQS",
    }
)


@dataclass(frozen=True, slots=True)
class Hardware:
    """How vLLM computes; what is None is left to vLLM."""

    dtype: str = "bfloat16"
    quantization: str | None = None
    """A method of vLLM's, as ``fp8`` or ``bitsandbytes``; None serves the weights as they are."""
    tensor_parallel: int = 1
    """GPUs that share each layer."""
    pipeline_parallel: int = 1
    """Groups of GPUs, or nodes, that have the layers one behind the other."""
    data_parallel: int = 1
    """Whole copies of the model."""
    executor: str | None = None
    """``mp`` for one host, ``ray`` for several."""
    gpu_memory: float | None = None
    """Share of a GPU's memory that weights and cache may take."""
    sequences: int | None = None
    """Requests that are computed together, at most."""


@dataclass(frozen=True, slots=True)
class Served:
    """What a server has: a checkpoint under its names, and adapters under theirs."""

    checkpoint: Path
    names: tuple[str, ...]
    """What the checkpoint answers to; the first is what it says of itself."""
    adapters: tuple[Adapter, ...] = ()
    context: int = 4096
    """Tokens of prompt and answer."""
    hardware: Hardware = field(default_factory=Hardware)
    merged: bool = False
    """Whether the checkpoint is an adapter merged into its base, under the adapter's name."""

    @property
    def forms(self) -> dict[str, str]:
        """The form in which each adapter is served."""
        alone = {self.names[0]: "merged"} if self.merged else {}
        return alone | {one.name: "lora" for one in self.adapters}


def arguments(served: Served, port: int) -> list[str]:
    """Gives vLLM's arguments, without the program that takes them. They hold no secret.

    Raises:
        ModelUnavailable: the checkpoint has no configuration, or an adapter a larger rank than
            vLLM serves.
        BadAdapter: an adapter is of a kind that is not served.
    """
    hardware = served.hardware
    options: dict[str, str | int | float | None] = {
        "--model": str(served.checkpoint),
        "--host": LOOPBACK,
        "--port": port,
        "--dtype": hardware.dtype,
        "--quantization": hardware.quantization,
        "--max-model-len": context_length(served.checkpoint, served.context),
        # What a checkpoint's author likes to sample with is not what an adapter was proven with.
        "--generation-config": "vllm",
        "--tensor-parallel-size": _more_than_one(hardware.tensor_parallel),
        "--pipeline-parallel-size": _more_than_one(hardware.pipeline_parallel),
        "--data-parallel-size": _more_than_one(hardware.data_parallel),
        "--distributed-executor-backend": hardware.executor,
        "--gpu-memory-utilization": hardware.gpu_memory,
        "--max-num-seqs": hardware.sequences,
    }
    given = [
        part for name, value in options.items() if value is not None for part in (name, str(value))
    ]
    return [
        *given,
        "--enable-prefix-caching",
        "--disable-fastapi-docs",
        "--served-model-name",
        *served.names,
        *_lora(served.adapters),
    ]


def environment(inherited: Mapping[str, str], key: str) -> dict[str, str]:
    """Gives the environment that vLLM runs in: the one of this process, nothing sent anywhere.

    The ``key`` is given here, for every user of a machine can read a command line.
    """
    kept = {name: value for name, value in inherited.items() if name not in _LEFT_OUT}
    return {
        "VLLM_CPU_KVCACHE_SPACE": KV_CACHE_GIB,
        **kept,
        "VLLM_API_KEY": key,
        "VLLM_NO_USAGE_STATS": "1",
        "VLLM_DO_NOT_TRACK": "1",
        "HF_HUB_OFFLINE": "1",
        "TOKENIZERS_PARALLELISM": "false",
        "PYTHONSAFEPATH": "1",  # no file of the folder that we were called in is a module of its
    }


def context_length(checkpoint: Path, wanted: int) -> int:
    """Gives the tokens of context: those wanted, or as many as the model was made for.

    Raises:
        ModelUnavailable: the checkpoint has no configuration that can be read.
    """
    file = checkpoint / "config.json"
    try:
        most = json.loads(file.read_text(encoding="utf-8"))["max_position_embeddings"]
    except (OSError, ValueError, KeyError, TypeError):
        raise ModelUnavailable(
            f"{file}: missing or not a model's configuration; name another base model, or delete "
            "the folder so that it is made again"
        ) from None
    return min(wanted, int(most))


def largest_rank(adapters: Sequence[Adapter]) -> int:
    """Gives the rank that vLLM must have room for: that of the largest adapter, rounded up.

    Raises:
        ModelUnavailable: it is larger than vLLM serves.
        BadAdapter: an adapter is of a kind that is not served.
    """
    ranks = {one.name: _rank(one.folder) for one in adapters}
    name, rank = max(ranks.items(), key=lambda pair: pair[1])
    if rank > RANKS[-1]:
        raise ModelUnavailable(
            f"{name}: its rank is {rank}, vLLM serves at most {RANKS[-1]}; serve it merged "
            "(VLLM_ADAPTERS=merged), or train it with a lower one"
        )
    return next(room for room in RANKS if room >= rank)


def _rank(folder: Path) -> int:
    config = check_config(folder)
    pattern = config.get("rank_pattern") or {}
    try:
        return max(int(config["r"]), *map(int, pattern.values()), 1)
    except (KeyError, ValueError, TypeError):
        raise ModelUnavailable(
            f"{folder / PEFT_CONFIG}: it names no rank; restore the file or train again"
        ) from None


def _lora(adapters: Sequence[Adapter]) -> list[str]:
    if not adapters:
        return []
    return [
        "--enable-lora",
        "--max-lora-rank",
        str(largest_rank(adapters)),
        "--max-loras",
        str(min(len(adapters), IN_ONE_BATCH)),
        "--max-cpu-loras",
        str(len(adapters)),
        "--lora-modules",
        # In JSON: a path may hold a comma or an equals sign.
        *(json.dumps({"name": one.name, "path": str(one.folder)}) for one in adapters),
    ]


def _more_than_one(number: int) -> int | None:
    return number if number > 1 else None
