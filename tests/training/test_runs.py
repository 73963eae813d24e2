"""The folder of a run: only whole checkpoints are used, and one process works in it."""

import json
from pathlib import Path
from typing import Any

import pytest

from training import status
from training.runs import COMPLETE, BadRun, Run, last_checkpoint, open_run
from training.status import Progress

WHAT: dict[str, Any] = {"config": {"name": "memo", "lora": {"rank": 16}}, "data": {"sha256": "a"}}


def save(run: Run, step: int, *, best: int | None = None, content: str = "weights") -> None:
    written = run.staging(step) / f"checkpoint-{step}"
    written.mkdir(parents=True)
    (written / "adapter_model.safetensors").write_text(content, encoding="utf-8")
    (written / "optimizer.pt").write_text(f"state {step}", encoding="utf-8")
    run.complete(written, step, seconds=float(step), best=best)


def steps(run: Run) -> list[int]:
    return sorted(int(folder.name[-6:]) for folder in run.folder.glob("checkpoint-*"))


@pytest.mark.parametrize(
    ("bests", "kept"),
    [
        ((None, None, None, None), [30, 40]),
        ((10, 10, 10, 10), [10, 30, 40]),
        ((10, 20, 20, 40), [30, 40]),
    ],
)
def test_the_last_two_and_the_best_are_kept(
    tmp_path: Path, bests: tuple[int | None, ...], kept: list[int]
) -> None:
    with open_run(tmp_path, "memo", WHAT, resume=False) as run:
        for step, best in zip((10, 20, 30, 40), bests, strict=True):
            save(run, step, best=best)
        assert steps(run) == kept
        run.finished()
        assert steps(run) == []


@pytest.mark.parametrize("damage", ["cut", "missing", "altered", "marker", "no marker"])
def test_damaged_checkpoint_is_passed_over_for_the_one_before(tmp_path: Path, damage: str) -> None:
    with open_run(tmp_path, "memo", WHAT, resume=False) as run:
        save(run, 10)
        save(run, 20)
    weights = run.best(20) / "adapter_model.safetensors"
    match damage:
        case "cut":
            weights.write_text("wei", encoding="utf-8")
        case "missing":
            weights.unlink()
        case "altered":
            weights.write_text("WEIGHTS", encoding="utf-8")
        case "marker":
            (run.best(20) / COMPLETE).write_text('{"step": 20, ', encoding="utf-8")
        case "no marker":
            (run.best(20) / COMPLETE).unlink()
    with open_run(tmp_path, "memo", WHAT, resume=True) as resumed:
        assert resumed.resumed is not None
        assert (resumed.resumed.step, resumed.resumed.seconds) == (10, 10.0)
        save(resumed, 20)  # takes the damaged one's place
        last = last_checkpoint(run.folder)
        assert last is not None and last.step == 20


def test_half_written_one_is_not_used_and_is_cleared(tmp_path: Path) -> None:
    with open_run(tmp_path, "memo", WHAT, resume=False) as run:
        save(run, 10)
        half = run.staging(20) / "checkpoint-20"
        half.mkdir(parents=True)
        (half / COMPLETE).write_text('{"step": 20}', encoding="utf-8")
    with open_run(tmp_path, "memo", WHAT, resume=True) as resumed:
        assert resumed.resumed is not None and resumed.resumed.step == 10
        assert not run.staging(20).exists()


def test_new_attempt_leaves_the_old_one_until_its_own_first_checkpoint(tmp_path: Path) -> None:
    with open_run(tmp_path, "memo", WHAT, resume=False) as run:
        save(run, 300)
        save(run, 310)
    with open_run(tmp_path, "memo", WHAT, resume=False) as again:
        assert again.resumed is None
        assert steps(run) == [300, 310]
        save(again, 10)
        assert steps(run) == [10]


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        (
            {**WHAT, "config": {"name": "memo", "lora": {"rank": 8}}},
            "the run that stopped after step 10 was of another config.lora.rank",
        ),
        ({**WHAT, "data": {"sha256": "b"}}, "was of another data.sha256"),
        ({**WHAT, "config": {"name": "other"}}, "no unfinished run of this configuration and data"),
    ],
)
def test_another_run_is_not_resumed(tmp_path: Path, changed: dict[str, Any], words: str) -> None:
    with open_run(tmp_path, "memo", WHAT, resume=False) as run:
        save(run, 10)
    name = changed["config"]["name"]
    with (
        pytest.raises(BadRun, match=words) as refused,
        open_run(tmp_path, name, changed, resume=True),
    ):
        pass
    assert str(refused.value).endswith("; train without --resume")
    assert "\n" not in str(refused.value)


def test_nothing_to_resume(tmp_path: Path) -> None:
    with open_run(tmp_path, "memo", WHAT, resume=False):
        pass
    with (
        pytest.raises(BadRun, match="no unfinished run"),
        open_run(tmp_path, "memo", WHAT, resume=True),
    ):
        pass


def test_one_process_at_a_time(tmp_path: Path) -> None:
    with open_run(tmp_path, "memo", WHAT, resume=False):
        with (
            pytest.raises(BadRun, match="another process trains it"),
            open_run(tmp_path, "memo", WHAT, resume=False),
        ):
            pass
        other = {**WHAT, "data": {"sha256": "b"}}
        with open_run(tmp_path, "memo", other, resume=False) as beside:
            assert beside.resumed is None


def test_status_is_read_whole_and_a_dead_process_has_failed(tmp_path: Path) -> None:
    assert status.read(tmp_path) is None
    progress = Progress(3, 9, 1.5, 200.0, 12.0, 2**30)
    status.write(tmp_path, "running", progress)
    told = status.read(tmp_path)
    assert told is not None
    assert {key: told[key] for key in ("state", "step", "steps", "loss", "seconds_left")} == {
        "state": "running",
        "step": 3,
        "steps": 9,
        "loss": 1.5,
        "seconds_left": 12.0,
    }
    file = tmp_path / status.STATUS
    gone = {**json.loads(file.read_text(encoding="utf-8")), "pid": 2**22 + 1}
    file.write_text(json.dumps(gone), encoding="utf-8")
    told = status.read(tmp_path)
    assert told is not None and told["state"] == "failed"
    assert [path.name for path in tmp_path.iterdir()] == [status.STATUS]
