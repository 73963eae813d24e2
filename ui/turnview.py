"""A question on the page: its answer as it is written, then as checked, or why there is none."""

import streamlit as st

from retrieval.library import Library
from serving.answered import Answer
from ui import answerview, jobs, members, memoview, state
from ui.history import Turn, Writer
from ui.jobs import Job
from ui.members import Person
from ui.prose import plain, prose

DRAW_SECONDS = 0.3  # between two looks at what is being written


def show_turn(library: Library, who: Person, turn: Turn) -> None:
    """Shows what has come of a question so far."""
    job = jobs.find(library.home, who.name, turn.job)
    if not turn.ended and job is not None and job.alive:
        _being_written(library, who, turn)
        return
    if turn.error:
        st.error(plain(turn.error))
    answers = turn.answers
    if len(turn.writers) > 1:
        _compared(library, who, turn, answers)
    elif answers:
        answerview.show_answer(library, who, turn, answers[1])
    else:
        _cut_short(turn, job)


def told(writer: Writer) -> str:
    """Gives who writes, and from what."""
    name = writer.adapter or "Base model"
    return f"{name}, {'from the case file' if writer.retrieve else 'without the case file'}"


def _being_written(library: Library, who: Person, turn: Turn) -> None:
    """The memorandum as it comes; at its end the whole page is drawn anew."""

    @st.fragment(run_every=DRAW_SECONDS)
    def drawn() -> None:
        members.check(library.home, state.person(library.home), turn.matter)
        job = jobs.find(library.home, who.name, turn.job)
        if job is None or not job.alive or turn.ended:
            st.rerun()
        number = len(turn.answers) + 1
        draft, found = turn.draft(number).lstrip(), turn.found(number)
        left, right = st.columns([1.15, 1], gap="large")
        with left:
            prose(memoview.asked(turn.question, turn.typed), key="asked")
            with st.container(horizontal=True, vertical_alignment="center"):
                st.text(_doing(turn, job, number, bool(draft), bool(found)), width="stretch")
                if st.button("Stop", icon=":material/stop_circle:", key="stop"):
                    jobs.stop(job)
            with st.container(key="draft"):
                st.text(draft)
        with right:
            if found:
                st.subheader("Passages")
                prose(memoview.passages(found, to_choose=False), key="passages/found")

    drawn()


def _doing(turn: Turn, job: Job, number: int, writes: bool, found: bool) -> str:
    if job.state == "waiting":
        return "Waiting for its turn: other work is running on this machine …"
    of = f"{number} of {len(turn.writers)}: " if len(turn.writers) > 1 else ""
    if writes:
        return f"{of}Writing …"
    return of + ("Reading the passages …" if found else "Searching the case file …")


def _cut_short(turn: Turn, job: Job | None) -> None:
    """What had been written when the job was stopped, or ended without an answer."""
    if not turn.error:
        if job is not None and job.state == "stopped":
            st.info("Stopped. What had been written by then was not checked.")
        else:
            st.error("The answer ended without a word; ask again.")
    prose(memoview.asked(turn.question, turn.typed), key="asked")
    if draft := turn.draft(1).strip():
        with st.container(key="draft"):
            st.text(draft)
    if found := turn.found(1):
        st.subheader("Passages")
        prose(memoview.passages(found, to_choose=False), key="passages/found")


def _compared(library: Library, who: Person, turn: Turn, answers: dict[int, Answer]) -> None:
    """The answers of several writers beside each other, with what was found of each."""
    prose(memoview.asked(turn.question, turn.typed), key="asked")
    rows = {number: answer for number, answer in answers.items() if answer.text}
    st.dataframe(
        {
            "Written by": [told(turn.writers[number - 1]) for number in rows],
            "Verified": [answer.verified for answer in rows.values()],
            "Sentences": [len(answer.sentences) for answer in rows.values()],
            "Not supported": [
                sum(
                    answer.verdicts.get(verdict, 0)
                    for verdict in ("unsupported", "invalid", "uncited")
                )
                for answer in rows.values()
            ],
            "Five parts in order": ["yes" if answer.complete else "no" for answer in rows.values()],
            "Seconds": [answer.receipt.get("seconds", 0.0) for answer in rows.values()],
        },
        hide_index=True,
    )
    numbers = list(range(1, len(turn.writers) + 1))
    for pair in (numbers[at : at + 2] for at in range(0, len(numbers), 2)):
        for number, column in zip(pair, st.columns(2, gap="large"), strict=False):
            with column, st.container(border=True, height=560):
                st.subheader(plain(told(turn.writers[number - 1])))
                if number in answers:
                    answerview.show_compared(library, who, turn, number, answers[number])
                else:
                    st.text("Not written.")
