"""The command ``train`` on a Llama of two small layers: plan, run, resumption, refusals."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.training.conftest import write_short_examples
from tests.training.tiny_llama import make_tiny_llama
from ui.cli import main

pytest.importorskip("torch")

pytestmark = pytest.mark.filterwarnings("default")

Train = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tiny_llama(tmp_path_factory.mktemp("base") / "tiny-llama")


@pytest.fixture
def train(
    home: Path,
    base: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Train:
    """Runs ``train`` on four short examples; gives status, output and errors."""
    data = write_short_examples(tmp_path / "short.jsonl", ["weir", "bridge", "mill", "lock"])
    config = tmp_path / "mine.toml"

    def run(*options: str, lines: str = "[optimizer]\naccumulate = 1") -> tuple[int, str, str]:
        config.write_text(
            f'name = "mine"\nbase = "{base}"\nquantization = "none"\n{lines}\n', encoding="utf-8"
        )
        argv = ["casewright", "train", str(config), "--data", str(data), "--force", *options]
        status = 0
        with monkeypatch.context() as patch:
            patch.setattr(sys, "argv", argv)
            try:
                main()
            except SystemExit as ended:
                status = int(ended.code or 0)
        printed = capsys.readouterr()
        return status, printed.out, printed.err

    return run


@pytest.mark.slow
def test_plan_then_run(train: Train, home: Path) -> None:
    status, out, _ = train("--dry-run")
    assert status == 0
    for part in ("4 trained on, 1 held out", "warm-up", "CPU, ", "memory: base", "memory: step"):
        assert part in out
    assert not (home / "adapters").exists()
    told: dict[str, Any] = json.loads(train("--dry-run", "--json")[1])
    assert (told["name"], told["examples"], told["steps"]) == ("mine", 4, 4)
    assert told["fits"] is True
    parts = {key: size for key, size in told["memory"].items() if key != "total"}
    assert set(parts) == {"base", "adapter", "gradients", "optimizer", "step", "libraries"}
    assert told["memory"]["total"] == sum(parts.values())

    status, out, _ = train("--json")
    card = json.loads(out)
    assert status == 0
    assert (card["steps"], card["tokens"]) == (told["steps"], told["tokens"])


@pytest.mark.parametrize(
    ("options", "lines", "words"),
    [
        (["--resume"], "", "no unfinished run of this configuration and data"),
        ([], "[lora]\nmodules_to_save = ['lm_head']", "modules_to_save is not offered"),
        ([], "[run]\nchekpoint_steps = 5", "did you mean checkpoint_steps?"),
        (["--dry-run"], "[data]\nmax_tokens = 256", "more than data.max_tokens (256)"),
    ],
)
def test_refused_in_one_line(
    train: Train, home: Path, options: list[str], lines: str, words: str
) -> None:
    status, out, err = train(*options, lines=lines)
    assert (status, out) == (1, "")
    assert words in err.splitlines()[-1]
    assert "Traceback" not in err
