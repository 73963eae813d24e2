import os
import signal
import time
from pathlib import Path

import pytest

from ui import jobs


def _ended(home: Path, job: jobs.Job) -> jobs.Job:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        now = next(one for one in jobs.jobs(home) if one.id == job.id)
        if now.state != "running":
            return now
        time.sleep(0.05)
    raise AssertionError("the job did not end within a minute")


@pytest.mark.parametrize(
    ("arguments", "state", "words"),
    [
        (["matters"], "done", "matter"),
        (["documents", "nowhere"], "failed", "nowhere: no such matter"),
    ],
)
def test_a_job_says_how_it_ended(home: Path, arguments: list[str], state: str, words: str) -> None:
    ended = _ended(home, jobs.start(home, "A job", arguments))
    assert (ended.title, ended.state) == ("A job", state)
    assert words in ended.log
    assert "Traceback" not in ended.log


def test_a_killed_job_has_failed(home: Path) -> None:
    job = jobs.start(home, "A job", ["matters"])
    pid = int((home / "jobs" / job.id / "pid").read_text(encoding="utf-8"))
    os.killpg(pid, signal.SIGKILL)
    assert _ended(home, job).state == "failed"


def test_the_newest_job_comes_first(home: Path) -> None:
    first = jobs.start(home, "first", ["matters"])
    while time.strftime("%Y%m%d-%H%M%S") == first.id[:15]:
        time.sleep(0.05)
    jobs.start(home, "second", ["matters"])
    assert [job.title for job in jobs.jobs(home)] == ["second", "first"]


def test_figures_are_kept_from_the_first_step_on(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = _ended(home, jobs.start(home, "A job", ["matters"]))
    assert jobs.figures(home, job, "loss") == {}
    monkeypatch.setenv(jobs.STATUS_VARIABLE, str(home / "jobs" / job.id / "status.json"))
    for step, loss in ((0, None), (1, 2.5), (2, 1.5)):
        jobs.tell(step, 2, "training", loss=loss)
    with (home / "jobs" / job.id / "figures.jsonl").open("a", encoding="utf-8") as history:
        history.write('{"done": 3, "lo')  # being written
    assert jobs.figures(home, job, "loss") == {1: 2.5, 2: 1.5}
    assert jobs.jobs(home)[0].status == {"done": 2, "of": 2, "text": "training", "loss": 1.5}


def test_without_a_status_file_nothing_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv(jobs.STATUS_VARIABLE, raising=False)
    jobs.tell(1, 2, "training", loss=1.0)
    assert list(tmp_path.iterdir()) == []
