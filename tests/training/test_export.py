"""The exported GGUF adapter is the PEFT adapter: same next-token log-probabilities."""

import json
from pathlib import Path

import httpx
import numpy as np
import pytest

from serving import adapters, models
from serving.llamacpp import LlamaCpp

torch = pytest.importorskip("torch")

TOLERANCE = 0.1
"""Mean absolute difference of log-probabilities, in nats, over the engine's 20 best tokens.

llama.cpp computes with 8-bit activations on the Q4_1 weights, PEFT in float32 on the same
weights dequantised. Measured: 0.047 with the adapter and 0.044 without one; 0.42 for an export
without the permutation of the q and k rows.
"""

# Long enough for the rotary positions, which the permutation is about, to matter.
CONTEXTS = (
    "The lease requires the Landlord to keep the roof, the walls and the foundation in good "
    "repair. The Tenant shall give notice of any leak within five days, and the Landlord shall "
    "begin the repair within fifteen days after that notice. The Tenant gave notice on March 3, "
    "2021. The Landlord began the repair on",
)


@pytest.fixture(scope="module")
def checkpoint(training_home: Path) -> Path:
    from training.checkpoint import ensure_checkpoint

    return ensure_checkpoint(models.resolve(models.DEFAULT_BASE), training_home)


@pytest.fixture(scope="module")
def peft_adapter(
    checkpoint: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, list[dict[int, float]]]:
    """A PEFT adapter with weights drawn at random, and its log-probabilities by token id."""
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM, AutoTokenizer

    torch.manual_seed(11)
    base = AutoModelForCausalLM.from_pretrained(checkpoint, dtype=torch.float32)
    lora = LoraConfig(r=8, lora_alpha=16, target_modules="all-linear", task_type="CAUSAL_LM")
    model = get_peft_model(base, lora).eval()
    for name, parameter in model.named_parameters():
        if "lora_B" in name:
            attends = "q_proj" in name or "k_proj" in name
            torch.nn.init.normal_(parameter, std=0.3 if attends else 0.01)
    folder = tmp_path_factory.mktemp("peft")
    model.save_pretrained(folder)
    tokenizer = AutoTokenizer.from_pretrained(checkpoint)
    found = []
    for context in CONTEXTS:
        ids = torch.tensor([tokenizer(context)["input_ids"]])
        with torch.no_grad():
            logits = model(input_ids=ids).logits[0, -1]
        found.append(dict(enumerate(torch.log_softmax(logits, -1).tolist())))
    return folder, found


def _served(home: Path, folder: Path, checkpoint: Path) -> list[dict[int, float]]:
    """The log-probabilities of the 20 best next tokens, from llama.cpp with the adapter."""
    from training.export import export_gguf

    export_gguf(folder, checkpoint, folder / adapters.GGUF_WEIGHTS)
    base = models.resolve(models.DEFAULT_BASE)
    card = {"base": {"name": base.name, "sha256": base.sha256}}
    engine = LlamaCpp(base, [adapters.register(home, "parity", folder, card)])
    found = []
    for context in CONTEXTS:
        answer = httpx.post(
            f"{engine.address}/completion",
            headers={"Authorization": f"Bearer {engine.key}"},
            json={
                "prompt": context,
                "n_predict": 1,
                "n_probs": 20,
                "temperature": 0,
                "lora": [{"id": 0, "scale": 1.0}],
            },
            timeout=120,
        ).json()
        best = answer["completion_probabilities"][0]["top_logprobs"]
        found.append({entry["id"]: entry["logprob"] for entry in best})
    engine.close()
    return found


def _difference(served: list[dict[int, float]], peft: list[dict[int, float]]) -> float:
    gaps = [
        abs(logprob - theirs[token])
        for ours, theirs in zip(served, peft, strict=True)
        for token, logprob in ours.items()
    ]
    return float(np.mean(gaps))


@pytest.mark.slow
def test_same_logits(
    tmp_path: Path, checkpoint: Path, peft_adapter: tuple[Path, list[dict[int, float]]]
) -> None:
    folder, expected = peft_adapter
    assert _difference(_served(tmp_path, folder, checkpoint), expected) < TOLERANCE


@pytest.mark.slow
def test_unpermuted_export_is_another_model(
    tmp_path: Path,
    checkpoint: Path,
    peft_adapter: tuple[Path, list[dict[int, float]]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    folder, expected = peft_adapter
    monkeypatch.setattr("training.export.permute_rotary", lambda rows, heads: rows)
    assert _difference(_served(tmp_path, folder, checkpoint), expected) > 2 * TOLERANCE


def test_another_architecture_is_refused(
    tmp_path: Path, peft_adapter: tuple[Path, list[dict[int, float]]]
) -> None:
    from training.export import BadAdapter, export_gguf

    (tmp_path / "config.json").write_text(json.dumps({"model_type": "gemma3"}), encoding="utf-8")
    with pytest.raises(BadAdapter, match="gemma3"):
        export_gguf(peft_adapter[0], tmp_path, tmp_path / "adapter.gguf")
