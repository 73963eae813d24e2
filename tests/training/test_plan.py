"""The plan of a run: what it says is what the run then does; what it needs, by part."""

from pathlib import Path
from typing import Any

import pytest

from tests.training.conftest import write_short_examples
from training.config import CONFIGS, TrainingConfig, read_config
from training.hardware import Gpu, Hardware, choose

torch = pytest.importorskip("torch")

pytestmark = pytest.mark.filterwarnings("default")

GIB = 2**30

# What their makers' config.json says; no weights are needed to count them.
SHAPES = {
    "llama-3.2-1b": (2048, 8192, 16, 32, 8, True),
    "llama-3.2-3b": (3072, 8192, 28, 24, 8, True),
    "llama-3.1-8b": (4096, 14336, 32, 32, 8, False),
    "llama-3.1-70b": (8192, 28672, 80, 64, 8, False),
}


def shape_of(name: str, folder: Path) -> Path:
    from transformers import LlamaConfig

    hidden, inner, layers, heads, kv_heads, tied = SHAPES[name]
    LlamaConfig(
        vocab_size=128256,
        hidden_size=hidden,
        intermediate_size=inner,
        num_hidden_layers=layers,
        num_attention_heads=heads,
        num_key_value_heads=kv_heads,
        head_dim=hidden // heads,
        tie_word_embeddings=tied,
    ).save_pretrained(folder)
    return folder


@pytest.mark.parametrize(
    ("name", "weights", "nf4_gib"),
    [
        ("llama-3.2-1b", 1_235_814_400, 0.96),
        ("llama-3.2-3b", 3_212_749_824, 2.09),
        ("llama-3.1-8b", 8_030_261_248, 5.31),
        ("llama-3.1-70b", 70_553_706_496, 36.80),
    ],
)
def test_weights_are_counted_layer_by_layer(
    tmp_path: Path, name: str, weights: int, nf4_gib: float
) -> None:
    from training.weights import base_bytes

    folder = shape_of(name, tmp_path)
    assert base_bytes(folder, "none", torch.bfloat16) == 2 * weights
    assert base_bytes(folder, "none", torch.float32) == 4 * weights
    assert base_bytes(folder, "nf4", torch.bfloat16) / GIB == pytest.approx(nf4_gib, abs=0.05)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "card"),
    [("llama-3.2-1b", 8), ("llama-3.2-3b", 16), ("llama-3.1-8b", 24), ("llama-3.1-70b", 80)],
)
def test_shipped_configuration_fits_the_card_that_it_names(
    tmp_path: Path, name: str, card: int
) -> None:
    """By the estimate: no such card was at hand."""
    from training.memory import estimate

    file = CONFIGS / f"{name}.toml"
    assert f"{card} GB" in file.read_text(encoding="utf-8").splitlines()[0]
    config = read_config(file)
    folder = shape_of(name, tmp_path)
    for libraries in (frozenset[str](), frozenset({"flash_attn", "liger_kernel"})):
        machine = Hardware((Gpu("card", card * 10**9),), True, 64 * GIB, libraries)
        choice = choose(machine, base_bytes=0)
        # An example as long as the configuration allows, of a memorandum of five pages.
        memory = estimate(config, folder, choice, [(config.data.max_tokens, 3000)], 0)
        print(name, libraries, memory, memory.total / GIB)
        assert memory.total < card * 10**9


@pytest.mark.slow
def test_memory_grows_with_what_it_is_of(tiny_base: Path) -> None:
    from training.memory import Memory, estimate

    def need(tokens: int, rank: int = 4, batch: int = 1, quantization: str = "none") -> Memory:
        config = TrainingConfig.model_validate(
            {
                "name": "a",
                "quantization": quantization,
                "lora": {"rank": rank},
                "optimizer": {"batch_examples": batch},
            }
        )
        choice = choose(Hardware((), True, GIB), 0)
        return estimate(config, tiny_base, choice, [(tokens, tokens // 2)] * 2, 0)

    small = need(400)
    assert need(800).step == pytest.approx(2 * small.step, rel=0.3)
    assert need(400, batch=2).step == pytest.approx(2 * small.step, rel=0.3)
    assert need(400, rank=8).adapter == 2 * small.adapter == 2 * small.gradients
    assert small.optimizer == 2 * small.adapter
    assert need(400, quantization="nf4").base < 0.7 * small.base
    assert small.total == sum(
        (small.base, small.adapter, small.gradients, small.optimizer, small.step, small.libraries)
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    ("examples", "optimizer"),
    [
        (5, {"accumulate": 1}),
        (5, {"accumulate": 2}),
        (5, {"accumulate": 2, "batch_examples": 2, "epochs": 3}),
        (4, {"accumulate": 4, "epochs": 2}),
    ],
)
def test_plan_is_what_the_run_does(
    tmp_path: Path, tiny_base: Path, examples: int, optimizer: dict[str, Any]
) -> None:
    from training.plan import make_plan
    from training.train import train

    things = ["weir", "bridge", "mill", "lock", "dam"][:examples]
    data = write_short_examples(tmp_path / "short.jsonl", things)
    config = TrainingConfig.model_validate(
        {
            "name": "tiny",
            "base": str(tiny_base),
            "quantization": "none",
            "lora": {"rank": 4},
            "optimizer": optimizer,
        }
    )
    before = make_plan(config, data, tmp_path)
    assert before.speed_from == "warm-up"
    assert before.fits and before.resumable_from is None
    adapter = train(config, data, tmp_path)
    assert before.examples == adapter.card["data"]["trained"] == examples
    assert before.steps == adapter.card["steps"]
    after = make_plan(config, data, tmp_path)
    assert after.speed_from == "last run"
    assert after.tokens_per_second == pytest.approx(
        adapter.card["tokens"] / adapter.card["seconds"], rel=0.2
    )
    if optimizer.get("batch_examples", 1) == 1:  # a batch is padded, and padding is counted
        assert before.tokens == adapter.card["tokens"]
