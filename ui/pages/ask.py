"""Ask a matter; read the memorandum beside the passages that it rests on."""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import streamlit as st

from retrieval.documents import Passage, RankedPassage
from retrieval.errors import CasewrightError, ModelUnavailable
from retrieval.library import Library
from serving import adapters
from serving.answer import ask_matter
from serving.answered import Answer, BrokenOff
from serving.how import How
from serving.settings import ModelSettings
from ui import conversation, memoview, state
from ui.answerview import show_answer
from ui.asking import how_to_ask
from ui.prose import plain, prose, say
from ui.recording import recorded_ask
from ui.scoping import choose_scope

DRAW_SECONDS = 0.08  # between two drawings of the text that streams in


class NothingFound(CasewrightError):
    """A question that nothing in the matter can answer."""


def page() -> None:
    """Draws the page."""
    library_settings, model = state.settings()
    library = state.library(library_settings.home)
    matters = [matter.id for matter in library.matters()]
    if not matters:
        _first_steps()
        return
    left, middle, right = st.columns([1.1, 1.4, 1], vertical_alignment="bottom")
    with left:
        matter = state.choose_matter(matters)
    with middle:
        adapter = _choose_writer(library, model)
    with right:
        retrieve = st.toggle(
            "From the case file",
            value=True,
            help="Off: the model answers from its own weights, with nothing to check against.",
        )
        anyway = st.toggle(
            "Answer on weak evidence",
            help="Off: where the case file does not seem to hold it, no model is asked.",
        )
    scope = choose_scope(matter, library.documents(matter))
    before = state.conversation(matter)
    typed, alone = _ask_for_question(matter, before)
    if typed is not None:
        state.answers().pop(matter, None)
        earlier = [] if alone else before
        now = conversation.asked_as(library, matter, typed, earlier).question
        passages = library_settings.passages
        how = how_to_ask(model, passages, adapter, retrieve=retrieve, anyway=anyway, scope=scope)
        origin = conversation.origin(typed, earlier)
        answer = _written(library, matter, now, origin, model, how)
        if answer is not None:
            state.answers()[matter] = state.Asked(answer, typed=typed if typed != now else "")
            before.append(now)
            st.rerun()
    elif asked := state.answers().get(matter):
        show_answer(library, asked)
    else:
        st.caption(
            "The answer is a memorandum. Each sentence is checked against the passages that it "
            "cites; choose a citation to see its page."
        )


def _first_steps() -> None:
    st.header("No matter yet")
    st.write("Add a case file first; then ask it here.")
    st.page_link("pages/case_files.py", label="Go to Case files", icon=":material/arrow_forward:")


def _choose_writer(library: Library, model: ModelSettings) -> str | None:
    found = adapters.adapters(library.home)[::-1]
    live = next((adapter.name for adapter in found if adapter.promoted), None)
    names: list[str | None] = [*(adapter.name for adapter in found), None]

    def told(name: str | None) -> str:
        if name is None:
            return f"Base model {model.base}"
        return f"{name} (promoted)" if name == live else name

    return st.selectbox("Written by", names, index=names.index(live), format_func=told)


def _ask_for_question(matter: str, before: Sequence[str]) -> tuple[str | None, bool]:
    """The question that was sent, if one was, and whether it is to be asked just as typed."""
    alone = False
    with st.form(f"ask/{matter}", border=False, enter_to_submit=True):
        words, button = st.columns([7, 1], vertical_alignment="bottom")
        with words:
            question = st.text_area(
                "Question",
                height=72,
                max_chars=2000,
                placeholder="What must the other side prove, and what speaks against it?",
            )
        with button:
            sent = st.form_submit_button("Ask", type="primary", width="stretch")
        if before:
            alone = st.checkbox(
                "Ask as typed",
                help="Off: a question that follows on, as “And the deposit?”, is completed from "
                "the ones before it, and shown as it is asked.",
            )
    if before and not sent:
        _tell_conversation(matter, before)
    return (question if sent else None), alone


def _tell_conversation(matter: str, before: Sequence[str]) -> None:
    """What the next question follows, and the way to begin anew."""

    def forget() -> None:
        state.conversation(matter).clear()
        state.answers().pop(matter, None)

    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(plain(f"Follows: {before[-1]}"), width="stretch")
        st.button(
            "New conversation", icon=":material/restart_alt:", type="tertiary", on_click=forget
        )


def _written(
    library: Library,
    matter: str,
    question: str,
    origin: Mapping[str, Any],
    model: ModelSettings,
    how: How,
) -> Answer | None:
    """Streams the memorandum in; an error is one line.

    Where the model breaks off, the answer is what came of it, with the passages found.
    """
    failed = st.container()
    left, right = st.columns([1.15, 1], gap="large")
    with left, st.container(key="draft"):
        draft = st.empty()
        draft.text("Searching the case file …")
    given: list[Passage] = []

    def found(ranked: Sequence[RankedPassage]) -> None:
        if not how.retrieve:
            return
        if not ranked:
            raise NothingFound(
                f"{matter}: nothing in the case file answers this; add documents to it"
            )
        given.extend(one.passage for one in ranked)
        with right:
            st.subheader("Passages")
            prose(memoview.passages(given, to_choose=False), key="passages/found")
        draft.text("Reading the passages …")

    try:
        with recorded_ask(library.home, matter, question, origin) as recorder:
            answer = recorder.answer = ask_matter(
                library,
                matter,
                question,
                state.engine(library.home, model, how.adapter),
                how,
                origin=origin,
                on_passages=found,
                on_text=_drawn_on(draft.text),
            )
            if not answer.text:
                raise ModelUnavailable("the model wrote nothing; ask again in other words")
    except BrokenOff as error:
        state.forget_engine(library.home, model, how.adapter)
        return error.answer
    except CasewrightError as error:
        if isinstance(error, ModelUnavailable):
            state.forget_engine(library.home, model, how.adapter)
        draft.empty()
        with failed:
            say(error)
        return None
    return answer


def _drawn_on(draw: Callable[[str], object]) -> Callable[[str], None]:
    """Gives what draws the whole text so far with each piece, but not too often."""
    parts: list[str] = []
    last = 0.0

    def more(text: str) -> None:
        nonlocal last
        parts.append(text)
        if time.monotonic() - last > DRAW_SECONDS:
            draw("".join(parts).lstrip())
            last = time.monotonic()

    return more


try:
    page()
except CasewrightError as error:
    say(error)
