"""Jobs are real processes of the real command, on a home of their own."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from ui import jobs

ME, OTHER = "ada@example.org", "bob@example.org"


def _when(home: Path, job: jobs.Job, holds: Callable[[jobs.Job], bool]) -> jobs.Job:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        now = jobs.find(home, job.owner, job.id)
        assert now is not None
        if holds(now):
            return now
        time.sleep(0.02)
    raise AssertionError(f"the job stayed {now.state} for a minute")


def _running(home: Path, job: jobs.Job) -> jobs.Job:
    return _when(home, job, lambda now: now.state == "running")


def _ended(home: Path, job: jobs.Job) -> jobs.Job:
    return _when(home, job, lambda now: not now.alive)


@pytest.fixture
def sleeper() -> list[str]:
    """The arguments of a command that runs until it is stopped."""
    return ["metrics", "--serve", "127.0.0.1:0"]


@pytest.mark.parametrize(
    ("arguments", "state", "words"),
    [
        (["matters"], "done", "matter"),
        (["documents", "nowhere"], "failed", "nowhere: no such matter"),
    ],
)
def test_a_job_says_how_it_ended(home: Path, arguments: list[str], state: str, words: str) -> None:
    ended = _ended(home, jobs.start(home, "A job", arguments, owner=ME))
    assert (ended.title, ended.state) == ("A job", state)
    assert words in ended.output + ended.log
    assert "Traceback" not in ended.log


def test_a_killed_job_has_failed(home: Path, sleeper: list[str]) -> None:
    job = _running(home, jobs.start(home, "A job", sleeper, owner=ME))
    os.kill(int((job.folder / "pid").read_text(encoding="ascii")), signal.SIGKILL)
    assert _ended(home, job).state == "failed"


def test_a_stopped_job_says_so_waiting_or_running(home: Path, sleeper: list[str]) -> None:
    runs = _running(home, jobs.start(home, "runs", sleeper, owner=ME, most=1))
    waits = jobs.start(home, "waits", sleeper, owner=ME, most=1)
    assert waits.state == "waiting"
    for job in (waits, runs):
        jobs.stop(job)
        assert _ended(home, job).state == "stopped"


def test_so_many_run_and_the_rest_wait_their_turn(home: Path, sleeper: list[str]) -> None:
    first, second, third, fourth = (
        jobs.start(home, str(number), sleeper, owner=ME) for number in range(4)
    )
    for job in (first, second):
        _running(home, job)
    time.sleep(0.5)
    assert [job.state for job in jobs.jobs(home, ME)] == ["waiting"] * 2 + ["running"] * 2
    jobs.stop(second)
    _running(home, third)
    assert next(jobs.jobs(home, ME)).state == "waiting"
    for job in (fourth, third, first):
        jobs.stop(job)
        _ended(home, job)


STARTS = """
import sys
from pathlib import Path
from ui import jobs
for number in range(3):
    jobs.start(Path(sys.argv[1]), "A job", sys.argv[2:], owner="ada@example.org")
"""


def test_processes_that_start_jobs_at_once_keep_to_the_number(
    home: Path, sleeper: list[str]
) -> None:
    starting = [
        subprocess.Popen([sys.executable, "-c", STARTS, str(home), *sleeper]) for _ in range(3)
    ]
    assert [process.wait() for process in starting] == [0, 0, 0]
    seen: set[str] = set()
    while alive := [job for job in jobs.jobs(home, ME) if job.alive]:
        running = [job for job in alive if job.state == "running"]
        assert len(running) <= 2
        if len(running) == min(2, len(alive)):
            seen |= {job.id for job in running}
            for job in running:
                jobs.stop(job)
            for job in running:
                jobs.wait(job, 20)
    assert len(seen) == 9


def test_a_question_goes_before_longer_work(home: Path, sleeper: list[str]) -> None:
    first = _running(home, jobs.start(home, "first", sleeper, owner=ME, most=1))
    work = jobs.start(home, "work", sleeper, owner=ME, most=1)
    question = jobs.start(home, "question", ["answer-turn", "m", "t"], owner=ME, most=1)
    assert jobs.in_line(first.folder) == [question.folder, work.folder]
    for job in (work, question, first):
        jobs.stop(job)
        _ended(home, job)


def test_the_newest_job_comes_first(home: Path) -> None:
    for title in ("first", "second"):
        _ended(home, jobs.start(home, title, ["matters"], owner=ME))
    assert [job.title for job in jobs.jobs(home, ME)] == ["second", "first"]


def test_nobody_sees_the_job_of_another(home: Path) -> None:
    job = jobs.start(home, "A job", ["matters"], owner=ME)
    assert jobs.find(home, OTHER, job.id) is None
    assert list(jobs.jobs(home, OTHER)) == []
    assert job.folder.stat().st_mode & 0o077 == 0
    _ended(home, job)


def test_a_matter_is_forgotten_with_its_jobs(home: Path, sleeper: list[str]) -> None:
    gone = _running(home, jobs.start(home, "gone", sleeper, owner=ME, matter="oven"))
    stays = jobs.start(home, "stays", ["matters"], owner=ME, matter="other")
    jobs.forget_matter(home, "oven")
    assert [job.title for job in jobs.jobs(home, ME)] == ["stays"]
    assert not gone.folder.exists()
    _ended(home, stays)


def test_figures_are_kept_from_the_first_step_on(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = _ended(home, jobs.start(home, "A job", ["matters"], owner=ME))
    assert jobs.figures(job, "loss") == {}
    monkeypatch.setenv(jobs.STATUS_VARIABLE, str(job.folder / "status.json"))
    for step, loss in ((0, None), (1, 2.5), (2, 1.5)):
        jobs.tell(step, 2, "training", loss=loss)
    with (job.folder / "figures.jsonl").open("a", encoding="utf-8") as history:
        history.write('{"done": 3, "lo')  # being written
    assert jobs.figures(job, "loss") == {1: 2.5, 2: 1.5}
    now = jobs.find(home, ME, job.id)
    assert now is not None
    assert now.status == {"done": 2, "of": 2, "text": "training", "loss": 1.5}


def test_without_a_status_file_nothing_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv(jobs.STATUS_VARIABLE, raising=False)
    jobs.tell(1, 2, "training", loss=1.0)
    assert list(tmp_path.iterdir()) == []
