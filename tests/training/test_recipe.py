"""The recipe on a Llama of two small layers: resumption, early stopping, what a run leaves."""

import json
from pathlib import Path
from typing import Any

import pytest

from serving import adapters
from serving.adapters import Adapter
from tests.training.conftest import write_short_examples
from training import status
from training.config import TrainingConfig
from training.runs import BadRun
from training.status import Progress

pytest.importorskip("torch")

# As in test_train.py: a quantised layer that passes no gradient says so in a warning alone.
pytestmark = [
    pytest.mark.filterwarnings("default"),
    pytest.mark.filterwarnings("error:.*autograd kernel was not registered"),
]

THINGS = ("weir", "bridge", "mill", "lock")


class Stopped(Exception):
    """What stops a run from outside."""


@pytest.fixture
def examples(tmp_path: Path) -> Path:
    return write_short_examples(tmp_path / "short.jsonl", THINGS)


def config(base: Path, **tables: Any) -> TrainingConfig:
    return TrainingConfig.model_validate(
        {
            "name": "tiny",
            "base": str(base),
            "quantization": tables.pop("quantization", "none"),
            "lora": {"rank": 4, "alpha": 8, **tables.pop("lora", {})},
            "optimizer": {
                "accumulate": 1,
                "learning_rate": 1e-2,
                **tables.pop("optimizer", {}),
            },
            "run": {"checkpoint_steps": 1, **tables.pop("run", {})},
            **tables,
        }
    )


def run(settings: TrainingConfig, data: Path, home: Path, **more: Any) -> Adapter:
    from training.train import train

    return train(settings, data, home, **more)


def stop_after(step: int) -> Any:
    def report(progress: Progress) -> None:
        if progress.step == step and progress.loss is not None:
            raise Stopped

    return report


def run_folder(home: Path) -> Path:
    (folder,) = (path for path in (home / "training").iterdir() if path.is_dir())
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("quantization", ["none", "nf4"])
def test_stopped_and_resumed_is_the_same_adapter(
    tmp_path: Path, tiny_base: Path, examples: Path, quantization: str
) -> None:
    settings = config(tiny_base, quantization=quantization, lora={"dropout": 0.1})
    whole = run(settings, examples, tmp_path / "whole")
    home = tmp_path / "home"
    with pytest.raises(Stopped):
        run(settings, examples, home, report=stop_after(3))
    told = status.read(run_folder(home))
    assert told is not None
    assert (told["state"], told["step"], told["steps"]) == ("failed", 3, 4)
    resumed = run(settings, examples, home, resume=True)
    assert resumed.card["resumed_from"] == 2  # the third was told before it was saved
    assert resumed.card["losses"] == whole.card["losses"]
    assert resumed.card["held_out"] == whole.card["held_out"]
    assert resumed.name == whole.name
    told = status.read(run_folder(home))
    assert told is not None
    assert (told["state"], told["adapter"]) == ("done", resumed.name)
    assert not list(run_folder(home).glob("*checkpoint*"))
    with pytest.raises(BadRun, match="no unfinished run"):
        run(settings, examples, home, resume=True)


def test_run_of_another_rank_is_not_resumed(
    tmp_path: Path, tiny_base: Path, examples: Path
) -> None:
    with pytest.raises(Stopped):
        run(config(tiny_base), examples, tmp_path, report=stop_after(3))
    with pytest.raises(BadRun, match=r"stopped after step 2 was of another config\.lora\.rank;"):
        run(config(tiny_base, lora={"rank": 8}), examples, tmp_path, resume=True)


@pytest.mark.slow
@pytest.mark.parametrize("quantization", ["none", "nf4"])
def test_held_out_loss_on_the_way_changes_no_step(
    tmp_path: Path, tiny_base: Path, examples: Path, quantization: str
) -> None:
    """In evaluation mode bitsandbytes would leave NF4 layers without a gradient (LOG.md)."""
    plain = run(config(tiny_base, quantization=quantization), examples, tmp_path / "plain")
    settings = config(tiny_base, quantization=quantization, run={"evaluate_steps": 1})
    measured = run(settings, examples, tmp_path / "measured")
    assert measured.card["losses"] == plain.card["losses"]
    on_the_way = measured.card["held_out"]["on_the_way"]
    assert [step for step, _ in on_the_way] == [1, 2, 3, 4]
    assert plain.card["held_out"]["on_the_way"] == []
    assert on_the_way[0][1] != on_the_way[3][1] == plain.card["held_out"]["after"]


def test_early_stopping_registers_the_best_weights(
    tmp_path: Path, tiny_base: Path, examples: Path
) -> None:
    # A rate that throws the weights about: soon the held-out loss only rises.
    wild = {"learning_rate": 0.9, "epochs": 10, "warmup_share": 0.0}
    settings = config(tiny_base, optimizer=wild, run={"evaluate_steps": 1, "patience": 3})
    adapter = run(settings, examples, tmp_path)
    held_out = adapter.card["held_out"]
    losses = dict(held_out["on_the_way"])
    best = held_out["best_step"]
    assert losses[best] == min(losses.values()) == pytest.approx(held_out["after"], rel=1e-3)
    assert adapter.card["steps"] == best + 3 == max(losses) < 40


def test_what_a_run_leaves(tmp_path: Path, tiny_base: Path, examples: Path) -> None:
    settings = config(tiny_base, run={"samples": 1, "sample_tokens": 16})
    seen: list[Progress] = []
    adapter = run(settings, examples, tmp_path, report=seen.append)
    assert {file.name for file in adapter.folder.iterdir()} == {
        "adapter_config.json",
        adapters.CARD,
        adapters.GGUF_WEIGHTS,
        adapters.PEFT_WEIGHTS,
        "loss.png",
        "samples.md",
    }
    page = (adapter.folder / "samples.md").read_text(encoding="utf-8")
    for part in ("### Before", "### After", "Who repairs the sluice?", "BRIEF ANSWER"):
        assert part in page
    card = json.loads((adapter.folder / adapters.CARD).read_text(encoding="utf-8"))
    assert card["base"]["name"] == "tiny-llama"
    assert card["config"]["seed"] == 7
    assert card["steps"] == len(card["losses"]) == 4
    assert card["choice"]["device"] == card["device"] == "cpu"
    assert set(card["versions"]) >= {"casewright", "torch", "trl", "peft", "transformers"}
    assert card["peak_memory"] > 2**20
    assert [progress.seconds_left for progress in seen][-1] == 0
    assert all(progress.memory for progress in seen[1:])


def test_loss_is_that_of_all_tokens_with_a_mask(tmp_path: Path, tiny_base: Path) -> None:
    """Rows of different lengths, padded; the memorandum's tokens scored alone, without a mask."""
    import torch

    from training.prepare import prepare
    from training.runs import open_run
    from training.train import load_base, make_trainer
    from training.trainer import IGNORED

    long = "the mill, the race, the leat and the tail water of the old fulling works"
    data = write_short_examples(tmp_path / "short.jsonl", ["weir", long, "bridge over the weir"])
    settings = config(tiny_base, optimizer={"batch_examples": 3})
    ready = prepare(settings, data, tmp_path)
    with open_run(tmp_path, "tiny", ready.what, resume=False) as held:
        trainer = make_trainer(settings, ready, held, load_base(settings, ready))
        (batch,) = trainer.get_train_dataloader()
        lengths = batch["attention_mask"].sum(1).tolist()
        assert len(set(lengths)) == 3
        assert batch["input_ids"].shape[1] % ready.choice.pad == 0
        with torch.no_grad():
            ours = trainer.compute_loss(trainer.model, dict(batch))
            logits = trainer.model(
                input_ids=batch["input_ids"], attention_mask=batch["attention_mask"]
            ).logits
        labels = batch["labels"][:, 1:]
        assert (labels != IGNORED).sum() == sum(row.trained for row in ready.training)
        expected = torch.nn.functional.cross_entropy(
            logits[:, :-1].float().flatten(0, 1), labels.flatten(), ignore_index=IGNORED
        )
        assert ours.item() == pytest.approx(expected.item(), abs=2e-3)
