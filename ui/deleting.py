"""Deleting a document or a matter, after a plain question."""

import streamlit as st

from retrieval.documents import Document
from retrieval.errors import CasewrightError
from retrieval.library import Library
from ui import deletions
from ui.members import Person
from ui.prose import plain, say


@st.dialog("Delete a document")
def delete_document(library: Library, who: Person, document: Document) -> None:
    """Asks, then deletes a document with the upload that it came from."""
    st.text(
        f"{document.name} leaves {document.matter_id}: its original, its text and its passages."
    )
    if _confirmed("Delete the document"):
        try:
            done, entry = deletions.delete_document(
                library, document.matter_id, document.path, by=who.name
            )
        except CasewrightError as error:
            say(error)
            return
        st.toast(plain(deletions.certificate(done, entry)), duration="long")
        st.rerun()


@st.dialog("Delete a matter")
def delete_matter(library: Library, who: Person, matter: str, count: int) -> None:
    """Asks, then deletes a matter of ``count`` documents with all that belongs to it."""
    st.text(f"{matter} is deleted with its {count} documents. This cannot be undone.")
    if _confirmed("Delete the matter"):
        try:
            done, entry = deletions.delete_matter(library, matter, by=who.name)
        except CasewrightError as error:
            say(error)
            return
        st.toast(plain(deletions.certificate(done, entry)), duration="long")
        st.rerun()


def _confirmed(label: str) -> bool:
    with st.container(horizontal=True):
        if st.button("Keep"):
            st.rerun()
        return st.button(label, type="primary")
