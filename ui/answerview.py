"""An answer on the page: the memorandum, and beside it its passages or the page of one."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import streamlit as st

from retrieval.errors import CasewrightError
from retrieval.evidence import ABSTAINED, WEAK
from retrieval.library import Library
from serving.answered import Answer
from serving.memo_docx import as_docx
from serving.memo_file import check_template
from serving.memo_markdown import as_markdown
from serving.outputs import told
from serving.prompts import OTHER_FORM
from serving.questions import UNANSWERED
from ui import members, memoview, state
from ui.history import Turn
from ui.members import Person
from ui.pageview import show_passage
from ui.prose import Node, plain, prose, say
from ui.recording import record_export
from ui.settings import house_settings


@st.fragment
def show_answer(library: Library, who: Person, turn: Turn, answer: Answer) -> None:
    """Shows an answer; choosing a citation draws this part of the page alone anew."""
    members.check(library.home, state.person(library.home), turn.matter)
    chosen: dict[str, int | None] = st.session_state.setdefault("chosen", {})

    def choose(number: int | None) -> None:
        chosen[turn.id] = number

    left, right = st.columns([1.15, 1], gap="large")
    with left:
        _head(library, who, answer)
        prose(
            [*memoview.asked(answer.question, turn.typed), *memoview.memorandum(answer)],
            key=f"memorandum/{turn.id}",
            on_choose=choose,
        )
        st.caption(plain(_receipt(answer)))
    with right, st.container(key="beside"):
        number = chosen.get(turn.id)
        if not answer.passages:
            st.subheader("No passages")
            st.text("Answered without the case file: no sentence can be checked.")
        elif number is None:
            with st.container(horizontal=True, vertical_alignment="center", key="head-right"):
                st.subheader("Passages")
            prose(memoview.passages(answer.passages), key=f"passages/{turn.id}", on_choose=choose)
        else:
            _beside(library, answer, number, choose)


def show_compared(library: Library, who: Person, turn: Turn, number: int, answer: Answer) -> None:
    """Shows one of several answers to a question; a citation opens its page over them."""
    if answer.fault:
        st.error(plain(answer.fault), icon=":material/error:")

    def choose(passage: int) -> None:
        st.session_state["over"] = (turn.id, number, passage)

    prose([memoview.legend(answer)], key=f"legend/{turn.id}/{number}")
    prose(memoview.memorandum(answer), key=f"memorandum/{turn.id}/{number}", on_choose=choose)
    match st.session_state.get("over"):
        case (turn.id, _number, passage) if _number == number:
            del st.session_state["over"]
            _over(library, who, answer, passage)


@st.dialog("The page that is cited", width="large")
def _over(library: Library, who: Person, answer: Answer, number: int) -> None:
    members.check(library.home, who, answer.passages[number - 1].matter_id)
    _source(library, answer, number)


def _head(library: Library, who: Person, answer: Answer) -> None:
    if answer.fault:
        st.error(plain(answer.fault), icon=":material/error:")
    if not answer.text:
        return
    try:
        check_template(house_settings().template)
    except CasewrightError as error:
        say(error)
        return
    with st.container(horizontal=True, vertical_alignment="center", key="head-left"):
        st.subheader(memoview.tally(answer), width="stretch")
        prose([memoview.copy_button(as_markdown(answer).decode())], key="copy")
        for label, suffix in (("Word", "docx"), ("Markdown", "md")):
            st.download_button(
                label,
                partial(exported, library.home, answer, suffix, who.name),
                f"memorandum.{suffix}",
                icon=":material/download:",
                type="tertiary",
                on_click="ignore",
            )
    prose([memoview.legend(answer)], key="legend")
    if answer.other_form:
        st.warning(OTHER_FORM, icon=":material/model_training:")
    for question in answer.unanswered:
        st.warning(plain(f"{UNANSWERED}{question}"), icon=":material/help:")
    if answer.weak:
        st.warning(plain(ABSTAINED if answer.abstained else WEAK), icon=":material/help:")


def exported(home: Path, answer: Answer, suffix: str, by: str) -> bytes:
    """Gives the memorandum as a file, made and recorded when it is asked for.

    Raises BadTemplate, BrokenAudit, BadSetting.
    """
    template = house_settings().template
    content = as_docx(answer, template) if suffix == "docx" else as_markdown(answer)
    record_export(home, answer, f".{suffix}", content, by=by)
    return content


def _beside(
    library: Library, answer: Answer, chosen: int, choose: Callable[[int | None], None]
) -> None:
    """The chosen passage on its page, and the way to its neighbours."""
    count = len(answer.passages)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            "All passages",
            icon=":material/arrow_back:",
            type="tertiary",
            on_click=choose,
            args=(None,),
        )
        st.space("stretch")
        st.button(
            "Previous", type="tertiary", disabled=chosen == 1, on_click=choose, args=(chosen - 1,)
        )
        st.button(
            "Next", type="tertiary", disabled=chosen == count, on_click=choose, args=(chosen + 1,)
        )
    _source(library, answer, chosen)


def _source(library: Library, answer: Answer, number: int) -> None:
    """A passage on its page, under its place."""
    passage = answer.passages[number - 1]
    heading = (
        Node("span", "number", f"[{number}]"),
        Node("span", "", f" {passage.place}"),
    )
    prose([Node("p", "source", children=heading)], key="source")
    try:
        show_passage(library, passage)
    except CasewrightError as error:
        say(error)


def _receipt(answer: Answer) -> str:
    receipt = answer.receipt
    if answer.abstained:
        return "Written by rule from what the search found; no model was asked"
    if "seconds" not in receipt:
        return ""
    writer = receipt.get("adapter") or f"base model {receipt.get('base')}"
    taken_out = told(receipt.get("taken_out", {}))
    return (
        f"Written by {writer} in {receipt['seconds']:.0f} s "
        f"({receipt['tokens_per_second']:.0f} tokens/s), prompt {receipt['prompt'][:8]}"
        + (f"; taken out of it: {taken_out}" if taken_out else "")
    )
