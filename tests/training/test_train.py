"""The recipe on real parts: the packaged model, NF4, a few examples, two steps."""

from pathlib import Path

import pytest

from serving import adapters, models
from training.config import TrainingConfig
from training.examples import read_examples, write_examples
from training.jsonl import BadExamples
from training.memoranda.vary import MEMORANDA

pytest.importorskip("torch")

# The libraries underneath warn of their own affairs, but for one: a quantised layer that was
# repacked for inference passes no gradient, and training goes on in silence (LOG.md).
pytestmark = [
    pytest.mark.filterwarnings("default"),
    pytest.mark.filterwarnings("error:.*autograd kernel was not registered"),
]


def _config(**tables: object) -> TrainingConfig:
    return TrainingConfig.model_validate(
        {
            "name": "tiny",
            "lora": {"rank": 4, "alpha": 8},
            "data": {"max_examples": 2, "held_out_examples": 1},
            "optimizer": {"accumulate": 1, "learning_rate": 1e-3},
            **tables,
        }
    )


# Where the processor lacks AVX-512, bitsandbytes unpacks NF4 slowly: minutes for these two steps.
@pytest.mark.slow
@pytest.mark.timeout(600)
def test_nf4_run_gives_a_registered_adapter(training_home: Path, short_examples: Path) -> None:
    from training.status import Progress
    from training.train import train

    seen: list[Progress] = []
    adapter = train(_config(), short_examples, training_home, report=seen.append)
    base = models.resolve(models.DEFAULT_BASE)
    adapters.verify(adapter, base)
    assert adapter.name.startswith("tiny-")
    assert {file.name for file in adapter.folder.iterdir()} >= {
        adapters.PEFT_WEIGHTS,
        adapters.GGUF_WEIGHTS,
        adapters.CARD,
        "loss.png",
    }
    assert [progress.step for progress in seen] == [0, 1, 2]
    assert adapter.card["base"] == {"name": base.name, "sha256": base.sha256}
    assert adapter.card["config"]["quantization"] == "nf4"
    # Half an hour of training is not for a test; two steps must still move the loss.
    assert adapter.card["held_out"]["after"] != adapter.card["held_out"]["before"]


def test_faulty_data_is_refused_before_anything_is_loaded(tmp_path: Path) -> None:
    from training.train import train

    example = read_examples(MEMORANDA)[0]
    data = tmp_path / "data.jsonl"
    from dataclasses import replace

    stated = example.memorandum + " Rent is $77,123.45 [1]."
    write_examples(data, [replace(example, memorandum=stated)])
    with pytest.raises(BadExamples, match=r"77,123\.45"):
        train(_config(), data, tmp_path)
    assert not (tmp_path / "models").exists()


@pytest.mark.slow
def test_long_example_is_refused_not_cut(training_home: Path) -> None:
    from training.train import train

    with pytest.raises(BadExamples, match="max_tokens"):
        train(_config(data={"max_tokens": 256}), MEMORANDA, training_home)
