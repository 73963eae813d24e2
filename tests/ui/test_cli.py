"""The command: what it prints, and that each bad input is one line on stderr and status 1."""

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from retrieval.library import Library
from serving import adapters, audit
from tests.conftest import LEASE, NOTE
from tests.proofs import give_proof
from ui.cli import main


@dataclass(frozen=True)
class Run:
    """How a command ended."""

    status: int
    out: str
    err: str


RunCommand = Callable[..., Run]


@pytest.fixture
def casewright(
    library: Library, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> RunCommand:
    """Runs the command on the small matter, ``oven``, in the folder that holds its ``files``."""

    def run(*arguments: str, **settings: str) -> Run:
        with monkeypatch.context() as patch:
            patch.setattr(sys, "argv", ["casewright", *arguments])
            for name, value in settings.items():
                patch.setenv(f"CASEWRIGHT_{name}", value)
            capsys.readouterr()
            with pytest.raises(SystemExit) as ended:
                main()
        written = capsys.readouterr()
        return Run(int(ended.value.code or 0), written.out, written.err)

    return run


def process(*arguments: str, **settings: str) -> Run:
    """Runs the command as a process of its own."""
    environment = {f"CASEWRIGHT_{name}": value for name, value in settings.items()}
    ended = subprocess.run(
        [sys.executable, "-m", "ui.cli", *arguments],
        capture_output=True,
        env={**os.environ, **environment},
        check=False,
        timeout=200,
    )
    return Run(ended.returncode, ended.stdout.decode(), ended.stderr.decode())


def json_of(run: Run) -> Any:
    assert run.status == 0, run.err
    return json.loads(run.out)


def register_adapter(home: Path, *, base_sha256: str) -> None:
    files = home.parent / "trained"
    files.mkdir()
    (files / adapters.PEFT_WEIGHTS).write_bytes(b"weights")
    (files / adapters.GGUF_WEIGHTS).write_bytes(b"GGUF")
    card = {
        "base": {"name": "other", "sha256": base_sha256},
        "held_out": {"before": 2.0, "after": 1.0},
    }
    adapters.register(home, "memo", files, card)


def prepare() -> None:
    """Writes the bad inputs that the table below names, beside ``files``."""
    Path("corrupt.pdf").write_bytes(b"%PDF-1.7 nothing")
    Path("scan.exe").write_bytes(b"MZ")
    Path("unknown.toml").write_text('name = "mine"\n[lora]\nrnak = 8\n', encoding="utf-8")
    Path("own.gguf").write_bytes(b"GGUF but altered")
    Path("bad.jsonl").write_text("{}\n", encoding="utf-8")
    Path("empty").mkdir()
    Path("pickled").mkdir()
    Path("pickled/adapter_model.bin").write_bytes(b"PK")
    register_adapter(Path("home").resolve(), base_sha256="0" * 64)


WRONG_HASH = {"BASE": "own.gguf", "BASE_SHA256": "a" * 64}


@pytest.mark.parametrize(
    ("arguments", "settings", "words"),
    [
        ("ingest oven none.txt", {}, "none.txt: no such file or folder"),
        ("ingest oven empty", {}, "empty: an empty folder"),
        ("ingest oven corrupt.pdf", {}, "corrupt.pdf: is not a readable PDF"),
        ("ingest oven scan.exe", {}, "scan.exe: .exe is not a kind that can be read"),
        ("ingest ../oven files", {}, "'../oven': not a name for a matter"),
        ("search nobody rent", {}, "nobody: no such matter"),
        ("search oven _", {}, "the question is empty"),
        ("search oven rent --document none.txt", {}, "none.txt: no document of the matter"),
        ("search oven rent --kind novel", {}, "novel: not a kind of document"),
        ("search oven rent --since 2019-02-30", {}, "2019-02-30: not a date"),
        ("ask oven rent --since 2019-02-02 --until 2019-02-01", {}, "no day lies between them"),
        ("ask oven rent --since 2199-01-01", {}, "no document of the matter is of this kind"),
        ("search oven --queries none.txt", {}, "none.txt: no such file"),
        ("ask nobody rent", {}, "nobody: no such matter"),
        ("ask oven rent --output memo.pdf", {}, "memo.pdf: a memorandum is written as"),
        ("ask oven rent --adapter none", {}, "none: no such adapter"),
        ("ask oven rent --adapter memo", {}, "was trained on other"),
        ("ask oven rent", WRONG_HASH, "own.gguf: its SHA-256 is"),
        ("ask oven rent", {"BASE": "none.gguf"}, "none.gguf: no such GGUF file"),
        ("ask oven rent", {"BASE": "gpt-9"}, "gpt-9: no such base model"),
        ("ask oven rent", {"CONTEXT": "12"}, "CASEWRIGHT_CONTEXT: "),
        ("ask oven rent", {"PASSAGES": "many"}, "CASEWRIGHT_PASSAGES: "),
        ("documents nobody", {}, "nobody: no such matter"),
        ("describe oven none.txt", {}, "oven: has no document none.txt"),
        ("describe oven lease.txt --date 2019", {}, "2019: not a date; write the year first"),
        ("describe oven lease.txt --kind novel", {}, "novel: not a kind of document"),
        ("delete oven none.txt", {}, "oven: has no document none.txt"),
        ("delete nobody --yes", {}, "nobody: no such matter"),
        ("train unknown.toml", {}, "unknown key lora.rnak; did you mean rank?"),
        ("train none.toml", {}, "none.toml: no such configuration"),
        ("dataset check none.jsonl", {}, "none.jsonl: no such file"),
        ("dataset check bad.jsonl", {}, "bad.jsonl, line 1: not an example"),
        ("adapters verify none", {}, "none: no such adapter"),
        ("adapters promote memo", {}, "was trained on other"),
        ("adapters verify memo", {}, "was trained on other"),
        ("adapters show none", {}, "none: no such adapter"),
        ("adapters rollback", {}, "nothing to roll back"),
        ("adapters add none --name mine", {}, "none: no such folder"),
        ("adapters add pickled --name mine", {}, "adapter_model.bin: pickled weights"),
        ("adapters add pickled --name Mine!", {}, "Mine!: not a name"),
        ("export memo --merged out", {}, "was trained on other"),
    ],
)
def test_bad_input_is_one_line(
    casewright: RunCommand, arguments: str, settings: dict[str, str], words: str
) -> None:
    prepare()
    run = casewright(*("" if word == "_" else word for word in arguments.split()), **settings)
    assert run.status == 1
    message = [line for line in run.err.splitlines() if line.strip() and "Reading" not in line]
    assert words in message[-1]
    assert len({line for line in message if not line.startswith("refused: ")}) == 1
    assert "Traceback" not in run.err


@pytest.mark.parametrize(
    "arguments",
    ["search oven", "search oven rent --queries files/lease.txt", "search oven rent -k 0", "serch"],
)
def test_wrong_usage(casewright: RunCommand, arguments: str) -> None:
    assert casewright(*arguments.split()).status == 2


@pytest.mark.parametrize("question", ["", " ?! "])
def test_empty_question_ends_cleanly_while_the_model_still_loads(
    library: Library, question: str
) -> None:
    run = process("ask", "oven", question)
    assert (run.status, run.out) == (1, "")
    assert run.err == "the question is empty; ask in a sentence or a few words\n"


def test_damaged_index_is_one_line(casewright: RunCommand, home: Path) -> None:
    (home / "matters" / "oven" / "shard" / "edge_config.json").write_text("{", encoding="utf-8")
    run = casewright("search", "oven", "rent")
    assert (run.status, run.out) == (1, "")
    assert run.err.startswith("oven: its index cannot be used")
    assert run.err.count("\n") == 1


def test_search_queries_prints_one_json_line_a_question(library: Library) -> None:
    Path("questions.txt").write_bytes(
        "When does the term begin?\r\n\r\nDid the roof leak — §\n".encode()
    )
    run = process("search", "oven", "--queries", "questions.txt", "-k", "3")
    assert (run.status, run.err) == (0, "")
    rows = [json.loads(line) for line in run.out.splitlines()]
    assert [list(row) for row in rows] == [["query", "passages"]] * 2
    assert [row["query"] for row in rows] == ["When does the term begin?", "Did the roof leak — §"]
    raw = {"files/lease.txt": LEASE, "files/note.txt": NOTE}
    for row in rows:
        assert len(row["passages"]) == 3
        for passage in row["passages"]:
            assert list(passage) == [
                "document",
                "path",
                "page",
                "section",
                "start",
                "end",
                "score",
                "text",
            ]
            assert passage["document"] == Path(passage["path"]).name
            if passage["path"] in raw:
                text = Path(passage["path"]).read_bytes().decode("utf-8")
                assert text == raw[passage["path"]]
                assert text[passage["start"] : passage["end"]] == passage["text"]
    assert rows[0]["passages"][0]["path"] == "files/lease.txt"
    assert rows[1]["passages"][0]["path"] == "files/note.txt"
    assert "\r\n" in rows[1]["passages"][0]["text"]


def test_search_for_people_and_as_json(casewright: RunCommand) -> None:
    shown = casewright("search", "oven", "monthly rent", "-k", "1")
    assert shown.out.startswith("1. lease.txt, p. 1")
    (row,) = json_of(casewright("search", "oven", "monthly rent", "-k", "1", "--json"))
    assert row["document"] == "lease.txt"
    assert 0 < row["score"] <= 1


def verdicts(run: Run) -> dict[str, str]:
    return {Path(row["path"]).name: row["verdict"] for row in json_of(run)["files"]}


def test_ingest_twice_replace_and_delete(casewright: RunCommand, files: Path) -> None:
    names = ["docket.html", "lease.txt", "note.txt"]
    assert verdicts(casewright("ingest", "oven", "files", "--json")) == dict.fromkeys(
        names, "unchanged"
    )
    (files / "note.txt").write_text("The roof held.\n", encoding="utf-8")
    assert verdicts(casewright("ingest", "oven", "files", "--json")) == {
        **dict.fromkeys(names, "unchanged"),
        "note.txt": "indexed",
    }
    found = json_of(casewright("search", "oven", "roof leak", "--json"))
    assert {row["text"] for row in found if row["document"] == "note.txt"} == {"The roof held.\n"}

    assert casewright("delete", "oven", "note.txt").out == "oven: note.txt deleted (1 passages)\n"
    listed = json_of(casewright("documents", "oven", "--json"))
    assert [row["name"] for row in listed] == ["docket.html", "lease.txt"]

    assert casewright("delete", "oven", "--yes").out == "oven: deleted with its 2 documents\n"
    assert json_of(casewright("matters", "--json")) == []


def test_deletions_are_certified_in_the_audit_log(
    casewright: RunCommand, library: Library, home: Path
) -> None:
    lease = library.document("oven", "lease.txt")
    run = casewright("delete", "oven", "lease.txt")
    assert "1 passages and 1 originals" in " ".join(run.err.split())
    assert "nothing found" in run.err
    row = json_of(casewright("delete", "oven", "--yes", "--json"))
    entries = [json.loads(line) for line in (home / "audit.jsonl").read_text().splitlines()]
    assert entries[0]["fields"]["documents"] == [lease.id]
    assert entries[1]["fields"] == {key: row[key] for key in row if key != "certificate"}
    assert entries[1]["fields"]["found_after"] == {"passages": 0, "originals": 0, "files": 0}
    assert audit.verify(home).entries == 2
    assert "lease" not in (home / "audit.jsonl").read_text()


def test_some_bad_files_do_not_fail_the_others(casewright: RunCommand, files: Path) -> None:
    (files / "corrupt.pdf").write_bytes(b"%PDF-1.7 nothing")
    run = casewright("ingest", "oven", "files")
    assert run.status == 0
    assert run.out == "oven: 4 files (1 refused, 3 unchanged)\n"
    assert "refused: files/corrupt.pdf: is not a readable PDF" in run.err


def test_delete_asks_first(casewright: RunCommand, monkeypatch: pytest.MonkeyPatch) -> None:
    import io

    monkeypatch.setattr(sys, "stdin", io.StringIO("n\n"))
    run = casewright("delete", "oven")
    assert run.status == 1
    assert "oven: not deleted" in run.err
    assert len(json_of(casewright("matters", "--json"))) == 1


def test_tables(casewright: RunCommand) -> None:
    assert casewright("matters").out.split() == [
        "matter",
        "documents",
        "passages",
        "oven",
        "3",
        "3",
    ]
    assert "files/lease.txt" in casewright("documents", "oven").out


def test_a_document_is_described(casewright: RunCommand, files: Path) -> None:
    shown = json_of(casewright("describe", "oven", "lease.txt", "--json"))["description"]
    assert shown == {"title": "LEASE AGREEMENT", "parties": [], "date": None, "kind": "lease"}
    said = ("--title", "Oven lease", "--date", "2019-03-14", "--parties", "Orrin, Inc.; Tarn")
    assert "Orrin, Inc.; Tarn" in casewright("describe", "oven", "lease.txt", *said).out
    assert "Oven lease" in casewright("documents", "oven").out
    shown = json_of(casewright("describe", "oven", "lease.txt", "--parties", "", "--json"))
    assert shown["description"] == {
        "title": "Oven lease", "parties": [], "date": "2019-03-14", "kind": "lease"
    }  # fmt: skip
    shown = json_of(casewright("describe", "oven", "lease.txt", "--forget", "--json"))
    assert shown["description"]["title"] == "LEASE AGREEMENT"
    run = casewright("describe", "oven", "lease.txt", "--forget", "--kind", "lease")
    assert run.status == 2


def test_near_duplicates_are_told(casewright: RunCommand, files: Path) -> None:
    draft = LEASE + "Tenant pays the rent to the agent of Landlord at his office in Ogden.\n" * 3
    (files / "draft.txt").write_text(draft, encoding="utf-8")
    (files / "final.txt").write_text(draft + "It is final.\n", encoding="utf-8")
    told = "files/final.txt: nearly the same as files/draft.txt ("
    assert f"indexed: {told}" in casewright("ingest", "oven", "files").err
    assert told in casewright("documents", "oven").out


def test_adapters_are_listed_shown_promoted_and_rolled_back(
    casewright: RunCommand, home: Path
) -> None:
    from serving.models import DEFAULT_BASE, resolve

    base = resolve(DEFAULT_BASE)
    register_adapter(home, base_sha256=base.sha256)
    (row,) = json_of(casewright("adapters", "--json"))
    assert (row["promoted"], row["gate"]) == (False, "not run")
    run = casewright("adapters", "promote", "memo")
    assert run.status == 1
    assert "the gate has not run; run `casewright adapters verify memo-" in run.err
    give_proof(adapters.find(home, "memo"), base)
    assert casewright("adapters", "promote", "memo").status == 0
    (row,) = json_of(casewright("adapters", "--json"))
    assert (row["promoted"], row["gate"]) == (True, "green")
    card = casewright("adapters", "show", "memo").out
    assert f"# {row['name']}\n\nLive. Gate: green." in card
    assert "- passed: served as trained: the same" in card
    assert casewright("export", "memo", "--gguf", "memo.gguf").status == 0
    assert Path("memo.gguf").read_bytes() == b"GGUF"
    run = casewright("export", "memo", "--gguf", "memo.gguf")
    assert run.status == 1 and "memo.gguf: exists; name a file that does not" in run.err
    (home / "adapters" / row["name"] / adapters.GGUF_WEIGHTS).write_bytes(b"altered")
    run = casewright("ask", "oven", "rent")
    assert run.status == 1
    assert "adapter.gguf is missing or altered" in run.err
    assert casewright("adapters", "rollback").out == "the base model: answers again\n"
    (row,) = json_of(casewright("adapters", "--json"))
    assert row["promoted"] is False


def test_ask_streams_checks_and_writes_the_memorandum(library: Library) -> None:
    run = process(
        "ask", "oven", "When does the term begin?", "--base", "--output", "memo.md",
        PASSAGES="1", MEMO_TOKENS="64",
    )  # fmt: skip
    assert run.status == 0, run.err
    assert "[1] lease.txt, p. 1" in run.out
    assert "sentences verified" in run.out
    assert "tokens/s" in run.err
    written = Path("memo.md").read_text(encoding="utf-8")
    assert "| 1 | Lease Agreement, p. 1 | lease.txt |" in written
    assert run.out.startswith("QUESTION PRESENTED\n")
    assert "## Question Presented" in written


STRANGER = "Which zoning variance did the Harbor Commission refuse to the ferry operator?"


def test_ask_what_the_file_does_not_answer_asks_no_model(library: Library) -> None:
    run = process("ask", "oven", STRANGER, PASSAGES="2")
    assert run.status == 0, run.err
    assert "does not answer the question" in run.out
    assert "\nNot answered: " in run.out
    assert "[1] " in run.out
    assert "sentences verified" not in run.out
    assert run.err == "--answer-anyway asks the model all the same\n"


@pytest.mark.slow
def test_ask_the_model_all_the_same_in_any_form(library: Library) -> None:
    asked = ("ask", "oven", STRANGER, "--answer-anyway", "--json")
    settings = {"PASSAGES": "1", "MEMO_TOKENS": "64", "GRAMMAR": "false"}
    by_setting = json_of(process(*asked, **settings))
    by_option = json_of(process(*asked, "--no-grammar", **settings | {"GRAMMAR": "true"}))
    for row in (by_setting, by_option):
        assert (row["receipt"]["abstained"], row["receipt"]["grammar"]) == (False, None)
        assert row["receipt"]["evidence"]["weak"]
    assert by_setting["memorandum"] == by_option["memorandum"]


@pytest.mark.slow
def test_follow_up_is_asked_in_full_and_recorded_by_hashes(library: Library, home: Path) -> None:
    asked = ("ask", "oven", "And the ferry?", "--after", "Who chartered the barge of the harbor?")
    run = process(*asked, PASSAGES="2")
    now = "Who chartered the ferry of the harbor?"
    assert run.status == 0, run.err
    assert run.err.startswith(f"Asked as: {now}\n(put into the frame of the question before)\n")
    assert now in run.out
    row = json_of(process(*asked, "--json", PASSAGES="2"))
    assert (row["typed"], row["question"]) == ("And the ferry?", now)
    hashes = {
        "follow_up": 1,
        "typed_sha256": hashlib.sha256(b"And the ferry?").hexdigest(),
        "question_sha256": hashlib.sha256(now.encode()).hexdigest(),
    }
    assert hashes.items() <= row["receipt"].items()
    log = (home / audit.NAME).read_text(encoding="utf-8")
    assert all(hashes.items() <= json.loads(line)["fields"].items() for line in log.splitlines())
    assert "ferry" not in log


def test_question_that_stands_alone_is_asked_as_it_is(casewright: RunCommand) -> None:
    run = casewright("ask", "oven", STRANGER, "--after", "What is the rent?", PASSAGES="2")
    assert (run.status, "Asked as" in run.err) == (0, False)


@pytest.mark.slow
def test_what_the_file_does_not_answer_is_told_before_the_memorandum(library: Library) -> None:
    asked = f"What is the Base Rent? {STRANGER}"
    run = process("ask", "oven", asked, "--base", PASSAGES="2", MEMO_TOKENS="64")
    assert run.status == 0, run.err
    told = f"The case file does not seem to answer this question: {STRANGER}\n"
    assert run.err.startswith(told)
    assert run.out.startswith("QUESTION PRESENTED\n")
