"""Adapters and the audit log in a backup: what comes back, and what is never overwritten."""

import json
from pathlib import Path

import pytest

from retrieval.archive import Archive, writing
from retrieval.errors import BadBackup
from serving import adapters, audit, keeping
from serving.keeping import RestoredAudit


def made_home(home: Path, entries: int = 3) -> Path:
    """A home with two adapters, one of them live, and a log of some entries."""
    for name in ("memo-0123456789", "letter-abcdef0123"):
        folder = home / "adapters" / name
        folder.mkdir(parents=True)
        (folder / "adapter_model.safetensors").write_bytes(name.encode())
        (folder / adapters.CARD).write_text(json.dumps({"name": name}), encoding="utf-8")
    (home / "adapters" / ".promoted").write_text(
        "2031-05-04T09:30:00+00:00\tpromote\tmemo-0123456789\n", encoding="utf-8"
    )
    (home / "adapters" / ".staging-left").mkdir()
    for number in range(entries):
        audit.append(home, "ask", {"matter": "oven", "number": number}, "m.orrin")
    return home


def saved(home: Path, file: Path) -> Path:
    with writing(file, 0) as writer:
        names, there = keeping.save_adapters(writer, home), keeping.save_audit(writer, home)
        writer.finish({"adapters": names, "audit": there})
    return file


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return made_home(tmp_path / "home")


@pytest.fixture
def file(home: Path, tmp_path: Path) -> Path:
    return saved(home, tmp_path / "one.tar")


def restored(file: Path, home: Path) -> tuple[RestoredAudit, list[str]]:
    with Archive(file) as archive:
        return keeping.restore_audit(archive, home), keeping.restore_adapters(archive, home)


def test_empty_home(home: Path, file: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    kept, names = restored(file, other)
    assert (kept.placed, kept.whole, kept.head) == ("live", True, audit.verify(home))
    assert names == ["letter-abcdef0123", "memo-0123456789"]
    assert [one.name for one in adapters.adapters(other) if one.promoted] == ["memo-0123456789"]
    for name in names:
        weights = other / "adapters" / name / "adapter_model.safetensors"
        assert weights.read_bytes() == name.encode()
    # It goes on where it ended.
    audit.append(other, "restore", {}, "m.orrin")
    assert audit.verify(other, kept.head.hash).entries == 4
    assert sorted(one.name for one in other.iterdir()) == ["adapters", "audit.head", "audit.jsonl"]


def test_same_home_later(home: Path, file: Path) -> None:
    audit.append(home, "ask", {}, "m.orrin")
    before = {one: one.read_bytes() for one in home.rglob("*") if one.is_file()}
    kept, names = restored(file, home)
    assert (kept.placed, names) == ("here already", [])
    assert {one: one.read_bytes() for one in home.rglob("*") if one.is_file()} == before


def test_home_with_a_log_of_its_own(home: Path, file: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    audit.append(other, "ask", {"matter": "theirs"}, "j.bell")
    before = (other / audit.NAME).read_bytes()
    for _ in range(2):
        kept, _ = restored(file, other)
        assert kept.placed == "beside"
    assert (other / audit.NAME).read_bytes() == before
    assert audit.verify(other / "audit-restored" / kept.head.hash) == audit.verify(home)
    assert [one.name for one in (other / "audit-restored").iterdir()] == [kept.head.hash]


def test_home_whose_log_was_taken_away(file: Path, tmp_path: Path) -> None:
    """A head without its log is a sign that somebody removed it, and is not covered up."""
    other = tmp_path / "other"
    audit.append(other, "ask", {}, "j.bell")
    (other / audit.NAME).unlink()
    assert restored(file, other)[0].placed == "beside"
    with pytest.raises(audit.BrokenAudit, match="entry 1 is missing"):
        audit.verify(other)


def test_forged_log_never_goes_on(home: Path, tmp_path: Path) -> None:
    log = home / audit.NAME
    log.write_text(log.read_text("utf-8").replace("oven", "over", 1), encoding="utf-8")
    kept, _ = restored(saved(home, tmp_path / "forged.tar"), tmp_path / "other")
    assert (kept.placed, kept.whole) == ("beside", False)
    assert not (tmp_path / "other" / audit.NAME).exists()


def test_history_here_stays(file: Path, tmp_path: Path) -> None:
    other = made_home(tmp_path / "other", 0)
    history = other / "adapters" / ".promoted"
    history.write_text(history.read_text("utf-8").replace("memo-0123456789", "letter-abcdef0123"))
    before = history.read_bytes()
    assert restored(file, other)[1] == []
    assert history.read_bytes() == before


def test_pickled_weights_are_refused(home: Path, tmp_path: Path) -> None:
    (home / "adapters" / "memo-0123456789" / "adapter_model.bin").write_bytes(b"\x80")
    bad, other = saved(home, tmp_path / "bad.tar"), tmp_path / "other"
    with Archive(bad) as archive, pytest.raises(BadBackup, match=r"adapter_model\.bin is pickled"):
        keeping.restore_adapters(archive, other)
    assert not (other / "adapters").exists()


def test_damaged_adapter_leaves_none(file: Path, tmp_path: Path) -> None:
    content = file.read_bytes()
    at = content.index(b"letter-abcdef0123", content.index(b"adapter_model.safetensors") + 100)
    file.write_bytes(content[:at] + b"X" + content[at + 1 :])
    other = tmp_path / "other"
    with Archive(file) as archive, pytest.raises(BadBackup, match="was changed or damaged"):
        keeping.restore_adapters(archive, other)
    assert [*(other / "adapters").iterdir()] == []
