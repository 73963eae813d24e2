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
from ui import memoview
from ui.pageview import show_passage
from ui.prose import Node, plain, prose, say
from ui.recording import record_export
from ui.settings import house_settings
from ui.state import Asked


@st.fragment
def show_answer(library: Library, asked: Asked) -> None:
    """Shows an answer; choosing a citation draws this part of the page alone anew."""
    answer = asked.answer

    def choose(number: int | None) -> None:
        asked.chosen = number

    left, right = st.columns([1.15, 1], gap="large")
    with left:
        _head(library, answer)
        prose(
            [*memoview.question(answer, asked.typed), *memoview.memorandum(answer)],
            key="memorandum",
            on_choose=choose,
        )
        st.caption(plain(_receipt(answer)))
    with right, st.container(key="beside"):
        if not answer.passages:
            st.subheader("No passages")
            st.text("Answered without the case file: no sentence can be checked.")
        elif asked.chosen is None:
            with st.container(horizontal=True, vertical_alignment="center", key="head-right"):
                st.subheader("Passages")
            prose(memoview.passages(answer.passages), key="passages", on_choose=choose)
        else:
            _beside(library, answer, asked.chosen, choose)


def _head(library: Library, answer: Answer) -> None:
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
        for label, suffix in (("Word", "docx"), ("Markdown", "md")):
            st.download_button(
                label,
                partial(exported, library.home, answer, suffix),
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


def exported(home: Path, answer: Answer, suffix: str) -> bytes:
    """Gives the memorandum as a file, made and recorded when it is asked for.

    Raises BadTemplate, BrokenAudit, BadSetting.
    """
    template = house_settings().template
    content = as_docx(answer, template) if suffix == "docx" else as_markdown(answer)
    record_export(home, answer, f".{suffix}", content)
    return content


def _beside(
    library: Library, answer: Answer, chosen: int, choose: Callable[[int | None], None]
) -> None:
    """The chosen passage on its page, and the way to its neighbours."""
    passage = answer.passages[chosen - 1]
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
    heading = (
        Node("span", "number", f"[{chosen}]"),
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
