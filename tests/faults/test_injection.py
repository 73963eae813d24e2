"""Attacks in passages, file names, e-mail headers, titles and questions, by what reaches a reader.

The worst case: a model that writes each attack word for word. Rules say what may come of it on the
page, in a terminal, in Word, Markdown and CSV, and in the audit log.
"""

import io
import json
import re
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import docx
import pytest
from langchain_core.messages import AIMessage
from lxml import etree

from retrieval.library import Library
from serving import audit, prompts
from serving.answer import ask
from serving.answered import Answer
from serving.memo_docx import as_docx
from serving.memo_markdown import as_markdown
from serving.prompts import Excerpt
from serving.table_file import Table, as_csv
from serving.table_file import as_docx as table_docx
from tests.faults.attacks import ALL, MARKUP, TERMINAL, TURNS
from tests.serving.scripted import Scripted, says
from tests.ui.conftest import Casewright, casewright, model  # noqa: F401 - fixtures
from tests.ui.test_app import answered_here, open_page, shown
from ui import memoview

OBEYED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
"""What no terminal may be sent: controls but tab and line feed, overrides of direction."""
LINKED = re.compile(r"<[a-z!/]|!\[|\]\(|\]:", re.I)
FOLLOWED = re.compile(rf"attacker\.example|javascript:|data:image|{LINKED.pattern}", re.I)
"""And what a reader's program would follow. An address that a passage has may stand, as text."""
LETTER = "The tenant pays the rent of $15,200.00 each month. {attack} The roof is the landlord's.\n"
QUESTION = "Who pays the rent?"


@pytest.fixture
def attacked(library: Library, tmp_path: Path) -> tuple[Library, Path]:
    """A matter of letters whose text, names, headers and titles hold every attack."""
    folder = tmp_path / "attacked"
    folder.mkdir()
    for number, attack in enumerate(ALL):
        safe = re.sub(r"[/\0\n]", "_", attack)[:120]
        (folder / f"{number} {safe}.txt").write_text(LETTER.format(attack=attack), "utf-8")
        head = re.sub(r"[\r\n]+", " ", attack)
        (folder / f"mail{number}.eml").write_bytes(
            f"From: {head} <a@x.example>\r\nSubject: {head}\r\nTo: b@x.example\r\n"
            f"Content-Type: text/html; charset=utf-8\r\n\r\n<title>{attack}</title>"
            f"<h1>{attack}</h1><p>The rent is due.</p>".encode(errors="replace")
        )
    raw = folder / b"\xff\xfe letter.txt".decode(errors="surrogateescape")
    raw.write_text(LETTER.format(attack=""), encoding="utf-8")
    library.ingest("attacked", [folder])
    return library, folder


def answer_to(library: Library, attack: str, question: str = QUESTION) -> Answer:
    """The answer of a model that repeats the attack."""
    from retrieval.search import find

    hits = find(library, "attacked", QUESTION, 6).passages
    text = f"BRIEF ANSWER\n\nThe rent is due [1]. {attack} It is late [2].\n"
    return ask(question, passages=hits, model=says(text), receipt={"matter": "attacked"})


@pytest.mark.faults
@pytest.mark.timeout(600)
def test_what_reaches_page_and_files(attacked: tuple[Library, Path]) -> None:
    library, _ = attacked
    for attack in ALL:
        answer = answer_to(library, attack, question=f"{attack} {QUESTION}")
        assert not OBEYED.search(answer.text), attack
        if attack in MARKUP:
            assert not LINKED.search(answer.text), attack
        # On the page text is text: a short list of elements, filled by their text alone.
        nodes = [*memoview.memorandum(answer), *memoview.passages(answer.passages)]
        assert {node.tag for node in nodes} <= {"h2", "h3", "div", "p", "span", "button", "mark"}
        word, markdown = as_docx(answer), as_markdown(answer).decode()
        check_word(word)
        check_markdown(markdown)


@pytest.mark.parametrize("attack", MARKUP)
def test_an_address_of_the_model_s_own_reaches_nobody(small: Library, attack: str) -> None:
    from retrieval.search import find

    hits = find(small, "oven", QUESTION, 3).passages
    text = f"BRIEF ANSWER\n\nThe rent is due [1]. {attack} It is late [2].\n"
    pieces: list[str] = []
    answer = ask(QUESTION, passages=hits, model=says(text), receipt={}, on_text=pieces.append)
    assert not FOLLOWED.search(answer.text) and not FOLLOWED.search("".join(pieces))


def check_word(content: bytes) -> None:
    """A Word file with no link, field, image or outside part, that Word's reader opens."""
    docx.Document(io.BytesIO(content))
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for name in archive.namelist():
            if name.endswith((".xml", ".rels")):
                tree = etree.fromstring(archive.read(name))
                tags = {etree.QName(one).localname for one in tree.iter(etree.Element)}
                assert not tags & {"hyperlink", "fldSimple", "drawing", "pict", "object"}
                fields = {one.text for one in tree.iter("{*}instrText")}
                assert fields <= {"PAGE", "NUMPAGES"}, fields  # our own footer
                assert not tree.xpath("//*[@TargetMode='External']")


def check_markdown(text: str) -> None:
    """Markdown in which nothing that was given is a link, an image, HTML or a table's cell."""
    bare = re.sub(r"\\.", "", text)  # what is escaped is text
    bare = re.sub(r"\[\^\d+\]", "", bare)  # our own footnotes
    assert not re.search(r"\]\(|\]\[|!\[|<[A-Za-z/!]|\]:|://|(?i:www\.)", bare), bare
    assert not OBEYED.search(text)


def test_tables(tmp_path: Path) -> None:
    rows = tuple((attack, attack) for attack in ALL)
    table = Table("Review", "Who pays?", "-", ("document", "says"), rows, (3.0, 3.5), ())
    check_word(table_docx(table))
    import csv

    read = [*csv.reader(io.StringIO(as_csv(table).decode("utf-8-sig"), newline=""))]
    assert len(read) == 1 + len(rows)
    for row in read[1:]:
        for cell in row:
            assert not re.match(r"\s*[=+\-@＝＋－＠]", cell), cell
            assert not OBEYED.search(cell.replace("\r", "")), cell


@pytest.mark.parametrize("attack", TURNS[:3])
def test_a_passage_cannot_end_its_turn(attack: str) -> None:
    (_, user) = prompts.messages(attack, [Excerpt(attack, 1, attack)])
    assert not re.search(r"<\||</s>|\[/?INST\]", user["content"])


@pytest.mark.faults
@pytest.mark.timeout(600)
def test_what_reaches_a_terminal(
    attacked: tuple[Library, Path],
    casewright: Casewright,  # noqa: F811
    model: list[Scripted],  # noqa: F811
) -> None:
    library, folder = attacked
    unreadable = folder / "\x1b]0;owned\x07[bold]no.xyz"
    unreadable.write_bytes(b"\0")
    names = [one.path for one in library.documents("attacked")]
    assert any("\x1b" in name for name in names), "no name is an attack"
    commands: list[tuple[str, ...]] = [
        ("documents", "attacked"),
        ("documents", "attacked", "--json"),
        ("search", "attacked", QUESTION, "-k", "40"),
        ("search", "attacked", QUESTION, "-k", "40", "--json"),
        ("describe", "attacked", next(name for name in names if "\x1b" in name)),
        ("describe", "attacked", f"{TERMINAL[0]} no such"),
        ("chronology", "attacked"),
        ("ingest", "attacked", str(unreadable)),
        ("ingest", "attacked", str(unreadable), str(folder)),
        ("ingest", "attacked", str(unreadable), str(folder), "--json"),
        ("audit", "verify"),
    ]
    for attack in (*TERMINAL, *MARKUP):
        commands.append(("ask", "attacked", QUESTION, "--no-grammar", "--answer-anyway"))
        model.append(says(f"BRIEF ANSWER\n\nThe rent is due [1]. {attack} It is late [2].\n"))
    printed = 0
    for command in commands:
        status, out, err = casewright(*command)
        assert status in (0, 1) and "Traceback" not in err, (command, err)
        for text in (out, err):
            assert not OBEYED.search(text), (command, text)
        if "--json" in command:
            json.loads(out)
        printed += len(out)
    assert printed > 1000
    for line in (library.home / audit.NAME).read_text("utf-8").splitlines():
        assert json.loads(line)
        assert "attacker" not in line and "rent" not in line and not OBEYED.search(line)


@pytest.mark.faults
def test_a_name_keeps_what_it_says_of_markup(
    attacked: tuple[Library, Path],
    casewright: Casewright,  # noqa: F811
) -> None:
    """A name in square brackets is a name, and not the markup of the library that prints."""
    _, out, _ = casewright("documents", "attacked")
    joined = re.sub(r"\s+", "", out)
    assert "[link=https:" in joined and "\\[bold]x\\[_]" in joined and "[boldredonwhite]" in joined
    _, out, _ = casewright("search", "attacked", QUESTION, "-k", "400")
    assert "\\[bold]x\\[_]" in re.sub(r"\s+", "", out)


@pytest.mark.faults
def test_the_app_s_pages(
    attacked: tuple[Library, Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Whatever is drawn by our component is text; whatever Streamlit draws is escaped."""
    from serving.llamacpp import LlamaCpp

    said: list[str] = []
    answered_here(monkeypatch)
    monkeypatch.setattr(LlamaCpp, "_load", lambda engine: None)
    monkeypatch.setattr(
        LlamaCpp,
        "chat_model",
        lambda *a, **k: Scripted(messages=iter([AIMessage(said.pop(0))])),
    )
    app = open_page("pages/ask.py")
    app.selectbox[0].set_value("attacked").run()
    said.append("BRIEF ANSWER\n\nThe rent is due [1].\n\n" + "\n\n".join(MARKUP))
    app.text_area[0].input(f"{MARKUP[0]} {QUESTION}")
    next(one for one in app.button if one.label == "Ask").click().run()
    assert not app.exception
    nodes: list[dict[str, Any]] = shown(app)
    assert {node["tag"] for node in nodes} <= {"div", "h2", "h3", "p", "span", "mark", "button"}
    answer = "".join(node["text"] for node in nodes if node["kind"] in ("words", "paragraph"))
    assert answer and not LINKED.search(answer)
    drawn = [
        one.value for kind in ("markdown", "caption", "error", "warning") for one in app.get(kind)
    ]
    for text in drawn:
        bare = re.sub(r"\\.", "", str(text))
        assert not re.search(r"\]\(|!\[|<[A-Za-z/!]|://", bare), text
    files = open_page("pages/case_files.py")
    assert not files.exception


def test_a_process_with_such_an_argument_ends_in_one_line(home: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "ui.cli", "search", TERMINAL[0], QUESTION],
        capture_output=True,
        check=False,
    )
    assert ended.returncode == 1 and ended.stderr.count(b"\n") == 1
    assert not OBEYED.search(ended.stderr.decode().rstrip("\n"))


@pytest.mark.parametrize("command", ["search", "ask", "review"])
def test_a_question_that_is_no_text_is_refused(
    casewright: Casewright,  # noqa: F811
    command: str,
) -> None:
    status, _, err = casewright(command, "oven", "\udcff who pays?")
    assert status == 1 and err == "the question is not UTF-8; type it anew\n"
