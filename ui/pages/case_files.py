"""Case files: make a matter, add to it, read it, make tables of it, delete from it."""

from pathlib import Path

import streamlit as st

from retrieval.documents import Document
from retrieval.errors import CasewrightError
from retrieval.hidden import told
from retrieval.library import Library
from ui import jobview, members, samples, state, tableview, uploads
from ui.deleting import delete_document, delete_matter
from ui.describing import describe_document
from ui.members import NotAllowed, Person
from ui.pageview import show_page, show_text
from ui.prose import Node, plain, prose, say

READING = ("ingest", "describe")
"""The commands whose jobs this page starts."""

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
    who = state.person(library.home)
    matters = state.matters(library, who)
    running = _show_job(library.home, who, matters)
    if not matters:
        _first_run(library, who, running)
        return
    left, right = st.columns([2.1, 1], gap="large")
    with left:
        matter = state.choose_matter(matters)
        documents = library.documents(matter)
        listed, chronology, review = st.tabs(["Documents", "Chronology", "Review"])
        with listed:
            _table(documents)
            if documents:
                _reader(library, who, documents)
        with chronology:
            tableview.show_chronology(library, who, matter)
        with review:
            tableview.show_review(library, who, matter)
    with right:
        _add(library, who, matter)
        if samples.MATTER_ID not in matters:
            _add_sample(library, who, running)
        st.divider()
        if st.button("Delete this matter …", type="tertiary"):
            delete_matter(library, who, matter, len(documents))


def _first_run(library: Library, who: Person, running: bool) -> None:
    if not _makes_matters(who):
        st.header("No matter yet")
        st.write("An administrator makes you a member of your matters.")
        return
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
        _add_sample(library, who, running)
    with right:
        _add(library, who, "")


def _makes_matters(who: Person) -> bool:
    """Whether a person may make matters: behind walls, who may not would learn of taken names."""
    return who.admin or not who.walled


def _show_job(home: Path, who: Person, matters: list[str]) -> bool:
    """Shows the newest reading job; gives whether it runs."""
    job = jobview.latest(home, who, READING)
    if job is None or (job.matter not in matters and not job.alive):
        return False
    if job.alive:
        st.session_state["watched"] = job.id
        jobview.watch(home, job)
        return True
    # What ended before this session is history; what was watched is told once it ended.
    if st.session_state.get("watched") == job.id:
        jobview.ended(job)
    return False


def _start(library: Library, who: Person, matter: str, paths: list[Path]) -> None:
    count = "1 file" if len(paths) == 1 and paths[0].is_file() else f"{len(paths)} files"
    what = "the sample matter" if paths == [samples.MATTER] else count
    state.start_job(
        library.home,
        who,
        f"Reading {what} into {matter}",
        ["ingest", matter, *map(str, paths)],
        matter,
    )
    st.session_state["matter"] = matter


def _open_to(library: Library, who: Person, matter: str) -> None:
    """Makes sure that a person may add to a matter; a new one's first member is who makes it.

    Raises:
        UnknownMatter, NotAllowed, BrokenMembers: they may not.
    """
    if not who.walled or members.may_see(library.home, who, matter):
        return
    if not _makes_matters(who):
        members.check(library.home, who, matter)
    if matter in [one.id for one in library.matters()]:
        raise NotAllowed(f"{matter}: there is this matter, and you are no member of it")
    members.change(library.home, lambda now: now.with_member(matter, who.name, True))


def _add_sample(library: Library, who: Person, running: bool) -> None:
    if not _makes_matters(who):
        return
    st.caption("To try Casewright first: a lease dispute, invented, in 17 documents.")
    if st.button("Add the sample matter", disabled=running):
        _open_to(library, who, samples.MATTER_ID)
        _start(library, who, samples.MATTER_ID, [samples.MATTER])
        st.rerun()


def _add(library: Library, who: Person, matter: str) -> None:
    new = _makes_matters(who)
    folder = st.toggle("A whole folder", help="Choose a folder in place of single files.")
    with st.form("add", clear_on_submit=True, border=True):
        st.subheader("Add files")
        name = st.text_input(
            "Matter",
            value=matter,
            placeholder="Smith v. Jones",
            help="A new name makes a new matter." if new else None,
            disabled=not new,
        )
        files = st.file_uploader(
            "Files",
            accept_multiple_files="directory" if folder else True,
            label_visibility="collapsed",
        )
        sent = st.form_submit_button("Add to the matter", type="primary", width="stretch")
    if not sent:
        return
    try:
        named = uploads.matter_name(name if new else matter)
        if not files:
            st.warning("No file is chosen; choose one or more.")
            return
        _open_to(library, who, named)
        _start(library, who, named, uploads.keep(library.home, named, files))
    except CasewrightError as error:
        say(error)
        return
    st.rerun()


def _table(documents: list[Document]) -> None:
    names = {document.path: document.name for document in documents}
    st.dataframe(
        {
            "Document": [document.name for document in documents],
            "Title": [document.description.title or "" for document in documents],
            "Kind": [document.description.kind for document in documents],
            "Date": [document.description.date or "" for document in documents],
            "Pages": [document.pages for document in documents],
            "Passages": [document.passages for document in documents],
            "Like": [
                "" if document.near is None else names.get(document.near.other, "another")
                for document in documents
            ],
        },
        hide_index=True,
        height="content" if len(documents) < 9 else 320,
        column_config={"Document": st.column_config.TextColumn(width="large")},
        placeholder="No documents yet",
    )


def _reader(library: Library, who: Person, documents: list[Document]) -> None:
    matter = documents[0].matter_id
    paths = [document.path for document in documents]
    kept = f"read/{matter}"
    if st.session_state.get(kept) not in paths:
        st.session_state[kept] = paths[0]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        path = st.selectbox("Read", paths, format_func=lambda one: Path(one).name, key=kept)
        document = documents[paths.index(path)]
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
            describe_document(library.home, who, document)
        if st.button("Delete …"):
            delete_document(library, who, document)
    if document.near is not None:
        _near(document, paths, kept)
    if document.hidden:
        st.caption(f":material/visibility_off: {told(document.hidden, document.pages)}")
    try:
        if printed:
            show_page(library, document, number)
        else:
            show_text(library, document, number)
    except CasewrightError as error:
        say(error)


def _near(document: Document, paths: list[str], kept: str) -> None:
    """What a document is nearly the same as, and the way there."""
    near = document.near
    assert near is not None
    name = Path(near.other).name
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(plain(f"{near.relation} {name} ({100 * near.share:.0f} % of the words)"))
        if near.other in paths:
            st.button(
                "Read the other",
                type="tertiary",
                on_click=st.session_state.__setitem__,
                args=(kept, near.other),
            )


try:
    page()
except CasewrightError as error:
    say(error)
