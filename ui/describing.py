"""Setting what a document is taken to be: its title, kind, date and parties."""

from pathlib import Path

import streamlit as st

from retrieval.documents import Document
from retrieval.edits import KINDS, edits_of
from retrieval.errors import CasewrightError
from retrieval.hidden import told
from ui import state
from ui.members import Person
from ui.prose import say


@st.dialog("Describe a document")
def describe_document(home: Path, who: Person, document: Document) -> None:
    """Asks what a document is, and starts the job that reads and embeds it again as described."""
    said = document.description
    before = {
        "title": said.title or "",
        "kind": str(said.kind),
        "date": said.date or "",
        "parties": "; ".join(said.parties),
    }
    st.text(f"What is set of {document.name} helps the search, and stays when the file changes.")
    if document.hidden:
        st.caption(f":material/visibility_off: {told(document.hidden, document.pages)}")
    with st.form("describe", border=False):
        given = {
            "title": st.text_input("Title", before["title"]),
            "kind": str(st.selectbox("Kind", KINDS, KINDS.index(said.kind))),
            "date": st.text_input("Date", before["date"], placeholder="2019-03-14"),
            "parties": st.text_input("Parties", before["parties"], placeholder="Smith; Jones"),
        }
        sent = st.form_submit_button("Save", type="primary")
    if not sent:
        return
    try:
        edits_of(date=given["date"])
    except CasewrightError as error:
        say(error)
        return
    changed = [
        part
        for field, value in given.items()
        if value != before[field]
        for part in (f"--{field}", value)
    ]
    if changed:
        state.start_job(
            home,
            who,
            f"Reading {document.name} as described",
            ["describe", *changed, "--", document.matter_id, document.path],
            document.matter_id,
        )
    st.rerun()
