"""Ask a matter; read the memorandum beside the passages that it rests on."""

import time
from collections.abc import Sequence

import streamlit as st

from retrieval.errors import CasewrightError
from retrieval.library import Library
from retrieval.search import EMPTY, EmptyQuestion
from serving import adapters
from serving.settings import ModelSettings
from ui import conversation, history, state
from ui.history import Turn, Writer
from ui.members import Person
from ui.prose import plain, say
from ui.scoping import choose_scope
from ui.turnview import show_turn

LEFT_OFF_HOURS = 12
"""A new session opens what was asked in this time: a page that is loaded again loses nothing."""


def page() -> None:
    """Draws the page."""
    library_settings, model = state.settings()
    library = state.library(library_settings.home)
    who = state.person(library.home)
    matters = state.matters(library, who)
    if not matters:
        _first_steps(who)
        return
    _where_left_off(library, who, matters)
    left, right = st.columns([1, 1.3])
    with left:
        matter = state.choose_matter(matters)
    with right:
        adapter = _choose_writer(library, model)
    with st.container(horizontal=True, key="how"):
        retrieve = st.toggle(
            "From the case file",
            value=True,
            help="Off: the model answers from its own weights, with nothing to check against.",
        )
        anyway = st.toggle(
            "Answer on weak evidence",
            help="Off: where the case file does not seem to hold it, no model is asked.",
        )
        compare = st.toggle(
            "Compare",
            help="The same question to adapter and base model, with and without the case file.",
        )
    scope = choose_scope(matter, library.documents(matter))
    turn = _open_turn(library, who, matter)
    typed, alone = _ask_for_question(library, who, matter, turn)
    if typed is None:
        if turn is None:
            st.caption(
                "The answer is a memorandum. Each sentence is checked against the passages that it "
                "cites; choose a citation to see its page."
            )
        else:
            show_turn(library, who, turn)
        return
    if not any(character.isalnum() for character in typed):
        raise EmptyQuestion(EMPTY)
    scope.of(library.documents(matter))  # what cannot be asked is told at once
    before = turn if turn is not None and not alone else None
    earlier = [] if before is None else [*before.earlier, before.question]
    asked = history.begin(
        library,
        matter,
        who.name,
        typed=typed,
        question=conversation.asked_as(library, matter, typed, earlier).question,
        earlier=earlier,
        conversation="" if before is None else before.conversation,
        writers=_writers(library, adapter) if compare else [Writer(adapter, retrieve)],
        anyway=anyway,
        scope=scope,
    )
    walled = ["--walled"] if who.walled else []
    job = state.start_job(
        library.home, who, f"Asking {matter}", ["answer-turn", matter, asked.id, *walled], matter
    )
    history.keep_job(asked, job.id)
    _opened()[matter] = asked.id
    st.rerun()


def _first_steps(who: Person) -> None:
    st.header("No matter yet")
    if who.walled and not who.admin:
        st.write("An administrator makes you a member of your matters; then ask them here.")
        return
    st.write("Add a case file first; then ask it here.")
    st.page_link("pages/case_files.py", label="Go to Case files", icon=":material/arrow_forward:")


def _opened() -> dict[str, str]:
    """The turn that this session looks at in each matter, by id; empty for none."""
    kept: dict[str, str] = st.session_state.setdefault("opened", {})
    return kept


def _where_left_off(library: Library, who: Person, matters: Sequence[str]) -> None:
    """At the start of a session, opens what was asked last, if it was lately."""
    if "opened" in st.session_state:
        return
    found = [
        turns[0] for matter in matters if (turns := history.turns(library.home, matter, who.name))
    ]
    for turn in sorted(found, key=lambda one: one.at):
        if time.time() - turn.at < LEFT_OFF_HOURS * 3600:
            _opened()[turn.matter] = turn.id
            st.session_state.setdefault("matter", turn.matter)
            st.session_state["matter"] = turn.matter
    _opened()


def _open_turn(library: Library, who: Person, matter: str) -> Turn | None:
    """The turn that is looked at in a matter; None where none is, or it is gone."""
    turn = _opened().get(matter)
    if not turn:
        return None
    try:
        return history.read(library.home, matter, who.name, turn)
    except history.TurnGone:
        _opened().pop(matter)
        return None


def _choose_writer(library: Library, model: ModelSettings) -> str | None:
    found = adapters.adapters(library.home)[::-1]
    live = next((adapter.name for adapter in found if adapter.promoted), None)
    names: list[str | None] = [*(adapter.name for adapter in found), None]

    def told(name: str | None) -> str:
        if name is None:
            return f"Base model {model.base}"
        return f"{name} (promoted)" if name == live else name

    return st.selectbox("Written by", names, index=names.index(live), format_func=told)


def _writers(library: Library, adapter: str | None) -> list[Writer]:
    """The writers of a comparison: the adapter, or the promoted one, and the base model."""
    promoted = adapters.promoted(library.home)
    name = adapter or (promoted.name if promoted else None)
    written_by = [None] if name is None else [name, None]
    return [Writer(one, retrieve) for one in written_by for retrieve in (True, False)]


def _ask_for_question(
    library: Library, who: Person, matter: str, turn: Turn | None
) -> tuple[str | None, bool]:
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
        if turn is not None:
            alone = st.checkbox(
                "Ask as typed",
                help="Off: a question that follows on, as “And the deposit?”, is completed from "
                "the ones before it, and shown as it is asked.",
            )
    if not sent:
        with st.container(horizontal=True, vertical_alignment="center", key="conversation"):
            if turn is not None:
                st.caption(plain(f"Follows: {turn.question}"), width="stretch")
                st.button(
                    "New conversation",
                    icon=":material/restart_alt:",
                    type="tertiary",
                    on_click=_opened().__setitem__,
                    args=(matter, ""),
                )
            _earlier(history.turns(library.home, matter, who.name), matter)
    return (question if sent else None), alone


def _earlier(turns: Sequence[Turn], matter: str) -> None:
    """What this user asked in this matter before, each to be opened again."""
    if not turns:
        return
    with st.popover(f"Earlier questions ({len(turns)})", icon=":material/history:"):
        for turn in turns:
            day = time.strftime("%d %b %Y, %H:%M", time.localtime(turn.at))
            st.button(
                plain(turn.typed),
                key=f"earlier/{turn.id}",
                help=day,
                type="tertiary",
                on_click=_opened().__setitem__,
                args=(matter, turn.id),
            )


try:
    page()
except CasewrightError as error:
    say(error)
