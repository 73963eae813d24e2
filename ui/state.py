"""What the pages share: settings, the library, who sits there, and what is looked at.

The library's embedder is shared by all sessions: it holds a model, no user's data. What belongs to
a user lives in ``st.session_state`` or on disk behind that user's name.
"""

from collections.abc import Sequence
from pathlib import Path

import streamlit as st

from retrieval.library import Library
from retrieval.settings import LibrarySettings
from retrieval.store import ServerAddress
from serving.settings import ModelSettings
from ui import jobs, members, signin
from ui.jobs import Job
from ui.members import Person
from ui.settings import library_settings, model_settings, server_address


def settings() -> tuple[LibrarySettings, ModelSettings]:
    """Gives the settings. Raises BadSetting."""
    return library_settings(), model_settings()


def library(home: Path) -> Library:
    """Gives the library of a home, with its embedder loaded once. Raises BadSetting."""
    return _library(home, server_address())


def person(home: Path) -> Person:
    """Gives who sits before the app. Raises as ``signin.person``."""
    return signin.person(home)


def matters(library: Library, who: Person) -> list[str]:
    """Gives the names of the matters that a person may know of. Raises BrokenMembers."""
    return members.seen(library.home, who, [matter.id for matter in library.matters()])


def start_job(home: Path, who: Person, title: str, arguments: Sequence[str], matter: str) -> Job:
    """Starts a job of a person; the page watches it from here on. Raises BadSetting."""
    most = library_settings().jobs
    job = jobs.start(home, title, arguments, owner=who.name, matter=matter, most=most)
    st.session_state["watched"] = job.id
    return job


def choose_matter(found: list[str], label: str = "Matter") -> str:
    """Shows the choice of a matter, the same on every page; gives its name."""
    kept = st.session_state.get("matter")
    chosen = st.selectbox(label, found, index=found.index(kept) if kept in found else 0)
    st.session_state["matter"] = chosen
    return chosen


@st.cache_resource(show_spinner=False)
def _library(home: Path, server: ServerAddress | None) -> Library:
    return Library(home, server=server)
