"""``dataset check`` as it is called: figures, faults, the report's file, JSON and exit status."""

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from training.examples import Example, read_examples, write_examples
from ui.cli import main
from ui.samples import MEMORANDA


@dataclass(frozen=True)
class Run:
    """How a command ended."""

    status: int
    out: str
    err: str


Check = Callable[..., Run]


@pytest.fixture(scope="session")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home whose tokenizer is made once."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture
def check(
    kept: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Check:
    """Runs ``dataset check`` on ``own.jsonl`` with these examples."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CASEWRIGHT_HOME", str(kept))

    def run(examples: list[Example], *options: str) -> Run:
        write_examples(Path("own.jsonl"), examples)
        monkeypatch.setattr(sys, "argv", ["casewright", "dataset", "check", "own.jsonl", *options])
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        written = capsys.readouterr()
        return Run(int(ended.value.code or 0), written.out, written.err)

    return run


@pytest.fixture(scope="module")
def examples() -> list[Example]:
    return read_examples(MEMORANDA)


@pytest.mark.slow
def test_the_sample_memoranda_have_no_fault(check: Check, examples: list[Example]) -> None:
    run = check(examples, "--json", "--report", "own.html")
    assert run.status == 0, run.err
    found = json.loads(run.out)
    assert found["faults"] == []
    assert found["examples"] == len(examples)
    assert {one["check"] for one in found["warnings"]} <= {"personal data"}
    assert 0.2 < found["tokens"]["trained_share"] < 0.5
    assert Path("own.html").read_text(encoding="utf-8").startswith("<!doctype html>")


def test_thirty_examples_are_refused(check: Check, examples: list[Example]) -> None:
    few = [one for one in examples if one.split == "train"][:30]
    few += [one for one in examples if one.split == "held-out"]
    run = check(few)
    assert run.status == 1
    (line,) = run.err.splitlines()
    assert line.startswith("own.jsonl: 30 training examples, fewer than 50; ")
    forced = check(few, "--force")
    assert (forced.status, forced.err) == (0, "")
    assert "warning: own.jsonl: size: 30 training examples, fewer than 200" in forced.out


def test_a_fault_is_told_and_refused(check: Check, examples: list[Example]) -> None:
    wrong = replace(examples[0], memorandum=f"{examples[0].memorandum} We asked Halcyon [1].")
    run = check([wrong, *examples[1:60]])
    assert run.status == 1
    assert run.err == "own.jsonl: 1 fault in 60 examples; correct the examples\n"
    assert f"fault: {wrong.id}: fact closure: “Halcyon” does not stand in the prompt" in run.out


def test_a_long_example_is_refused(check: Check, examples: list[Example]) -> None:
    Path("short.toml").write_text('name = "s"\n[data]\nmax_tokens = 900\n', encoding="utf-8")
    run = check(examples[:60], "--config", "short.toml")
    assert run.status == 1
    assert "more than data.max_tokens (900): it would lose " in run.out
    assert run.err.startswith("own.jsonl: ")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--config", "none.toml"), "none.toml: no such configuration"),
        (("--report", "no/where.html"), "no/where.html: cannot be written"),
    ],
)
def test_bad_option_is_one_line(
    check: Check, examples: list[Example], options: tuple[str, ...], words: str
) -> None:
    run = check(examples[:60], *options)
    assert run.status == 1
    assert words in run.err
    assert run.err.count("\n") == 1
