"""Evaluate: what the adapter does and what retrieval does; and what is at fault."""

import json
from pathlib import Path
from typing import Any

import streamlit as st

from retrieval.errors import CasewrightError
from retrieval.library import Library
from ui import jobview, samples, state
from ui.members import NotAllowed, Person
from ui.prose import Node, prose, say

SCORES = ("style score", "fact score")
SIGNS = {"confirmed": ("✓", "verified"), "refuted": ("✕", "invalid")}
"""What became of an expectation -> its sign and its class; else it was not shown."""


def page() -> None:
    """Draws the page."""
    library = state.library(state.settings()[0].home)
    who = state.person(library.home)
    if not who.admin:
        raise NotAllowed("evaluating is for administrators; ask one of them")
    matters = state.matters(library, who)
    st.header("Evaluate")
    if not matters:
        st.text("No matter yet. Add a case file first; then evaluate on it.")
        return
    matter = state.choose_matter(matters)
    proved, fault = st.tabs(["What makes the difference", "What is at fault"])
    with proved:
        _evaluation(library, who, matter)
    with fault:
        _diagnosis(library, who, matter)


def _evaluation(library: Library, who: Person, matter: str) -> None:
    st.caption(
        "The same questions to base model and adapter, with and without the case file: four times "
        "the time of an answer for each question."
    )
    with (
        st.form("evaluate", border=False),
        st.container(horizontal=True, vertical_alignment="bottom"),
    ):
        limit = st.number_input("Questions", 3, 200, 10, width=140)
        made = st.checkbox(
            "Make the questions from the file, by rules",
            value=matter != samples.MATTER_ID,
            help="The sample matter has questions of its own.",
        )
        sent = st.form_submit_button("Evaluate", type="primary")
    if sent:
        arguments = ["evaluate", matter, "--arms", "four", "--limit", str(limit)]
        arguments += ["--make-questions"] if made else []
        state.start_job(library.home, who, f"Evaluating on {matter}", arguments, matter)
        st.rerun()
    job = jobview.latest(library.home, who, ("evaluate",), matter)
    if job is not None and job.alive:
        jobview.watch(library.home, job)
    elif job is not None and job.state != "done":
        jobview.ended(job)
    folder = library.case_file(matter).evaluations
    files = sorted(folder.glob("*/evaluation.json"), key=lambda file: file.stat().st_mtime)
    if files:
        _shown(files[-1])
    elif job is None or not job.alive:
        st.text("Nothing was evaluated on this matter yet.")


def _shown(file: Path) -> None:
    found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    lines = []
    for one in found["findings"]:
        sign, kind = SIGNS.get(one["outcome"], ("○", "uncited"))
        told = f"{one['expected']}: {one['outcome']}, {one['told']}"
        children = (Node("span", "sign", sign), Node("span", "", told))
        lines.append(Node("p", f"fact {kind}", children=children))
    prose(lines, key="findings")
    rows = [
        {"arm": arm, "measure": measure, **row[measure]}
        for arm, row in found["table"].items()
        for measure in SCORES
        if measure in row
    ]
    axis = {"field": "arm", "type": "nominal", "title": None, "sort": None}
    st.vega_lite_chart(
        {
            "data": {"values": rows},
            "facet": {"column": {"field": "measure", "title": None}},
            "spec": {
                "width": 420,
                "height": {"step": 34},
                "layer": [
                    {
                        "mark": {"type": "rule", "strokeWidth": 3, "color": "#a9b7cb"},
                        "encoding": {
                            "y": axis,
                            "x": {"field": "low", "type": "quantitative", "title": "mean, 95 %"},
                            "x2": {"field": "high"},
                        },
                    },
                    {
                        "mark": {"type": "point", "filled": True, "size": 90, "color": "#1f3a5f"},
                        "encoding": {"y": axis, "x": {"field": "mean", "type": "quantitative"}},
                    },
                ],
            },
        }
    )
    st.dataframe(
        {
            "Effect of": [one["what"] for one in found["effects"]],
            "On": [one["measure"] for one in found["effects"]],
            "Mean": [one["effect"]["mean"] for one in found["effects"]],
            "From": [one["effect"]["low"] for one in found["effects"]],
            "To": [one["effect"]["high"] for one in found["effects"]],
            "Questions": [one["effect"]["questions"] for one in found["effects"]],
        },
        hide_index=True,
        column_config={
            name: st.column_config.NumberColumn(format="%.2f") for name in ("Mean", "From", "To")
        },
    )


def _diagnosis(library: Library, who: Person, matter: str) -> None:
    st.caption(
        "A question that was answered badly is asked again in other ways: which of prompt, "
        "retrieval, adapter, model and file is at fault, and what to do next."
    )
    with st.form("diagnose", border=False):
        question = st.text_input("The question", max_chars=500)
        fact = st.text_input(
            "What a right answer states", max_chars=200, placeholder="$45,600.00", help="One fact."
        )
        sent = st.form_submit_button("Find the fault")
    if sent and question.strip():
        facts = ["--fact", fact.strip()] if fact.strip() else []
        arguments = ["diagnose", *facts, "--", matter, question.strip()]
        state.start_job(library.home, who, f"Diagnosis on {matter}", arguments, matter)
        st.rerun()
    job = jobview.latest(library.home, who, ("diagnose",), matter)
    if job is None:
        return
    if job.alive:
        jobview.watch(library.home, job)
    else:
        jobview.ended(job)


try:
    page()
except CasewrightError as error:
    say(error)
