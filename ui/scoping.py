"""Where in a matter to ask, as chosen in the app: documents, kinds, a range of days."""

from collections.abc import Sequence

import streamlit as st

from retrieval.documents import Document
from retrieval.scope import Scope, scope_of


def choose_scope(matter: str, documents: Sequence[Document]) -> Scope:
    """Draws what restricts a question to a part of the matter; gives the part chosen.

    Raises:
        EmptyScope: a range without a day.
    """
    kinds = sorted({document.description.kind for document in documents})
    names = {document.path: _told(document, documents) for document in documents}
    with st.expander("Ask only a part of the case file", icon=":material/filter_alt:"):
        left, middle, first, last = st.columns([3, 2, 1, 1])
        with left:
            chosen = st.multiselect(
                "Documents",
                list(names),
                format_func=names.__getitem__,
                key=f"scope/documents/{matter}",
                placeholder="All",
            )
        with middle:
            of_kinds = st.multiselect(
                "Kinds", kinds, key=f"scope/kinds/{matter}", placeholder="All"
            )
        with first:
            since = st.date_input("From", None, key=f"scope/since/{matter}", format="YYYY-MM-DD")
        with last:
            until = st.date_input("Until", None, key=f"scope/until/{matter}", format="YYYY-MM-DD")
    return scope_of(
        documents=chosen,
        kinds=of_kinds,
        since=since.isoformat() if since else "",
        until=until.isoformat() if until else "",
    )


def _told(document: Document, documents: Sequence[Document]) -> str:
    """A document's name, or its path where another has the same name."""
    alike = [one for one in documents if one.name == document.name]
    return document.name if len(alike) == 1 else document.path
