"""The audit log as the faces write it: each act, who did it, and never a word of the file."""

import getpass
import json
from pathlib import Path

import pytest

from retrieval.library import Library
from serving import audit
from tests.serving.scripted import Scripted, says
from tests.ui.conftest import Casewright, entries

MEMORANDUM = "BRIEF ANSWER\nThe term begins on June 1, 2019 [1]. Rent is $16,000.00 [1]."


def test_an_answer_is_recorded_with_what_made_it(
    casewright: Casewright, model: list[Scripted], home: Path, library: Library
) -> None:
    model.append(says(MEMORANDUM))
    status, out, _ = casewright(
        "ask", "oven", "--answer-anyway", "When does the term begin?", "--json"
    )
    assert status == 0
    answer = json.loads(out)
    (entry,) = entries(home)
    assert (entry["event"], entry["who"]) == ("ask", getpass.getuser())
    fields = entry["fields"]
    assert (fields["matter"], fields["outcome"]) == ("oven", "answered")
    assert fields["verdicts"] == {"verified": 1, "unsupported": 1}
    assert fields["generation"] == max(one.generation for one in library.documents("oven"))
    for key in ("question_sha256", "base", "base_sha256", "adapter", "prompt", "passages"):
        assert fields[key] == answer["receipt"][key]
    assert all(set(one) == {"id", "document", "start", "end"} for one in fields["passages"])
    line = (home / audit.NAME).read_text("utf-8")
    assert not [word for word in ("June", "16,000", "term", "lease.txt", "begin") if word in line]


def test_who_can_be_set(
    casewright: Casewright, model: list[Scripted], home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model.append(says(MEMORANDUM))
    monkeypatch.setenv("CASEWRIGHT_USER", "m.orrin")
    casewright("ask", "oven", "--answer-anyway", "When does the term begin?")
    assert entries(home)[0]["who"] == "m.orrin"


@pytest.mark.parametrize(
    ("question", "text", "breaks", "outcome", "status"),
    [
        ("rent?", MEMORANDUM, None, "answered", 0),
        ("rent?", "The term", ConnectionError("cut"), "broken off", 1),
        ("?!", MEMORANDUM, None, "EmptyQuestion", 1),
        ("rent?", "The term", KeyboardInterrupt(), "stopped", 130),
    ],
)
def test_every_outcome_is_recorded(
    casewright: Casewright,
    model: list[Scripted],
    home: Path,
    question: str,
    text: str,
    breaks: BaseException | None,
    outcome: str,
    status: int,
) -> None:
    model.append(says(text, breaks=breaks))
    assert casewright("ask", "oven", "--answer-anyway", question)[0] == status
    (entry,) = entries(home)
    assert (entry["event"], entry["fields"]["outcome"]) == ("ask", outcome)
    assert len(entry["fields"]["question_sha256"]) == 64


def test_every_act_is_recorded(
    casewright: Casewright, model: list[Scripted], home: Path, files: Path
) -> None:
    (files / "new.txt").write_text("The oven is new.\n", encoding="utf-8")
    casewright("ingest", "oven", "files")
    model.append(says(MEMORANDUM))
    casewright("ask", "oven", "--answer-anyway", "rent?", "--output", "memo.docx")
    casewright("delete", "oven", "new.txt")
    casewright("ingest", "oven", "none.txt")
    found = entries(home)
    assert [(one["event"], one["fields"].get("outcome")) for one in found] == [
        ("ingest", "ended"),
        ("ask", "answered"),
        ("export", None),
        ("deletion", None),
        ("ingest", "UnreadableFile"),
    ]
    assert found[0]["fields"]["verdicts"] == {"unchanged": 3, "indexed": 1}
    assert found[0]["fields"]["documents"] == found[3]["fields"]["documents"]
    assert found[2]["fields"]["question_sha256"] == found[1]["fields"]["question_sha256"]
    assert found[2]["fields"]["form"] == ".docx"


def test_verify(casewright: Casewright, model: list[Scripted], home: Path) -> None:
    for _ in range(3):
        model.append(says(MEMORANDUM))
        casewright("ask", "oven", "--answer-anyway", "rent?")
    status, out, _ = casewright("audit", "verify", "--json")
    head = json.loads(out)["head"]
    assert (status, json.loads(out)["entries"], json.loads(out)["whole"]) == (0, 3, True)
    assert "3 entries, each follows from the one before" in casewright("audit", "verify")[1]
    assert casewright("audit", "verify", "--head", head)[0] == 0
    log = home / audit.NAME
    log.write_text(log.read_text("utf-8").replace("oven", "over", 1), encoding="utf-8")
    status, out, err = casewright("audit", "verify", "--json")
    assert (status, out) == (1, "")
    assert "entry 2 does not follow from the one before" in err
    assert err.count("\n") == 1


def test_what_broke_off_is_shown_with_its_passages(
    casewright: Casewright, model: list[Scripted]
) -> None:
    model.append(says("Rent is $15,200.00 [1]. It", breaks=ConnectionError("cut")))
    status, out, err = casewright(
        "ask", "oven", "--answer-anyway", "What is the rent?", "--output", "memo.md"
    )
    assert status == 1
    assert out.startswith("Rent is $15,200.00 [1]. It\n")
    assert "incomplete, and no sentence of it was checked" in out
    assert "[1] lease.txt, p. 1\n" in out
    assert "the model stopped before the end (ConnectionError: cut)" in err
    assert "Incomplete and not verified" in Path("memo.md").read_text("utf-8")


def test_model_that_is_down_leaves_the_passages(casewright: Casewright, home: Path) -> None:
    Path("own.gguf").write_bytes(b"GGUF but altered")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CASEWRIGHT_BASE", "own.gguf")
        status, out, err = casewright(
            "ask", "oven", "--answer-anyway", "What is the rent?", "--output", "memo.md"
        )
    assert status == 1
    assert "[1] lease.txt, p. 1\n" in out
    assert "Base Rent is $15,200.00 a month" in out
    assert "own.gguf: llama.cpp could not load it" in err.splitlines()[-1]
    assert not Path("memo.md").exists()
    assert entries(home)[0]["fields"]["outcome"] == "broken off"


def test_bad_template_is_told_before_the_model_is_asked(casewright: Casewright) -> None:
    Path("house.docx").write_bytes(b"not Word")
    arguments = ("ask", "oven", "rent?", "--output", "memo.docx", "--template", "house.docx")
    status, out, err = casewright(*arguments)
    assert (status, out) == (1, "")
    assert err.startswith("house.docx: is not a Word document")
