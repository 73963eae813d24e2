"""One run through the command line, then every byte that it wrote is looked through.

Keys stand nowhere: not in the home, nor in what was printed, nor in a command line of a process.
The matter's words stand where they belong (originals, index, manifest, what the user asked for)
and in no audit log, job log or status. A process's memory and environment are its owner's.
"""

import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.serving.vllm_standin import answer, fails, standing_in
from ui import jobs

KEYS = {"VLLM_API_KEY": "sk-key-canary-7d20", "QDRANT_API_KEY": "qd-key-canary-9a41"}
TEXT, QUESTION, NAME, ANSWER = "Perpetua Lindqvist", "Wexcombe", "halcyon", "Brandreth"
"""Canaries: in the document's text, in the question, in the file's name, in the answer."""
LETTER = (
    f"LETTER\n\nThe settlement offer of {TEXT} is $91,250.00, and was made on March 3, 2021.\n\n"
    "The offer ends on May 31, 2021. It is to be accepted in writing.\n"
)


class Watched:
    """The command, run as processes; ``printed`` is all that they said."""

    def __init__(self, home: Path, url: str) -> None:
        self.printed = b""
        self.environment = {
            **{key: value for key, value in os.environ.items() if not key.startswith("CASEWRIGHT")},
            **KEYS,
            "VLLM_URL": url,
            "CASEWRIGHT_HOME": str(home),
        }

    def run(self, *arguments: str, status: int = 0, **settings: str) -> bytes:
        """Runs a command; gives what it said on stderr."""
        ended = subprocess.run(
            [sys.executable, "-m", "ui.cli", *arguments],
            capture_output=True,
            env={**self.environment, **settings},
            check=False,
        )
        assert ended.returncode == status, (arguments, ended.stderr)
        assert b"Traceback" not in ended.stderr
        self.printed += ended.stdout + ended.stderr
        return ended.stderr


@contextmanager
def command_lines() -> Iterator[set[bytes]]:
    """Collects the command lines of all processes while the block runs."""
    seen: set[bytes] = set()
    ended = threading.Event()

    def sample() -> None:
        while not ended.is_set():
            for file in Path("/proc").glob("[0-9]*/cmdline"):
                try:
                    seen.add(file.read_bytes())
                except OSError:  # it ended meanwhile
                    continue
            time.sleep(0.02)

    thread = threading.Thread(target=sample)
    thread.start()
    try:
        yield seen
    finally:
        ended.set()
        thread.join()


def holding(home: Path, word: str) -> set[str]:
    """The files below a home, by their path in it, in which a word stands, or in whose name."""
    raw = word.encode()
    return {
        str(file.relative_to(home))
        for file in home.rglob("*")
        if raw in str(file.relative_to(home)).encode()
        or (file.is_file() and not file.is_symlink() and raw in file.read_bytes())
    }


ME = "ada@example.org"


def job_log(command: Watched, home: Path, files: Path) -> str:
    """Ingests as the app does, by a job; gives what it left to be read."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in command.environment.items():
            patch.setenv(name, value)
        before = os.umask(0o077)  # as the process that the app runs in has it
        job = jobs.start(home, "Reading", ["ingest", "oven", str(files)], owner=ME)
        while (now := jobs.find(home, ME, job.id)) is not None and now.alive:
            time.sleep(0.05)
        os.umask(before)
    assert now is not None and now.state == "done", now
    return now.output + now.log + str(now.status)


def owners_alone(home: Path) -> None:
    # The packaged embedder's files are everybody's; the folder that they lie in is not.
    private = [home, *(one for one in home.rglob("*") if not one.is_symlink())]
    shared = {str(one) for one in private if one.stat().st_mode & 0o077 and one.is_file()}
    assert all(name.startswith(str(home / "models")) for name in shared), shared
    assert not [one for one in private if one.is_dir() and one.stat().st_mode & 0o077]


@pytest.mark.faults
@pytest.mark.timeout(900)
def test_a_full_run_leaves_no_key_and_no_text_where_none_belongs(tmp_path: Path) -> None:
    home, files, out = tmp_path / "home", tmp_path / "files", tmp_path / "out"
    files.mkdir()
    out.mkdir()
    letter = files / f"{NAME}.txt"
    letter.write_text(LETTER, encoding="utf-8")
    bad = files / f"{NAME}.docx"
    bad.write_bytes(b"PK\x03\x04 no Word file: " + TEXT.encode())
    said = (f"BRIEF ANSWER\n\nThe offer of {TEXT} is $91,250.00 [1]. {ANSWER} says so [1].\n",)
    question = f"What does {QUESTION} have to know of the settlement offer?"
    ask = ("ask", "oven", question, "--base", "--no-grammar", "--answer-anyway")
    with standing_in(answer(*said), answer(*said), fails(500, KEYS["VLLM_API_KEY"])) as server:
        command, quick = Watched(home, server.url), {"VLLM_FIRST_TOKEN_SECONDS": "5"}
        with command_lines() as lines:
            command.run("ingest", "oven", str(files))
            command.run(*ask, "--output", str(out / "memo.docx"), **quick)
            command.run(*ask, "--json", **quick)
            assert server.asked[0]["authorization"] == f"Bearer {KEYS['VLLM_API_KEY']}"
            command.run(*ask, status=1, **quick)  # the server fails, and says the key back
            command.run("chronology", "oven", "--output", str(out / "chronology.csv"))
            command.run("search", "oven", question)
            command.run("documents", "oven", "--json")
            command.run("audit", "verify")
            command.run("doctor", "--json")
            command.run("search", "oven", "x", status=1, VLLM_URL="http://", QDRANT_URL="http://x")
            command.run("ask", "oven", "x", status=1, CASEWRIGHT_CONTEXT="none")
            log = job_log(command, home, files)
    assert log, "the job said nothing"

    for key in KEYS.values():
        assert not holding(home, key), "a key was written"
        assert not holding(out, key), "a key left with a file"
        assert key.encode() not in command.printed
        assert not [line for line in lines if key.encode() in line]
    assert any(b"retrieval.reading" in line for line in lines), "no child was seen"

    inside = "matters/oven/"
    assert holding(home, TEXT), "the canary is nowhere: nothing was looked through"
    assert all(file.startswith(inside) for file in holding(home, TEXT)), holding(home, TEXT)
    for word in (QUESTION, ANSWER):  # kept by nobody: neither answer nor question is written down
        assert not {file for file in holding(home, word) if not file.startswith("history")}
    named = {file for file in holding(home, NAME) if not file.startswith((inside, "jobs/"))}
    assert not named, "a file's name left its matter"
    assert TEXT not in log and QUESTION not in log

    owners_alone(home)
    shutil.rmtree(home)
