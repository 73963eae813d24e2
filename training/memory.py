"""How much memory a run needs, by part, counted before anything is loaded.

The layers are counted on a model without data. What one step holds at most is counted by running
it on tensors that have shapes and no contents: each tensor's bytes from when it is made until it is
let go, through forward and backward pass.
"""

import random
import weakref
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import torch
from peft import LoraConfig, get_peft_model
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves
from transformers import AutoConfig, AutoModelForCausalLM

from training.config import TrainingConfig
from training.hardware import Choice, memory_of_process
from training.weights import linear_layers, model_bytes, skeleton


@dataclass(frozen=True, slots=True)
class Memory:
    """What a run holds at most, in bytes, in main memory (CPU) or in that of its GPU."""

    base: int
    """The base model's weights in their precision."""
    adapter: int
    gradients: int
    optimizer: int
    step: int
    """Activations and logits of the largest step, what the backward pass adds to them included."""
    libraries: int
    """The process with its libraries loaded; on a GPU, its context there."""

    @property
    def total(self) -> int:
        """The sum of all parts."""
        return sum(asdict(self).values())


CONTEXT = 600 * 2**20
"""What CUDA, its libraries and a process's context take of a GPU. Not measured here."""

HEAP = 1.15
"""What a CPU's heap holds for each byte of tensors. Measured: 1.14 in bfloat16, 1.22 in NF4."""

HUGE_PAGE = 2 * 2**20
"""On a CPU a tensor of this size or more takes whole huge pages (THP_MEM_ALLOC_ENABLE)."""

TILE = 1024
"""On a GPU TRL projects tokens onto the vocabulary in tiles and keeps none: taken as so many tokens
by all of the vocabulary, which is generous."""

LAYERS = (2, 4)
"""The depths at which a step is counted; deeper models follow, each layer holding the same."""


def estimate(
    config: TrainingConfig, checkpoint: Any, choice: Choice, rows: Sequence[tuple[int, int]]
) -> Memory:
    """Gives what a run needs. ``rows`` are (tokens, tokens trained on) of the examples.

    ``checkpoint`` is the folder of the base model. The libraries' share is this very process's
    memory at the moment, so that the estimate is to be made before a model is loaded.
    """
    on_gpu = choice.device == "cuda"
    libraries = CONTEXT if on_gpu else memory_of_process("VmRSS") or 0
    dtype = getattr(torch, choice.dtype)
    base = skeleton(checkpoint)
    # A quantised layer is unpacked while it computes.
    nf4 = config.quantization == "nf4"
    unpacked = max(layer.weight.numel() for layer in linear_layers(base)) * dtype.itemsize
    whole = _with_adapter(AutoConfig.from_pretrained(checkpoint), config, dtype)
    trained = sum(weight.numel() for weight in whole.parameters() if weight.requires_grad)
    # TRL holds the adapter of a quantised base in bfloat16, that of another one in float32.
    width = 2 if nf4 else 4
    return Memory(
        base=model_bytes(base, config.quantization, dtype),
        adapter=trained * width,
        gradients=trained * width,
        optimizer=trained * 2 * (1 if choice.optimizer == "paged_adamw_8bit" else width),
        step=_step(config, checkpoint, choice, rows) + (unpacked if nf4 else 0),
        libraries=libraries,
    )


def _step(
    config: TrainingConfig, checkpoint: Any, choice: Choice, rows: Sequence[tuple[int, int]]
) -> int:
    """The most bytes that a step holds beside weights.

    Of the batch with the longest example, or of the one with the most tokens to be scored.
    """
    if choice.packing:
        shapes = {(config.data.max_tokens, max(trained for _, trained in rows))}
    else:
        batches = _batches(config, rows)
        shapes = {max(batches), max(batches, key=lambda shape: shape[::-1])}
    architecture = AutoConfig.from_pretrained(checkpoint)
    depth = architecture.num_hidden_layers
    most = 0
    for shape in shapes:
        counted = []
        for layers in LAYERS:
            architecture.num_hidden_layers = layers
            counted.append(_counted(architecture, config, choice, shape))
        a_layer = (counted[1] - counted[0]) / (LAYERS[1] - LAYERS[0])
        most = max(most, round(counted[0] + a_layer * (depth - LAYERS[0])))
    return round(most * HEAP) if choice.device == "cpu" else most


def _batches(config: TrainingConfig, rows: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Tokens, and tokens scored, of each batch of a run: rows in a random order, padded.

    What is scored in one row is scored in all, so that a short prompt beside a long one counts.
    """
    draw, size = random.Random(config.seed), config.optimizer.batch_examples
    shapes = []
    for _ in range(config.optimizer.epochs):
        shuffled = draw.sample(list(rows), len(rows))
        for start in range(0, len(rows), size):
            batch = shuffled[start : start + size]
            prompt = min(tokens - trained for tokens, trained in batch)
            longest = max(tokens for tokens, _ in batch)
            shapes.append((longest, longest - prompt))
    return shapes


def _counted(
    architecture: Any, config: TrainingConfig, choice: Choice, shape: tuple[int, int]
) -> int:
    """The peak of one forward and backward pass over a batch of rows of that shape."""
    dtype = getattr(torch, choice.dtype)
    model = _with_adapter(architecture, config, dtype)
    tokens, trained = shape
    with FakeTensorMode():
        _without_contents(model, torch.bfloat16 if config.quantization == "nf4" else None)
        model.train()
        if choice.gradient_checkpointing:
            model.gradient_checkpointing_enable()
            model.enable_input_require_grads()
        ids = torch.zeros(config.optimizer.batch_examples, tokens, dtype=torch.long)
        if choice.device == "cuda":
            trained = min(trained, TILE // len(ids))
        scored = torch.arange(tokens - trained, tokens)
        targets = torch.zeros(len(ids) * trained, dtype=torch.long)
        with (
            _Peak(model, huge_pages=choice.device == "cpu") as counted,
            torch.autocast("cpu", dtype, enabled=choice.dtype == "bfloat16"),
        ):
            outputs = model(
                input_ids=ids,
                attention_mask=torch.ones_like(ids),
                use_cache=False,
                logits_to_keep=scored,
            )
            logits = outputs.logits.float().flatten(0, 1)
            loss = torch.nn.functional.cross_entropy(logits, targets, reduction="sum")
            del logits
            loss.backward()
    return int(counted.peak)


def _with_adapter(architecture: Any, config: TrainingConfig, dtype: torch.dtype) -> Any:
    """The model and its adapter: layers without data."""
    with torch.device("meta"):
        model = AutoModelForCausalLM.from_config(architecture, dtype=dtype)
        lora = LoraConfig(
            r=config.lora.rank,
            lora_alpha=config.lora.alpha,
            lora_dropout=config.lora.dropout,
            target_modules="all-linear",
            task_type="CAUSAL_LM",
        )
        return get_peft_model(model, lora)


def _without_contents(model: Any, adapter_dtype: torch.dtype | None) -> None:
    """Gives the model's weights a device, which decides how it computes; still no contents."""
    made: dict[int, torch.nn.Parameter] = {}
    for module in model.modules():
        for name, weight in module._parameters.items():
            if weight is None:
                continue
            dtype = adapter_dtype if weight.requires_grad and adapter_dtype else weight.dtype
            empty = torch.empty(weight.shape, dtype=dtype, device="cpu")
            shared = torch.nn.Parameter(empty, requires_grad=weight.requires_grad)
            module._parameters[name] = made.setdefault(id(weight), shared)
        for name, buffer in module._buffers.items():
            module._buffers[name] = torch.empty(buffer.shape, dtype=buffer.dtype, device="cpu")


class _Peak(TorchDispatchMode):  # type: ignore[misc]
    """Counts the bytes of the tensors that live, but for a model's own weights."""

    def __init__(self, model: Any, *, huge_pages: bool) -> None:
        super().__init__()
        self.peak: int = 0
        self._huge_pages = huge_pages
        self._now = 0
        self._live = {
            id(one.untyped_storage()): 0 for one in (*model.parameters(), *model.buffers())
        }

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        out = func(*args, **(kwargs or {}))
        for tensor in tree_leaves(out):
            if isinstance(tensor, torch.Tensor):
                self._made(tensor.untyped_storage())
        return out

    def _made(self, storage: Any) -> None:
        if id(storage) not in self._live:
            size = storage.nbytes()
            if self._huge_pages and size >= HUGE_PAGE:
                size = -(-size // HUGE_PAGE) * HUGE_PAGE
            self._live[id(storage)] = size
            self._now += size
            self.peak = max(self.peak, self._now)
            weakref.finalize(storage, self._gone, id(storage))

    def _gone(self, number: int) -> None:
        self._now -= self._live.pop(number)
