"""The tables of a matter on its page: made by a job, shown as they were made, and downloaded."""

import json
from functools import partial
from pathlib import Path
from typing import Any

import streamlit as st

from retrieval.library import Library
from serving.table_file import Table, as_csv, as_docx
from serving.tables import receipt_rows
from ui import jobview, state
from ui.members import Person
from ui.recording import record_table_export

Cells = tuple[tuple[str, ...], ...]

FORMS = {".docx": ("Word", as_docx), ".csv": ("CSV", as_csv)}


def show_chronology(library: Library, who: Person, matter: str) -> None:
    """Shows what a matter dates, and makes the table anew."""
    st.caption(
        "All that the case file dates, in the documents' own words, each with its source. "
        "No model is asked."
    )
    if st.button("Make the chronology"):
        _start(library, who, matter, f"Chronology of {matter}", ["chronology", matter, "--json"])
    _shown(library, who, matter, "chronology")


def show_review(library: Library, who: Person, matter: str) -> None:
    """Asks every document of a matter one question, and shows a row for each."""
    with st.form(f"review/{matter}", border=False):
        question = st.text_input(
            "A question to every document", placeholder="What is the notice period?", max_chars=500
        )
        sent = st.form_submit_button("Ask every document")
    if sent and not any(character.isalnum() for character in question):
        st.warning("The question is empty; ask in a sentence or a few words.")
    elif sent:
        arguments = ["review", "--json", "--", matter, question]
        _start(library, who, matter, f"Review of {matter}", arguments)
    _shown(library, who, matter, "review")


def _start(library: Library, who: Person, matter: str, title: str, arguments: list[str]) -> None:
    state.start_job(library.home, who, title, arguments, matter)
    st.rerun()


def _shown(library: Library, who: Person, matter: str, command: str) -> None:
    """The newest table of this command in this matter, or how far it is."""
    job = jobview.latest(library.home, who, (command,), matter)
    if job is None:
        return
    if job.alive:
        jobview.watch(library.home, job)
        return
    if job.state != "done":
        jobview.ended(job)
    try:
        made = json.loads(job.output)
    except ValueError:
        return
    table = _chronology(matter, made) if command == "chronology" else _review(made)
    st.dataframe(
        {title: [row[at] for row in table.rows] for at, title in enumerate(table.head)},
        hide_index=True,
        placeholder="Nothing found",
    )
    with st.container(horizontal=True):
        st.caption(table.standing, width="stretch")
        for suffix, (label, _) in FORMS.items():
            st.download_button(
                label,
                partial(_exported, library.home, who, matter, command, table, suffix),
                f"{command}{suffix}",
                icon=":material/download:",
                type="tertiary",
                on_click="ignore",
                key=f"{command}/{suffix}",
            )


def _chronology(matter: str, made: dict[str, Any]) -> Table:
    rows = tuple(
        (one["date"], one["event"], "; ".join(one["pin_cites"]), one["verdict"])
        for one in made["events"]
    )
    standing = f"{len(rows)} events. Dates without a year are not in it."
    return _table(
        "Chronology", matter, standing, ("Date", "Event", "Source", "Verdict"), rows, made
    )


def _review(made: dict[str, Any]) -> Table:
    rows = tuple(
        (one["document"], one["answer"], one["how"], one["verdict"], "; ".join(one["pin_cites"]))
        for one in made["rows"]
    )
    answered = sum(one["how"] != "not answered" for one in made["rows"])
    standing = f"{len(rows)} documents, {answered} with an answer."
    head = ("Document", "Answer", "How", "Verdict", "Source")
    return _table("Document review", made["question"], standing, head, rows, made)


def _table(
    title: str, asked: str, standing: str, head: tuple[str, ...], rows: Cells, made: dict[str, Any]
) -> Table:
    inches = tuple(6.5 / len(head) for _ in head)
    return Table(title, asked, standing, head, rows, inches, receipt_rows(made["receipt"]))


def _exported(
    home: Path, who: Person, matter: str, command: str, table: Table, suffix: str
) -> bytes:
    """Gives a table as a file, made and recorded when it is asked for."""
    content = FORMS[suffix][1](table)
    record_table_export(home, matter, command, suffix, content, by=who.name)
    return content
