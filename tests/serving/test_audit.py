"""The audit log: each entry follows from the one before, and a change to any of them shows."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from serving import audit
from serving.audit import BrokenAudit


@pytest.fixture
def log(tmp_path: Path) -> Path:
    for number in range(4):
        audit.append(tmp_path, "deletion", {"documents": [f"{number}" * 64], "passages": number})
    return tmp_path / audit.NAME


def test_entries_are_kept_in_order(log: Path) -> None:
    assert audit.verify(log.parent) == 4
    rows = [json.loads(line) for line in log.read_text().splitlines()]
    assert [row["fields"]["passages"] for row in rows] == [0, 1, 2, 3]
    assert rows[0]["previous"] == "0" * 64


def test_no_log_has_no_entries(tmp_path: Path) -> None:
    assert audit.verify(tmp_path) == 0


def test_append_gives_the_hash_that_the_next_one_holds(log: Path) -> None:
    given = audit.append(log.parent, "deletion", {})
    audit.append(log.parent, "deletion", {})
    assert json.loads(log.read_text().splitlines()[-1])["previous"] == given


def change(lines: list[str]) -> list[str]:
    return [lines[0], lines[1].replace('"passages": 1', '"passages": 9'), *lines[2:]]


def take_out(lines: list[str]) -> list[str]:
    return [lines[0], *lines[2:]]


def swap(lines: list[str]) -> list[str]:
    return [lines[0], lines[2], lines[1], lines[3]]


def garble(lines: list[str]) -> list[str]:
    return [lines[0], "[]", *lines[2:]]


def behead(lines: list[str]) -> list[str]:
    return lines[1:]


@pytest.mark.parametrize("forge", [change, take_out, swap, garble, behead])
def test_forgery_is_found(log: Path, forge: Callable[[list[str]], list[str]]) -> None:
    log.write_text("".join(line + "\n" for line in forge(log.read_text().splitlines())))
    with pytest.raises(BrokenAudit, match="does not follow from the one before"):
        audit.verify(log.parent)


@pytest.mark.parametrize("kept", [0, 1])
def test_entry_cut_by_a_crash_was_never_there(log: Path, kept: int) -> None:
    lines = log.read_text().splitlines(keepends=True)[:kept]
    log.write_text("".join(lines) + '{"at": "2031-')
    assert audit.verify(log.parent) == kept
    audit.append(log.parent, "deletion", {})
    assert audit.verify(log.parent) == kept + 1


@pytest.mark.parametrize("length", [0, 1000, 4000, 4096, 9000, 100_000])
def test_long_entries(tmp_path: Path, length: int) -> None:
    for size in (length, 10, length, length):
        audit.append(tmp_path, "deletion", {"x": "é" * size})
    assert audit.verify(tmp_path) == 4


def test_writers_at_once(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as threads:
        for number in range(80):
            threads.submit(audit.append, tmp_path, "deletion", {"number": number})
    assert audit.verify(tmp_path) == 80


def test_log_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("a file")
    with pytest.raises(BrokenAudit, match="the audit log cannot be written"):
        audit.append(tmp_path / "home", "deletion", {})
