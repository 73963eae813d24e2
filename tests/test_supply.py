"""What Casewright is made of: licences, pinned versions, and no code that comes with a model."""

import ast
import importlib.metadata
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parent.parent
PACKAGES = ("retrieval", "serving", "training", "ui")
UNDECLARED = {"py-rust-stemmers": "MIT"}
"""Distributions without a licence in their metadata, and the one in their repository."""
COPYLEFT = re.compile(r"\b(?:A?GPL|Affero|GNU General Public)", re.IGNORECASE)


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def closure(name: str, extras: tuple[str, ...] = ()) -> dict[str, importlib.metadata.Distribution]:
    """A distribution and all that it needs on this machine, by name."""
    found: dict[str, importlib.metadata.Distribution] = {}
    seen: set[tuple[str, tuple[str, ...]]] = set()
    waiting = [(name, extras)]
    while waiting:
        name, extras = waiting.pop()
        if (canonical(name), extras) in seen:
            continue
        seen.add((canonical(name), extras))
        found[canonical(name)] = one = importlib.metadata.distribution(name)
        for line in one.requires or ():
            needed = Requirement(line)
            wanted = [{"extra": extra} for extra in ("", *extras)]
            if needed.marker is None or any(needed.marker.evaluate(extra) for extra in wanted):
                waiting.append((needed.name, tuple(sorted(needed.extras))))
    return found


def licence(one: importlib.metadata.Distribution) -> str:
    metadata = one.metadata
    declared = [metadata.get("License-Expression"), metadata.get("License")]
    declared += [
        each for each in metadata.get_all("Classifier") or () if each.startswith("License")
    ]
    # A whole licence may stand there; its title is on top, and MIT's successors name others below.
    return " ".join(each[:200] for each in declared if each)


@pytest.mark.parametrize("extras", [(), ("train",), ("otel",)])
def test_no_copyleft_at_run_time(extras: tuple[str, ...]) -> None:
    licences = {name: licence(one) for name, one in closure("casewright", extras).items()}
    assert len(licences) > 80
    assert {name for name, text in licences.items() if not text} <= UNDECLARED.keys()
    # LGPL would be told too; none is here.
    assert {name: text for name, text in licences.items() if COPYLEFT.search(text)} == {}


def test_copyleft_would_be_found() -> None:
    for text in ("GNU Affero General Public License v3", "GPL-3.0-only", "AGPL-3.0"):
        assert COPYLEFT.search(text)
    assert not COPYLEFT.search("Apache-2.0")


def test_all_that_runs_is_pinned() -> None:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pinned = {canonical(line.split("==")[0]): line.split("==")[1] for line in lines if "==" in line}
    needed = closure("casewright", ("train", "dev"))
    del needed["casewright"]
    # Those that torch's own build brings along belong to that build.
    unpinned = {
        name
        for name in needed.keys() - pinned.keys()
        if not name.startswith(("nvidia", "cuda", "triton")) and name != "setuptools"
    }
    assert unpinned == set()
    installed = {name: one.version.split("+")[0] for name, one in needed.items()}
    assert {name: pinned[name] for name in installed.keys() & pinned.keys()} == {
        name: version for name, version in installed.items() if name in pinned
    }


def calls() -> Iterator[tuple[Path, ast.Call]]:
    for package in PACKAGES:
        for file in (ROOT / package).rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call):
                    yield file, node


def test_no_code_comes_with_a_model() -> None:
    for file, call in calls():
        named = {each.arg for each in call.keywords}
        assert "trust_remote_code" not in named, file
        called = ast.unparse(call.func)
        assert called not in {"pickle.load", "pickle.loads", "eval", "exec"}, file
        if called == "torch.load":
            safe = [each.value for each in call.keywords if each.arg == "weights_only"]
            assert [ast.unparse(each) for each in safe] == ["True"], file
