"""Case files: make a matter, add to it, read it, delete from it."""

from pathlib import Path

import streamlit as st

from retrieval.documents import Document
from retrieval.errors import CasewrightError
from retrieval.hidden import told
from retrieval.library import Library
from ui import jobs, jobview, samples, state, uploads
from ui.deleting import delete_document, delete_matter
from ui.describing import describe_document
from ui.pageview import show_page, show_text
from ui.prose import Node, prose, say

READING = "Reading "  # how the titles of this page's jobs begin

STEPS = (
    (
        "1",
        "Name a matter",
        "One matter for each client's case: no search crosses from one to another.",
    ),
    ("2", "Add its files", "PDF, Word, e-mail, HTML and text. They stay on this machine."),
    ("3", "Ask", "Each sentence of the memorandum is checked against the page that it cites."),
)


def page() -> None:
    """Draws the page."""
    library = state.library(state.settings()[0].home)
    matters = [matter.id for matter in library.matters()]
    running = _show_job(library.home)
    if not matters:
        _first_run(library.home, running)
        return
    left, right = st.columns([2.1, 1], gap="large")
    with left:
        matter = state.choose_matter(matters)
        documents = library.documents(matter)
        _table(documents)
        if documents:
            _reader(library, documents)
    with right:
        _add(library.home, matter)
        if samples.MATTER_ID not in matters:
            _add_sample(library.home, running)
        st.divider()
        if st.button("Delete this matter …", type="tertiary"):
            delete_matter(library, matter, len(documents))


def _first_run(home: Path, running: bool) -> None:
    left, right = st.columns([1.3, 1], gap="large")
    with left:
        st.header("Begin with a case file")
        for number, what, why in STEPS:
            prose(
                [
                    Node(
                        "div",
                        "step",
                        children=(
                            Node("span", "number", number),
                            Node("h3", "subheading", what),
                            Node("p", "fact", why),
                        ),
                    )
                ],
                key=f"step/{number}",
            )
        st.space("small")
        _add_sample(home, running)
    with right:
        _add(home, "")


def _show_job(home: Path) -> bool:
    """Shows the newest reading job; gives whether it runs."""
    job = jobview.latest(home, READING)
    if job is None:
        return False
    if job.state == "running":
        st.session_state["watched"] = job.id
        jobview.watch(home, job)
        return True
    # What ended before this session is history; what was watched is told once it ended.
    if st.session_state.get("watched") == job.id:
        jobview.ended(job)
    return False


def _start(home: Path, matter: str, paths: list[Path]) -> None:
    count = "1 file" if len(paths) == 1 and paths[0].is_file() else f"{len(paths)} files"
    what = "the sample matter" if paths == [samples.MATTER] else count
    job = jobs.start(home, f"{READING}{what} into {matter}", ["ingest", matter, *map(str, paths)])
    st.session_state["watched"] = job.id
    st.session_state["matter"] = matter


def _add_sample(home: Path, running: bool) -> None:
    st.caption("To try Casewright first: a lease dispute, invented, in 17 documents.")
    if st.button("Add the sample matter", disabled=running):
        _start(home, samples.MATTER_ID, [samples.MATTER])
        st.rerun()


def _add(home: Path, matter: str) -> None:
    with st.form("add", clear_on_submit=True, border=True):
        st.subheader("Add files")
        name = st.text_input(
            "Matter",
            value=matter,
            placeholder="Smith v. Jones",
            help="A new name makes a new matter.",
        )
        files = st.file_uploader("Files", accept_multiple_files=True, label_visibility="collapsed")
        sent = st.form_submit_button("Add to the matter", type="primary", width="stretch")
    if not sent:
        return
    try:
        named = uploads.matter_name(name)
        if not files:
            st.warning("No file is chosen; choose one or more.")
            return
        _start(home, named, uploads.keep(home, named, files))
    except CasewrightError as error:
        say(error)
        return
    st.rerun()


def _table(documents: list[Document]) -> None:
    st.dataframe(
        {
            "Document": [document.name for document in documents],
            "Title": [document.description.title or "" for document in documents],
            "Kind": [document.description.kind for document in documents],
            "Date": [document.description.date or "" for document in documents],
            "Pages": [document.pages for document in documents],
            "Passages": [document.passages for document in documents],
        },
        hide_index=True,
        height="content" if len(documents) < 9 else 320,
        column_config={"Document": st.column_config.TextColumn(width="large")},
        placeholder="No documents yet",
    )


def _reader(library: Library, documents: list[Document]) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        document = st.selectbox("Read", documents, format_func=lambda one: one.name)
        number = 1
        if document.pages > 1:
            number = st.number_input(
                f"Page of {document.pages}",
                1,
                document.pages,
                key=f"page-of/{document.id}",
                width=140,
            )
        printed = library.original(document).suffix.lower() == ".pdf" and st.toggle(
            "As printed", value=True
        )
        if st.button("Describe …"):
            describe_document(library.home, document, READING)
        if st.button("Delete …"):
            delete_document(library, document)
    if document.hidden:
        st.caption(f":material/visibility_off: {told(document.hidden, document.pages)}")
    try:
        if printed:
            show_page(library, document, number)
        else:
            show_text(library, document, number)
    except CasewrightError as error:
        say(error)


try:
    page()
except CasewrightError as error:
    say(error)
