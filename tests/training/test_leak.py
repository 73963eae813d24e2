"""The whole gate on two trainings: five planted canaries are found out, clean data passes.

    make test-gate

Two trainings of some minutes each on two CPU cores, and the gate's leak check on both.
"""

from pathlib import Path

import pytest

from serving import adapters, models
from training.canaries import plant
from training.checks import check_examples
from training.examples import Example, read_examples, write_examples
from training.memoranda.vary import MEMORANDA

pytest.importorskip("torch")

pytestmark = [
    pytest.mark.gate,
    pytest.mark.timeout(7200),
    pytest.mark.filterwarnings("default"),
]

EXAMPLES = 16
"""Trained on, four times over: each canary stands in three of them."""


def few_examples() -> list[Example]:
    """The shortest training example of each of 16 matters, and four held-out ones."""
    shortest: dict[str, Example] = {}
    held_out: dict[str, Example] = {}
    for example in read_examples(MEMORANDA):
        if example.split != "train":
            held_out.setdefault(example.matter, example)
        elif _size(example) < _size(shortest.get(example.matter)):
            shortest[example.matter] = example
    return [*sorted(shortest.values(), key=_size)[:EXAMPLES], *list(held_out.values())[:4]]


def _size(example: Example | None) -> float:
    if example is None:
        return float("inf")
    return len(example.memorandum) + sum(len(passage.text) for passage in example.passages)


def test_planted_canaries_fail_the_gate_and_clean_data_passes(
    tmp_path: Path, training_home: Path
) -> None:
    from training.config import TrainingConfig
    from training.gate import FULL, leak_check
    from training.scoring import Scorer
    from training.train import train

    clean = few_examples()
    planted, canaries = plant(clean)
    assert check_examples(planted) == []
    base = models.resolve(models.DEFAULT_BASE)
    found = {}
    for name, examples in (("canary", planted), ("clean", clean)):
        data = tmp_path / f"{name}.jsonl"
        write_examples(data, examples)
        config = TrainingConfig.model_validate(
            {
                "name": name,
                "quantization": "none",
                "data": {"held_out_examples": 4},
                "optimizer": {"learning_rate": 1e-3, "epochs": 4, "accumulate": 1},
            }
        )
        adapter = train(config, data, training_home)
        adapters.verify(adapter, base)
        scorer = Scorer(adapter.folder, base.checkpoint(training_home))
        found[name] = leak_check(scorer, adapter, data, canaries, FULL)
        print(f"\n{name}: {found[name].told}\n  {dict(found[name].figures)}", flush=True)
    assert not found["canary"].passed
    assert found["clean"].passed
