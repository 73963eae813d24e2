"""`backup`, `restore` and `migrate` as a user types them, and what the audit log has of them."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from retrieval.library import Library
from serving import audit
from tests.retrieval.qdrant_rest import QdrantRest
from tests.ui.conftest import Casewright, entries


@pytest.fixture
def rest(monkeypatch: pytest.MonkeyPatch) -> Iterator[QdrantRest]:
    with QdrantRest(api_key="hush") as running:
        monkeypatch.setenv("QDRANT_URL", running.url)
        monkeypatch.setenv("QDRANT_API_KEY", "hush")
        yield running


def hits(casewright: Casewright) -> list[tuple[str, float]]:
    status, out, _ = casewright("search", "oven", "When does the term begin?", "--json")
    assert status == 0
    return [(one["text"], one["score"]) for one in json.loads(out)]


def wipe(library: Library) -> None:
    """Removes the home, once no command of this process keeps the index open any more."""
    library.store("oven").count(1)
    shutil.rmtree(library.home)


def test_backup_wipe_restore(casewright: Casewright, home: Path, library: Library) -> None:
    before = hits(casewright)
    status, out, err = casewright("backup", "all.tar", "--json")
    assert status == 0
    assert "keep it on an encrypted disk" not in err
    told = json.loads(out)
    assert (told["whole_home"], told["matters"]["oven"]["documents"]) == (True, 3)
    assert casewright("restore", "all.tar", "--check", "--sha256", told["sha256"])[0] == 0
    noted = audit.verify(home)
    wipe(library)
    status, out, err = casewright("restore", "all.tar")
    assert status == 0, err
    assert "oven" in out
    assert "restored" in out
    assert hits(casewright) == before
    # The backup was made before its own entry was written; the restoring comes behind what it has.
    (entry,) = entries(home)
    assert (entry["event"], entry["fields"]["outcome"]) == ("restore", "ended")
    assert entry["fields"]["sha256"] == told["sha256"]
    assert entry["fields"]["matters"] == {"oven": "restored"}
    assert noted.entries == 1


def test_log_goes_on(casewright: Casewright, home: Path, library: Library) -> None:
    casewright("backup", "first.tar")
    casewright("backup", "all.tar", "--json")
    head = json.loads((home / audit.NAME).read_text("utf-8").splitlines()[1])["previous"]
    wipe(library)
    _, _, err = casewright("restore", "all.tar")
    assert "the audit log goes on from the backup's" in err
    assert [one["event"] for one in entries(home)] == ["backup", "restore"]
    assert casewright("audit", "verify", "--head", head)[0] == 0
    log = (home / audit.NAME).read_text("utf-8")
    assert not [word for word in ("lease.txt", "June", "note.txt") if word in log]


def test_into_a_home_with_a_log(casewright: Casewright, home: Path, library: Library) -> None:
    casewright("backup", "first.tar")
    casewright("backup", "all.tar")
    wipe(library)
    casewright("restore", "first.tar")
    _, _, err = casewright("restore", "all.tar")
    assert "the backup's audit log is kept in audit-restored/" in err
    last = entries(home)[-1]["fields"]
    assert last["matters"] == {"oven": "unchanged"}
    kept = home / "audit-restored" / str(last["audit_head"])
    assert audit.verify(kept).hash == last["audit_head"]


def test_one_matter(casewright: Casewright, library: Library, tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("The settlement offer is $91,250.\n", encoding="utf-8")
    library.ingest("other", [tmp_path / "secret.txt"])
    Path("backups").mkdir()
    assert casewright("backup", "backups", "--matter", "other")[0] == 0
    (file,) = Path("backups").iterdir()
    assert file.name.startswith("casewright-")
    content = file.read_bytes()
    assert b"oven" not in content
    assert b"audit.jsonl" not in content
    library.delete_matter("other")
    library.delete_matter("oven")
    assert casewright("restore", str(file), "--matter", "other")[0] == 0
    assert [one.id for one in library.matters()] == ["other"]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["backup", "nowhere/all.tar"], "the folder nowhere does not exist; make it first"),
        (["backup", "lease.tar", "--matter", "none"], "none: no such matter"),
        (["backup", "there.tar"], "there.tar: is there already; name another file"),
        (["restore", "none.tar"], "none.tar: cannot be opened (No such file or directory)"),
        (["restore", "there.tar"], "there.tar: is no whole tar archive"),
        (["restore", "good.tar", "--matter", "none"], "good.tar: has no matter none; it has oven"),
        (["restore", "good.tar", "--sha256", "00"], "it is not the backup noted"),
        (["restore", "good.tar"], "oven: is there already and differs from the backup; --replace"),
        (["migrate", "--to", "server"], "QDRANT_URL: names no server"),
    ],
)
def test_refusals_are_one_line(
    casewright: Casewright, library: Library, arguments: list[str], told: str
) -> None:
    casewright("backup", "good.tar")
    library.delete_document("oven", "note.txt")
    Path("there.tar").write_bytes(b"not a tar" * 200)
    before = sorted(str(one) for one in library.home.rglob("*") if "lock" not in str(one))
    status, out, err = casewright(*arguments)
    assert (status, out) == (1, "")
    line = err.splitlines()[-1]
    assert told in line
    assert "Traceback" not in err
    after = sorted(str(one) for one in library.home.rglob("*") if "lock" not in str(one))
    assert after == before


def test_migrate(
    casewright: Casewright, home: Path, rest: QdrantRest, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = hits(casewright)
    status, out, _ = casewright("migrate", "--to", "server", "--json")
    assert (status, json.loads(out)) == (
        0,
        [{"matter_id": "oven", "moved": True, "passages": 3}],
    )
    assert dict(hits(casewright)) == pytest.approx(dict(before), abs=1e-3)
    assert "there already" in casewright("migrate", "oven", "--to", "server")[1]
    rest.failing = (503, b"")
    status, _, err = casewright("migrate", "--to", "embedded")
    assert status == 1
    assert "503" in err.splitlines()[-1]
    rest.failing = None
    status, _, err = casewright("migrate", "--to", "embedded")
    assert status == 0
    assert "unset QDRANT_URL" in err
    monkeypatch.delenv("QDRANT_URL")
    assert hits(casewright) == before
    told = [(one["event"], one["fields"]["outcome"]) for one in entries(home)]
    assert told == [
        ("migrate", "ended"),
        ("migrate", "ended"),
        ("migrate", "IndexUnavailable"),
        ("migrate", "ended"),
    ]
