"""The gate on real parts: a broken export fails it, and each figure has its threshold."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from serving import adapters, models, prompts
from serving.adapter_files import BadAdapter
from serving.adapters import Adapter
from serving.llamacpp import LlamaCpp
from serving.llamacpp_completion import LlamaCppCompletions
from training.examples import read_examples
from training.memoranda.vary import MEMORANDA
from training.style import Style

torch = pytest.importorskip("torch")

pytestmark = pytest.mark.filterwarnings("default")

BASE = models.resolve(models.DEFAULT_BASE)
HELD_OUT = [example for example in read_examples(MEMORANDA) if example.split == "held-out"]


@pytest.fixture(scope="module")
def checkpoint(training_home: Path) -> Path:
    from training.checkpoint import ensure_checkpoint

    return ensure_checkpoint(BASE, training_home)


@pytest.fixture(scope="module")
def peft_folder(checkpoint: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A PEFT adapter as another tool would leave it: weights drawn at random."""
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM

    torch.manual_seed(11)
    base = AutoModelForCausalLM.from_pretrained(checkpoint, dtype=torch.float32)
    lora = LoraConfig(r=8, lora_alpha=16, target_modules="all-linear", task_type="CAUSAL_LM")
    model = get_peft_model(base, lora)
    for name, parameter in model.named_parameters():
        if "lora_B" in name:
            attends = "q_proj" in name or "k_proj" in name
            torch.nn.init.normal_(parameter, std=0.4 if attends else 0.01)
    folder = tmp_path_factory.mktemp("peft")
    model.save_pretrained(folder)
    return folder


@pytest.fixture
def added(peft_folder: Path, checkpoint: Path, tmp_path: Path) -> Adapter:
    from training.export import add_adapter

    return add_adapter(tmp_path / "home", peft_folder, "outside", BASE, checkpoint)


@pytest.fixture
def engine(added: Adapter) -> Iterator[LlamaCpp]:
    engine = LlamaCpp(BASE, [added], threads=1)
    yield engine
    engine.close()


def _compared(engine: LlamaCpp, adapter: Adapter, checkpoint: Path) -> Any:
    from training import parity
    from training.scoring import Scorer

    scorer = Scorer(adapter.folder, checkpoint, threads=1)
    served = LlamaCppCompletions(engine)
    return parity.compare(served, adapter, scorer, HELD_OUT[:2], count=2, base_count=2, tokens=12)


@pytest.mark.slow
def test_served_adapter_is_the_trained_one(
    engine: LlamaCpp, added: Adapter, checkpoint: Path
) -> None:
    from training.thresholds import served_as_trained

    found = _compared(engine, added, checkpoint)
    same, other = served_as_trained(found)
    assert same.passed, same.told
    assert other.passed, other.told
    assert found.same_tokens and found.adapter.prompts == 2
    assert found.adapter.first_difference < 1.5 * found.base.first_difference


@pytest.mark.slow
def test_adapter_does_not_go_on_from_what_the_base_model_read(added: Adapter) -> None:
    asked = [prompts.messages(one.question, one.passages[:2]) for one in HELD_OUT[:2]]

    def write(*models: Adapter | None) -> list[str]:
        """What the last of the models, asked one after the other, writes of each prompt."""
        engine = LlamaCpp(BASE, [added], threads=1)
        for model in models:
            chat = engine.chat_model(model, max_tokens=12)
            written = [chat.invoke(prompt).text for prompt in asked]
        engine.close()
        return written

    assert write(None, added) == write(added) != write(None)


@pytest.mark.slow
def test_broken_export_fails_the_gate(
    peft_folder: Path, checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from training.export import add_adapter
    from training.thresholds import served_as_trained

    monkeypatch.setattr("training.export.permute_rotary", lambda rows, heads: rows)
    broken = add_adapter(tmp_path / "home", peft_folder, "broken", BASE, checkpoint)
    engine = LlamaCpp(BASE, [broken], threads=1)
    found = _compared(engine, broken, checkpoint)
    engine.close()
    same, _ = served_as_trained(found)
    assert not same.passed
    assert "more than the engine's rounding" in same.told


def test_endings_are_scored_as_if_each_were_read_alone(peft_folder: Path, checkpoint: Path) -> None:
    from training.scoring import Scorer

    scorer = Scorer(peft_folder, checkpoint, threads=1)
    context = scorer.tokens("The lease ends on")
    endings = [scorer.tokens(text) for text in (" May 31, 2024", " a", " June", " the 5th")]
    together = scorer.endings(context, endings)
    for ending, score in zip(endings, together, strict=True):
        rows = scorer.following(context, ending)
        alone = float(rows[torch.arange(len(ending)), torch.tensor(ending)].sum())
        assert score == pytest.approx(alone, abs=1e-3)
    with scorer.base():
        assert scorer.endings(context, endings) != pytest.approx(together, abs=0.1)


@pytest.mark.parametrize(
    ("near", "changed", "same", "other"),
    [
        ({}, {}, True, True),
        ({"first_difference": 0.3, "difference": 0.17}, {}, True, True),
        ({"difference": 0.3}, {}, False, True),
        ({"first_difference": 0.8}, {}, False, True),
        ({"greedy_agreement": 0.3}, {}, False, True),
        ({}, {"same_tokens": False}, False, True),
        ({}, {"shift": 0.1}, True, False),
        ({}, {"same_as_base": 1.0}, True, False),
    ],
)
def test_thresholds_of_parity(
    near: dict[str, Any], changed: dict[str, Any], same: bool, other: bool
) -> None:
    from training.parity import Nearness, Parity
    from training.thresholds import served_as_trained

    base = Nearness(
        prompts=50, first_difference=0.1, difference=0.1, greedy_agreement=0.9, same_texts=40
    )
    parity = Parity(
        prompt_tokens=20000,
        same_tokens=True,
        adapter=replace(base, **near),
        base=base,
        shift=1.0,
        same_as_base=0.2,
    )
    checks = served_as_trained(replace(parity, **changed))
    assert [check.passed for check in checks] == [same, other]


def test_a_prompt_on_which_the_base_is_near_by_chance_fails_no_adapter() -> None:
    from training.parity import Nearness, Parity
    from training.thresholds import served_as_trained

    base = Nearness(1, first_difference=0.054, difference=0.054, greedy_agreement=0, same_texts=0)
    near = replace(base, prompts=3, first_difference=0.137, difference=0.123)
    same, _ = served_as_trained(Parity(800, True, near, base, shift=4.3, same_as_base=0))
    assert same.passed


PLAIN = Style(
    memoranda=8,
    words=2000,
    score=0.3,
    ordered=0,
    headings=0.1,
    cited=4,
    invalid=0,
    cited_sentences=0.05,
    sentences=100,
    verified=3,
    facts=100,
    found=80,
)
TUNED = replace(
    PLAIN, score=0.8, ordered=7, headings=0.9, cited=30, cited_sentences=0.6, verified=40
)


@pytest.mark.parametrize(
    ("changed", "form", "facts"),
    [
        ({}, True, True),
        ({"score": 0.3}, False, True),
        ({"verified": 0}, True, True),  # within what so few sentences leave to chance
        ({"found": 60}, True, False),
        ({"invalid": 9}, True, False),
    ],
)
def test_thresholds_of_style(changed: dict[str, Any], form: bool, facts: bool) -> None:
    from training.thresholds import style_and_facts

    checks = style_and_facts(PLAIN, replace(TUNED, **changed))
    assert [check.passed for check in checks] == [form, facts]


def test_verified_sentences_may_not_be_lost() -> None:
    from training.thresholds import style_and_facts

    _, facts = style_and_facts(replace(PLAIN, verified=30), replace(TUNED, verified=10))
    assert not facts.passed and "fewer sentences are verified" in facts.told


def test_one_sentence_less_of_few_is_chance() -> None:
    from training.thresholds import style_and_facts

    few = replace(PLAIN, sentences=10, verified=1)
    _, facts = style_and_facts(few, replace(few, score=0.8, verified=0))
    assert facts.passed


def test_data_must_be_what_it_was_trained_on(tmp_path: Path) -> None:
    from training.gate import BadProofData, training_data

    adapter = Adapter("memo-0", tmp_path, {"data": {"sha256": "0" * 64}}, promoted=False)
    assert training_data(adapter, None) is None
    with pytest.raises(BadProofData, match="was trained on another file"):
        training_data(adapter, MEMORANDA)
    with pytest.raises(BadProofData, match="no such file"):
        training_data(adapter, tmp_path / "none.jsonl")


def test_adapter_of_another_shape_is_refused(
    peft_folder: Path, checkpoint: Path, tmp_path: Path
) -> None:
    from training.export import add_adapter

    config = json.loads((checkpoint / "config.json").read_text(encoding="utf-8"))
    config["num_attention_heads"] *= 2
    config["head_dim"] = 64
    (tmp_path / "config.json").write_text(json.dumps(config), encoding="utf-8")
    with pytest.raises(BadAdapter, match="it was trained on another base"):
        add_adapter(tmp_path / "home", peft_folder, "outside", BASE, tmp_path)
    assert adapters.adapters(tmp_path / "home") == []


@pytest.mark.slow
def test_merged_checkpoint_is_base_and_adapter(
    added: Adapter, checkpoint: Path, tmp_path: Path
) -> None:
    from transformers import AutoModelForCausalLM, AutoTokenizer

    from training.merge import export_merged
    from training.scoring import Scorer

    target = tmp_path / "merged"
    export_merged(added, checkpoint, target)
    assert added.name in (target / "README.md").read_text(encoding="utf-8")
    assert not [file for file in target.iterdir() if file.suffix in (".bin", ".pt")]
    assert [file.name for file in tmp_path.iterdir() if file.name.startswith(".staging")] == []
    tokenizer = AutoTokenizer.from_pretrained(target)
    assert tokenizer.chat_template == AutoTokenizer.from_pretrained(checkpoint).chat_template
    merged = AutoModelForCausalLM.from_pretrained(target, dtype=torch.float32)
    scorer = Scorer(added.folder, checkpoint, threads=1)
    ids = tokenizer("The Landlord shall keep the roof in good")["input_ids"]
    with torch.no_grad():
        found = torch.log_softmax(merged(input_ids=torch.tensor([ids])).logits[0, -1], -1)
    gap = (found - scorer.following(ids, [0])[0]).abs().mean()
    assert gap < 0.1  # the merged weights are rounded to bfloat16
    with pytest.raises(BadAdapter, match="merged: exists"):
        export_merged(added, checkpoint, target)
