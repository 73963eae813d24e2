"""The pages, driven by Streamlit's own AppTest on a real library; only the model is scripted."""

import contextlib
import json
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from langchain_core.language_models import BaseChatModel, GenericFakeChatModel
from langchain_core.messages import AIMessage
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Button

from retrieval.errors import CasewrightError
from retrieval.library import Library
from serving import adapters, audit
from serving.llamacpp import LlamaCpp
from serving.models import resolve
from tests.proofs import give_proof
from tests.serving.scripted import says
from training.memoranda.vary import MEMORANDA
from ui import answering, answerview, history, jobs, recording
from ui.history import Turn

APP = Path(__file__).parents[2] / "ui" / "app.py"
ASK, FILES, TRAIN, EVALUATE, ADMIN = (
    f"pages/{name}.py" for name in ("ask", "case_files", "train", "evaluate", "administer")
)

LEASE = """LEASE between Tillmarsh Properties LLC and Quillfeather Baking Company, Inc.

The monthly Base Rent is $15,200.00 until May 31, 2024. See <b>rider</b> at www.rider.example.

Notice of renewal is due by December 4, 2023, in writing, to 415 Marrow Lane.
"""

MEMORANDUM = """QUESTION PRESENTED

What is the rent?

BRIEF ANSWER

The monthly Base Rent is $15,200.00 [1]. The Landlord offered $9,120.00 to Tillmarsh [1]. \
Tillmarsh agreed to $5.00 and ![a seal](http://evil.example/x.png). The rent was waived [7]. \
A court will probably agree.

FACTS

DISCUSSION

CONCLUSION

It is due.
"""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CASEWRIGHT_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The arguments of each job that a page starts; none of them runs."""
    started: list[list[str]] = []

    def start(home: Path, title: str, arguments: Sequence[str], **about: Any) -> jobs.Job:
        started.append(list(arguments))
        return jobs.Job("j", title, (), about["owner"], "", 0.0, "done", {}, home / "jobs" / "j")

    monkeypatch.setattr(jobs, "start", start)
    return started


@pytest.fixture
def library(home: Path, tmp_path: Path) -> Library:
    file = tmp_path / "lease.txt"
    file.write_text(LEASE, encoding="utf-8")
    library = Library(home)
    library.ingest("smith", [file])
    return library


@pytest.fixture
def scripted(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Gives the list of memoranda that the model will write, one a question.

    The job that answers runs in this process, where the model is scripted.
    """
    written: list[str] = []
    answered_here(monkeypatch)

    def chat_model(engine: LlamaCpp, adapter: Any, **options: Any) -> BaseChatModel:
        return GenericFakeChatModel(messages=iter([AIMessage(written.pop(0))]))

    monkeypatch.setattr(LlamaCpp, "chat_model", chat_model)
    monkeypatch.setattr(LlamaCpp, "_load", lambda engine: None)
    yield written


def answered_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lets the command of a job run in this process, to its end."""

    def start(home: Path, title: str, arguments: Sequence[str], **about: Any) -> jobs.Job:
        command, matter, turn = arguments
        assert command == "answer-turn"
        with monkeypatch.context() as patch, contextlib.suppress(CasewrightError):
            patch.setenv("CASEWRIGHT_USER", about["owner"])
            answering.answer_turn(matter, turn)
        return jobs.Job("j", title, (), about["owner"], "", 0.0, "done", {}, home / "jobs" / "j")

    monkeypatch.setattr(jobs, "start", start)


def open_page(page: str) -> AppTest:
    app = AppTest.from_file(str(APP), default_timeout=60).run()
    if page != ASK:
        app = app.switch_page(page).run()
    assert not app.exception
    return app


def shown(app: AppTest) -> list[dict[str, Any]]:
    """Gives every node of text that the page draws, flat, in the order of reading."""
    flat: list[dict[str, Any]] = []

    def walk(node: dict[str, Any]) -> None:
        flat.append(node)
        for child in node["children"]:
            walk(child)

    for element in app.get("bidi_component"):
        for node in json.loads(element.proto.json)["nodes"]:
            walk(node)
    return flat


def texts(app: AppTest, kind: str) -> list[str]:
    return [node["text"] for node in shown(app) if node["kind"] == kind]


def opened(app: AppTest, home: Path, matter: str = "smith") -> Turn:
    """The turn that the page shows."""
    return history.read(home, matter, recording.who(), app.session_state["opened"][matter])


def ask(app: AppTest, question: str) -> AppTest:
    app.text_area[0].input(question)
    return button(app, "Ask").click().run()


def button(app: AppTest, label: str) -> Button:
    return next(one for one in app.button if one.label == label)


def without_escapes(message: str) -> str:
    return message.replace("\\", "").replace("\u2060", "")


@pytest.mark.parametrize(
    ("page", "words"),
    [
        (ASK, "No matter yet"),
        (FILES, "Begin with a case file"),
        (TRAIN, "Train a style"),
        (EVALUATE, "Evaluate"),
        (ADMIN, "Administer"),
    ],
)
def test_first_run(home: Path, page: str, words: str) -> None:
    app = open_page(page)
    assert words in [header.value for header in app.header]


def test_first_run_offers_three_steps_and_the_sample(home: Path) -> None:
    app = open_page(FILES)
    assert texts(app, "subheading") == ["Name a matter", "Add its files", "Ask"]
    assert "Add the sample matter" in [button.label for button in app.button]


def test_memorandum_is_shown_with_each_verdict(library: Library, scripted: list[str]) -> None:
    scripted.append(MEMORANDUM)
    app = ask(open_page(ASK), "What is the monthly Base Rent?")
    assert not app.error
    kinds = [node["kind"] for node in shown(app) if node["kind"].startswith("sentence ")]
    assert kinds == [
        "sentence reasoning",
        "sentence verified",
        "sentence unsupported",
        "sentence uncited",
        "sentence invalid",
        "sentence reasoning",
        "sentence reasoning",
    ]
    assert "1 of 7 sentences verified" in [header.value for header in app.subheader]
    signs = texts(app, "sign")
    assert {"✓", "▲", "○", "✕"} <= set(signs)
    assert texts(app, "heading")[:2] == ["Question presented", "Brief answer"]
    assert any("“$9,120.00” does not stand in [1]" in node["text"] for node in shown(app))
    # What the model wrote is text, and of its image the description alone.
    assert "Tillmarsh agreed to $5.00 and a seal." in texts(app, "words")
    assert not any("evil" in node["text"] for node in shown(app))
    assert not any("evil" in markdown.value for markdown in app.markdown)


def test_citation_leads_to_its_page_and_the_answer_stays(
    library: Library, scripted: list[str]
) -> None:
    scripted.append(MEMORANDUM)
    app = ask(open_page(ASK), "What is the monthly Base Rent?")
    assert texts(app, "source") == ["lease.txt, p. 1"]
    app.session_state["chosen"][app.session_state["opened"]["smith"]] = 1
    app.run()
    assert "".join(node["text"] for node in shown(app) if node["tag"] == "mark") == LEASE
    assert texts(app, "question") == ["What is the monthly Base Rent?"]
    app = app.switch_page(TRAIN).run().switch_page(ASK).run()
    assert texts(app, "question") == ["What is the monthly Base Rent?"]


def test_answer_belongs_to_its_matter(
    library: Library, scripted: list[str], tmp_path: Path
) -> None:
    other = tmp_path / "other.txt"
    other.write_text("Another client's file.", encoding="utf-8")
    library.ingest("jones", [other])
    scripted.append(MEMORANDUM)
    app = open_page(ASK)
    app.selectbox[0].select("smith").run()
    ask(app, "What is the rent?")
    assert texts(app, "question")
    app.selectbox[0].select("jones").run()
    assert not texts(app, "question")


def test_what_broke_off_stays_with_its_passages(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    models = [says("", breaks=ConnectionError("down")), says("Rent is", breaks=OSError("cut"))]
    answered_here(monkeypatch)
    monkeypatch.setattr(LlamaCpp, "chat_model", lambda *given, **options: models.pop(0))
    monkeypatch.setattr(LlamaCpp, "_load", lambda engine: None)
    app = ask(open_page(ASK), "What is the monthly Base Rent?")
    assert "the model did not answer (ConnectionError: down)" in without_escapes(app.error[0].value)
    assert texts(app, "source") == ["lease.txt, p. 1"]
    assert not app.get("download_button")
    app = ask(app, "What is the monthly Base Rent?")
    assert "the model stopped before the end" in without_escapes(app.error[0].value)
    assert texts(app, "words") == ["Rent is"]
    assert [node["kind"] for node in shown(app) if node["kind"].startswith("sentence ")] == [
        "sentence unchecked"
    ]
    assert texts(app, "source") == ["lease.txt, p. 1"]
    assert len(app.get("download_button")) == 2


def test_download_is_made_and_recorded_when_it_is_asked_for(
    library: Library, scripted: list[str], home: Path
) -> None:
    scripted.append(MEMORANDUM)
    app = ask(open_page(ASK), "What is the monthly Base Rent?")
    assert len(app.get("download_button")) == 2
    answer = opened(app, home).answers[1]
    for suffix, start in (("docx", b"PK"), ("md", b"# Memorandum")):
        assert answerview.exported(home, answer, suffix, "ada@example.org").startswith(start)
    lines = (home / audit.NAME).read_text("utf-8").splitlines()
    entries = [json.loads(line) for line in lines]
    assert [entry["event"] for entry in entries] == ["ask", "export", "export"]
    assert entries[1]["who"] == "ada@example.org"


def test_bad_template_is_told_in_place_of_the_downloads(
    library: Library, scripted: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CASEWRIGHT_TEMPLATE", "none.docx")
    scripted.append(MEMORANDUM)
    app = ask(open_page(ASK), "What is the monthly Base Rent?")
    assert "none.docx: is not a Word document" in without_escapes(app.error[0].value)
    assert not app.get("download_button")
    assert texts(app, "words")


@pytest.mark.parametrize(
    ("question", "memorandum", "error"),
    [
        ("", MEMORANDUM, "the question is empty; ask in a sentence or a few words"),
        ("?!", MEMORANDUM, "the question is empty; ask in a sentence or a few words"),
        ("What is due?", " \n", "the model wrote nothing; ask again in other words"),
    ],
)
def test_error_is_one_line(
    library: Library, scripted: list[str], question: str, memorandum: str, error: str
) -> None:
    scripted.append(memorandum)
    app = ask(open_page(ASK), question)
    assert [without_escapes(one.value) for one in app.error] == [error]
    assert not app.exception


def test_questions_of_a_matter_are_a_conversation(
    library: Library, scripted: list[str], home: Path
) -> None:
    first, typed = "When is the monthly Base Rent due?", "And the late fee?"
    now = "When is the late fee due?"
    scripted += [MEMORANDUM] * 4
    app = ask(open_page(ASK), first)
    assert not texts(app, "asked-as")
    assert without_escapes(app.caption[0].value) == f"Follows: {first}"
    app = ask(app, typed)
    assert (texts(app, "question"), texts(app, "asked-as")) == ([typed], [f"Asked as: {now}"])
    app.checkbox[0].check()
    app = ask(app, typed)
    assert (texts(app, "question"), texts(app, "asked-as")) == ([typed], [])
    button(app, "New conversation").click().run()
    assert "New conversation" not in [one.label for one in app.button]
    app = ask(app, typed)
    assert texts(app, "question") == [typed]
    log = (home / audit.NAME).read_text("utf-8").splitlines()
    assert [json.loads(line)["fields"].get("follow_up") for line in log] == [None, 1, None, None]


def test_question_that_the_file_does_not_answer_is_named(
    library: Library, scripted: list[str]
) -> None:
    stranger = "Which zoning variance did the Harbor Commission refuse to the ferry operator?"
    scripted.append(MEMORANDUM)
    app = ask(open_page(ASK), f"What is the monthly Base Rent? {stranger}")
    told = f"The case file does not seem to answer this question: {stranger}"
    assert told in [without_escapes(one.value) for one in app.warning]
    assert "Base Rent" in "".join(texts(app, "question"))


def test_a_part_of_the_case_file_is_asked(
    library: Library, scripted: list[str], tmp_path: Path, home: Path
) -> None:
    note = tmp_path / "note.txt"
    note.write_text("Memo: the monthly Base Rent was not paid in May.", encoding="utf-8")
    library.ingest("smith", [note])
    scripted.append(MEMORANDUM)
    app = open_page(ASK)
    app.multiselect[0].select(str(note)).run()
    app = ask(app, "What is the monthly Base Rent?")
    assert {one.document for one in opened(app, home).answers[1].passages} == {"note.txt"}


def test_restriction_that_nothing_meets_is_one_line(library: Library) -> None:
    app = open_page(ASK)
    app.date_input[0].set_value(date(2031, 5, 1)).run()
    app = ask(app, "What is the rent?")
    assert [without_escapes(one.value) for one in app.error] == [
        "no document of the matter is of this kind and date; "
        "`casewright documents MATTER` lists them, ask with fewer restrictions"
    ]


def test_matter_without_documents_gives_no_answer(library: Library, scripted: list[str]) -> None:
    library.delete_document("smith", "lease.txt")
    app = ask(open_page(ASK), "What is the rent?")
    assert [without_escapes(one.value) for one in app.error] == [
        "smith: nothing in the case file answers this; add documents to it"
    ]


def test_bad_setting_is_named(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CASEWRIGHT_PASSAGES", "many")
    app = open_page(ASK)
    assert "CASEWRIGHT_PASSAGES" in without_escapes(app.error[0].value)


def test_uploaded_file_is_read_as_a_job(home: Path, started: list[list[str]]) -> None:
    app = open_page(FILES)
    app.text_input[0].input("Smith v. Jones")
    app.file_uploader[0].upload("../../etc/.lease.txt", LEASE.encode(), "text/plain")
    button(app, "Add to the matter").click().run()
    kept = home / "uploads" / "Smith-v.-Jones" / "lease.txt"
    assert started == [["ingest", "Smith-v.-Jones", str(kept)]]
    assert kept.read_bytes() == LEASE.encode()


def test_documents_are_listed_and_read(library: Library) -> None:
    app = open_page(FILES)
    assert list(app.dataframe[0].value["Document"]) == ["lease.txt"]
    assert list(app.dataframe[0].value["Kind"]) == ["other"]
    assert "".join(node["text"] for node in shown(app) if node["kind"] == "") == LEASE


def test_description_that_is_set_is_read_as_a_job(
    library: Library, started: list[list[str]]
) -> None:
    app = open_page(FILES)
    button(app, "Describe …").click().run()

    def save(title: str, date: str) -> None:
        # A dialog lives in a run of its own in the browser; AppTest runs the whole page.
        button(app, "Describe …").click()
        for label, value in (("Title", title), ("Date", date)):
            next(one for one in app.text_input if one.label == label).input(value)
        button(app, "Save").click().run()

    save("Oven lease", "14 March")
    assert started == []
    assert "14 March: not a date" in without_escapes(app.error[0].value)
    save("Oven lease", "2019-03-14")
    path = library.documents("smith")[0].path
    said = ["--title", "Oven lease", "--date", "2019-03-14"]
    assert started == [["describe", *said, "--", "smith", path]]


@pytest.mark.parametrize(
    ("asks", "confirms", "left"),
    [
        ("Delete …", "Delete the document", {"smith": 0}),
        ("Delete this matter …", "Delete the matter", {}),
        ("Delete …", "Keep", {"smith": 1}),
    ],
)
def test_deleting_is_confirmed(
    library: Library, asks: str, confirms: str, left: dict[str, int]
) -> None:
    app = open_page(FILES)
    button(app, asks).click().run()
    assert sum(matter.documents for matter in library.matters()) == 1
    # A dialog lives in a run of its own in the browser; AppTest runs the whole page.
    button(app, asks).click()
    button(app, confirms).click().run()
    assert {matter.id: matter.documents for matter in library.matters()} == left


def test_sample_memoranda_are_checked_and_trained_on(home: Path, started: list[list[str]]) -> None:
    app = open_page(TRAIN)
    facts = {metric.label: metric.value for metric in app.metric}
    assert int(facts["Examples"]) > 50
    assert facts["Faults"] == "0"
    button(app, "Start training").click().run()
    assert started[0][:2] == ["train", "demo.toml"]


def test_faulty_examples_are_not_trained_on(home: Path) -> None:
    example = {
        "id": "one",
        "matter": "m",
        "area": "a",
        "split": "train",
        "answerable": True,
        "question": "What is due?",
        "passages": [{"document": "lease", "page": 1, "text": "The rent is $1.00."}],
        "memorandum": "The rent is $2.00 [1].",
    }
    app = open_page(TRAIN)
    app.radio[0].set_value("Memoranda of your own").run()
    app.file_uploader[0].upload("mine.jsonl", json.dumps(example).encode()).run()
    assert not app.exception
    assert "headings" in list(app.dataframe[0].value["Check"])
    assert button(app, "Start training").disabled


def test_few_examples_are_trained_on_when_asked_for(home: Path, started: list[list[str]]) -> None:
    few = MEMORANDA.read_text(encoding="utf-8").splitlines()[:3]
    app = open_page(TRAIN)
    app.radio[0].set_value("Memoranda of your own").run()
    app.file_uploader[0].upload("mine.jsonl", "\n".join(few).encode()).run()
    assert "3 training examples, fewer than 50" in app.warning[0].value
    assert button(app, "Start training").disabled
    app.checkbox[0].check().run()
    button(app, "Start training").click().run()
    assert started[0][-1] == "--force"


def test_a_training_cut_short_is_gone_on_with(home: Path, started: list[list[str]]) -> None:
    folder = home / "jobs" / "20260101-000000-abcdef"
    folder.mkdir(parents=True)
    about = {
        "title": "Training demo",
        "arguments": ["train", "demo.toml"],
        "owner": recording.who(),
        "asked": 0.0,
    }
    (folder / "job.json").write_text(json.dumps(about), encoding="utf-8")
    (folder / "exit").write_text("1", encoding="utf-8")
    app = open_page(TRAIN)
    app.session_state["watched"] = folder.name
    app.run()
    button(app, "Go on from its last checkpoint").click().run()
    assert started == [["train", "demo.toml", "--resume"]]


def test_adapter_is_promoted(home: Path, tmp_path: Path) -> None:
    files = tmp_path / "adapter"
    files.mkdir()
    (files / adapters.PEFT_WEIGHTS).write_bytes(b"peft")
    (files / adapters.GGUF_WEIGHTS).write_bytes(b"gguf")
    base = resolve("smollm2-135m")
    card = {
        "base": {"name": base.name, "sha256": base.sha256},
        "held_out": {"before": 0.94, "after": 0.36},
        "data": {"trained": 52},
        "seconds": 240.0,
    }
    adapter = adapters.register(home, "memo", files, card)
    name = adapter.name
    app = open_page(TRAIN)
    assert name in texts(app, "subheading")
    assert "Held-out loss 0.940 → 0.360" in texts(app, "fact")
    assert "Gate: not run" in texts(app, "fact")
    assert button(app, "Promote").disabled
    give_proof(adapter, base)
    app = open_page(TRAIN)
    assert "Gate: green" in texts(app, "fact")
    button(app, "Promote").click().run()
    promoted = adapters.promoted(home)
    assert promoted is not None and promoted.name == name
