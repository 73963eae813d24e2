"""The audit log: each entry follows from the one before, and a change to any of them shows."""

import json
import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from serving import audit
from serving.audit import BrokenAudit

WHO = "m.orrin"


@pytest.fixture
def log(tmp_path: Path) -> Path:
    for number in range(4):
        fields = {"documents": [f"{number}" * 64], "passages": number}
        audit.append(tmp_path, "deletion", fields, WHO)
    return tmp_path / audit.NAME


def entries(home: Path) -> int:
    return audit.verify(home).entries


def test_entries_are_kept_in_order(log: Path) -> None:
    assert entries(log.parent) == 4
    rows = [json.loads(line) for line in log.read_text().splitlines()]
    assert [row["fields"]["passages"] for row in rows] == [0, 1, 2, 3]
    assert rows[0]["previous"] == "0" * 64
    assert {(row["who"], row["event"]) for row in rows} == {(WHO, "deletion")}


def test_no_log_has_no_entries(tmp_path: Path) -> None:
    assert audit.verify(tmp_path) == audit.Head(0, "0" * 64)


def test_append_gives_the_hash_that_the_next_one_holds(log: Path) -> None:
    given = audit.append(log.parent, "deletion", {}, WHO)
    assert audit.verify(log.parent) == audit.Head(5, given)
    audit.append(log.parent, "deletion", {}, WHO)
    assert json.loads(log.read_text().splitlines()[-1])["previous"] == given


def change(lines: list[bytes], chance: random.Random) -> list[bytes]:
    at = chance.randrange(len(lines))
    byte = chance.randrange(len(lines[at]))
    other = chance.choice([one for one in b'0123456789abcdef"' if one != lines[at][byte]])
    return [
        *lines[:at],
        lines[at][:byte] + bytes([other]) + lines[at][byte + 1 :],
        *lines[at + 1 :],
    ]


def change_a_field(lines: list[bytes], chance: random.Random) -> list[bytes]:
    at = chance.randrange(len(lines))
    entry = json.loads(lines[at])
    key = chance.choice(["at", "who", "event", "fields", "previous"])
    entry[key] = {"passages": -1} if key == "fields" else "2" * 64
    return [*lines[:at], json.dumps(entry).encode(), *lines[at + 1 :]]


def delete(lines: list[bytes], chance: random.Random) -> list[bytes]:
    at = chance.randrange(len(lines))
    return lines[:at] + lines[at + 1 :]


def swap(lines: list[bytes], chance: random.Random) -> list[bytes]:
    one, other = chance.sample(range(len(lines)), 2)
    lines[one], lines[other] = lines[other], lines[one]
    return lines


def put_in(lines: list[bytes], chance: random.Random) -> list[bytes]:
    """A forged entry, which follows from the one before it."""
    at = chance.randrange(len(lines))
    before = json.loads(lines[at])["previous"]
    return [*lines[:at], json.dumps({"event": "ask", "previous": before}).encode(), *lines[at:]]


def repeat(lines: list[bytes], chance: random.Random) -> list[bytes]:
    at = chance.randrange(len(lines))
    return [*lines[: at + 1], *lines[at:]]


def cut(lines: list[bytes], chance: random.Random) -> list[bytes]:
    return lines[: chance.randrange(len(lines))]


def garble(lines: list[bytes], chance: random.Random) -> list[bytes]:
    at = chance.randrange(len(lines))
    return [*lines[:at], chance.choice([b"", b"[]", b"null", b"\xff\xfe", b"{"]), *lines[at + 1 :]]


FORGERIES = [change, change_a_field, delete, swap, put_in, repeat, cut, garble]


@pytest.mark.parametrize("forge", FORGERIES)
def test_every_forgery_is_found(
    tmp_path: Path, forge: Callable[[list[bytes], random.Random], list[bytes]]
) -> None:
    chance = random.Random(forge.__name__)
    for number in range(20):
        audit.append(tmp_path, "ask", {"matter": "oven", "passages": number}, WHO)
    log = tmp_path / audit.NAME
    whole = log.read_bytes()
    for _ in range(250):
        forged = b"".join(line + b"\n" for line in forge(whole.splitlines(), chance))
        assert forged != whole
        log.write_bytes(forged)
        with pytest.raises(BrokenAudit, match=r"audit\.jsonl: entry \d+ "):
            audit.verify(tmp_path)
    log.write_bytes(whole)
    assert entries(tmp_path) == 20


def test_forgery_names_the_first_entry_that_does_not_follow(log: Path) -> None:
    lines = log.read_text().splitlines(keepends=True)
    log.write_text(
        "".join([lines[0], lines[1].replace('"passages": 1', '"passages": 9'), *lines[2:]])
    )
    with pytest.raises(BrokenAudit, match="entry 3 does not follow from the one before"):
        audit.verify(log.parent)


def test_a_cut_shows_for_good(log: Path) -> None:
    """What is written behind a cut does not cover it."""
    lines = log.read_text().splitlines(keepends=True)
    log.write_text("".join(lines[:2]))
    with pytest.raises(BrokenAudit, match=r"entry 3 is missing, audit\.head has 4"):
        audit.verify(log.parent)
    for _ in range(5):
        audit.append(log.parent, "ask", {}, WHO)
    with pytest.raises(BrokenAudit, match=r"entry 4 is not the one that audit\.head has"):
        audit.verify(log.parent)


def test_a_log_that_is_gone(log: Path) -> None:
    log.unlink()
    with pytest.raises(BrokenAudit, match="entry 1 is missing"):
        audit.verify(log.parent)


def test_noted_head(log: Path) -> None:
    noted = audit.verify(log.parent).hash
    audit.append(log.parent, "ask", {}, WHO)
    assert audit.verify(log.parent, noted).entries == 5
    # Who cuts the log and forgets no other file is found by the noted head alone.
    lines = log.read_text().splitlines(keepends=True)
    log.write_text("".join(lines[:3]))
    (log.parent / audit.HEAD).unlink()
    assert entries(log.parent) == 3
    with pytest.raises(BrokenAudit, match=f"no entry has the hash {noted[:16]}"):
        audit.verify(log.parent, noted)


@pytest.mark.parametrize("left", ["", "\0" * 86])
def test_head_that_a_crash_left_empty_is_made_again(log: Path, left: str) -> None:
    (log.parent / audit.HEAD).write_text(left)
    given = audit.append(log.parent, "ask", {}, WHO)
    assert (log.parent / audit.HEAD).read_text() == f"{5:020d} {given}\n"


def test_head_that_a_crash_left_behind_catches_up(log: Path) -> None:
    before = (log.parent / audit.HEAD).read_text()
    audit.append(log.parent, "ask", {}, WHO)
    (log.parent / audit.HEAD).write_text(before)
    assert entries(log.parent) == 5
    given = audit.append(log.parent, "ask", {}, WHO)
    assert (log.parent / audit.HEAD).read_text() == f"{6:020d} {given}\n"


def test_damaged_head_is_told_and_kept(log: Path) -> None:
    (log.parent / audit.HEAD).write_text("4 x\n")
    audit.append(log.parent, "ask", {}, WHO)
    with pytest.raises(BrokenAudit, match=r"audit\.head: is damaged"):
        audit.verify(log.parent)


def test_log_of_before_there_was_a_head_gets_one(log: Path) -> None:
    (log.parent / audit.HEAD).unlink()
    assert entries(log.parent) == 4
    audit.append(log.parent, "ask", {}, WHO)
    assert (log.parent / audit.HEAD).read_text().startswith(f"{5:020d} ")


@pytest.mark.parametrize("kept", [0, 1])
def test_entry_cut_by_a_crash_was_never_there(tmp_path: Path, kept: int) -> None:
    for _ in range(kept):
        audit.append(tmp_path, "deletion", {}, WHO)
    with (tmp_path / audit.NAME).open("a") as log:
        log.write('{"at": "2031-')
    assert entries(tmp_path) == kept
    audit.append(tmp_path, "deletion", {}, WHO)
    assert entries(tmp_path) == kept + 1


@pytest.mark.parametrize("length", [0, 1000, 4000, 4096, 9000, 100_000])
def test_long_entries(tmp_path: Path, length: int) -> None:
    for size in (length, 10, length, length):
        audit.append(tmp_path, "deletion", {"x": "é" * size}, WHO)
    assert entries(tmp_path) == 4


def test_writers_at_once(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as threads:
        for number in range(80):
            threads.submit(audit.append, tmp_path, "deletion", {"number": number}, WHO)
    assert entries(tmp_path) == 80


def test_log_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("a file")
    with pytest.raises(BrokenAudit, match="the audit log cannot be written"):
        audit.append(tmp_path / "home", "deletion", {}, WHO)
