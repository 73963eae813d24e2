"""What the pages share: settings, the library, engines, and which matter is looked at.

Engines and the library's embedder are shared by all sessions: they hold models, no user's data.
What belongs to a user lives in ``st.session_state``.
"""

from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from retrieval.library import Library
from retrieval.settings import LibrarySettings
from retrieval.store import ServerAddress
from serving.answered import Answer
from serving.engine import Engine
from serving.settings import ModelSettings
from ui.asking import engine_for
from ui.settings import library_settings, model_settings, server_address, vllm_server


@dataclass(slots=True)
class Asked:
    """An answer on the page and the passage that the reader chose of it."""

    answer: Answer
    chosen: int | None = None
    typed: str = ""
    """The question as it was typed, where it was asked in other words; else empty."""


def settings() -> tuple[LibrarySettings, ModelSettings]:
    """Gives the settings. Raises BadSetting."""
    return library_settings(), model_settings()


def library(home: Path) -> Library:
    """Gives the library of a home, with its embedder loaded once. Raises BadSetting."""
    return _library(home, server_address())


def engine(home: Path, model: ModelSettings, adapter: str | None) -> Engine:
    """Gives a running engine for an adapter by its full name, or for the base model (None).

    Raises:
        ModelUnavailable: as ``engine_for``.
    """
    return _engine(home, model.model_dump_json(), adapter)


def forget_engine(home: Path, model: ModelSettings, adapter: str | None) -> None:
    """Drops an engine that did not answer, so that the next question starts another."""
    _engine.clear(home, model.model_dump_json(), adapter)


def answers() -> dict[str, Asked]:
    """Gives this session's last answer in each matter."""
    kept: dict[str, Asked] = st.session_state.setdefault("answers", {})
    return kept


def conversation(matter: str) -> list[str]:
    """Gives the questions asked in a matter in this session, the oldest first; to be added to."""
    kept: dict[str, list[str]] = st.session_state.setdefault("conversations", {})
    return kept.setdefault(matter, [])


def choose_matter(found: list[str], label: str = "Matter") -> str:
    """Shows the choice of a matter, the same on every page; gives its name."""
    kept = st.session_state.get("matter")
    chosen = st.selectbox(label, found, index=found.index(kept) if kept in found else 0)
    st.session_state["matter"] = chosen
    return chosen


@st.cache_resource(show_spinner=False)
def _library(home: Path, server: ServerAddress | None) -> Library:
    return Library(home, server=server)


# Two engines: a lawyer compares base and adapter; more would only fill the memory.
@st.cache_resource(max_entries=2, show_spinner=False, on_release=lambda engine: engine.close())
def _engine(home: Path, model_json: str, adapter: str | None) -> Engine:
    model = ModelSettings.model_validate_json(model_json)
    return engine_for(home, model, vllm_server(), adapter=adapter, base_only=adapter is None)[0]
