"""A job on a page: how far it is while it runs, and what it said at its end."""

import time
from collections.abc import Callable
from pathlib import Path

import streamlit as st

from ui import jobs
from ui.jobs import Job
from ui.members import Person
from ui.prose import Node, prose

LOG_LINES = 12


def latest(
    home: Path, who: Person, kinds: tuple[str, ...], matter: str | None = None
) -> Job | None:
    """Gives a person's newest job of these commands, in a matter where one is named; or None."""
    return next(
        (
            job
            for job in jobs.jobs(home, who.name)
            if job.kind in kinds and matter in (None, job.matter)
        ),
        None,
    )


def watch(home: Path, job: Job, live: Callable[[Job], None] = lambda job: None) -> None:
    """Shows a job that waits or runs, drawn anew every second; at its end the whole page is.

    ``live`` draws what this kind of job has to show besides.
    """

    @st.fragment(run_every=1)
    def drawn() -> None:
        now = jobs.find(home, job.owner, job.id)
        if now is None or not now.alive:
            st.rerun()
        done, of = now.status.get("done", 0), now.status.get("of", 0)
        st.progress(min(float(now.status.get("share", done / of if of else 0.0)), 1.0))
        with st.container(horizontal=True, vertical_alignment="center"):
            st.text(f"{now.title}: {_far(now)}", width="stretch")
            if st.button("Cancel", key=f"cancel/{job.id}", icon=":material/stop_circle:"):
                jobs.stop(now)
        live(now)

    drawn()


def _far(job: Job) -> str:
    """How far a job is, in words."""
    if job.state == "waiting":
        return "waiting for its turn, other work is running on this machine"
    of = job.status.get("of", 0)
    left = job.status.get("seconds_left")
    parts = (
        f"{job.status.get('done', 0)} of {of}" if of else "starting",
        str(job.status.get("text", "")),
        _lasted(time.time() - job.started),
        "" if left is None else f"about {_lasted(left)} left",
    )
    return " · ".join(part for part in parts if part)


def tail(job: Job) -> list[str]:
    """Gives the last lines of what a job said, progress bars left out."""
    said = [*job.output.splitlines(), *job.log.splitlines()]
    if job.output.startswith("{"):  # a table, for programs
        said = job.log.splitlines()
    return [line.strip() for line in said if line.strip() and "━" not in line][-LOG_LINES:]


ENDS = {
    "done": ("✓", "verified", "done"),
    "failed": ("✕", "invalid", "failed"),
    "stopped": ("○", "uncited", "cancelled"),
}
"""How a job ended -> its sign, its class and its word."""


def ended(job: Job) -> None:
    """Shows what an ended job said."""
    sign, kind, word = ENDS.get(job.state, ENDS["failed"])
    head = Node(
        "p",
        f"fact {kind}",
        children=(Node("span", "sign", sign), Node("span", "", f"{job.title}: {word}")),
    )
    lines = tail(job) or (
        ["it ended without a word; start it again"] if job.state == "failed" else []
    )
    prose([head, *(Node("p", "fact", line) for line in lines)], key=f"ended/{job.id}")


def _lasted(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
