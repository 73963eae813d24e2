"""A job on a page: how far it is while it runs, and what it said at its end."""

import time
from collections.abc import Callable
from pathlib import Path

import streamlit as st

from ui import jobs
from ui.jobs import Job
from ui.prose import Node, prose

LOG_LINES = 12


def latest(home: Path, title: str) -> Job | None:
    """Gives the newest job whose title begins so, or None."""
    return next((job for job in jobs.jobs(home) if job.title.startswith(title)), None)


def watch(home: Path, job: Job, live: Callable[[Job], None] = lambda job: None) -> None:
    """Shows a running job, drawn anew every second; at its end the whole page is.

    ``live`` draws what this kind of job has to show besides.
    """

    @st.fragment(run_every=1)
    def drawn() -> None:
        now = next((one for one in jobs.jobs(home) if one.id == job.id), job)
        if now.state != "running":
            st.rerun()
        done, of = now.status.get("done", 0), now.status.get("of", 0)
        st.progress(min(done / of, 1.0) if of else 0.0)
        seconds = time.time() - now.started
        counted = f"{done} of {of}" if of else "starting"
        told = " · ".join(
            part for part in (counted, str(now.status.get("text", "")), _lasted(seconds)) if part
        )
        st.text(f"{now.title}: {told}")
        live(now)

    drawn()


def tail(job: Job) -> list[str]:
    """Gives the last lines of a job's log, progress bars left out."""
    lines = [line.strip() for line in job.log.splitlines() if line.strip() and "━" not in line]
    return lines[-LOG_LINES:]


def ended(job: Job) -> None:
    """Shows what an ended job said."""
    sign, kind = ("✓", "verified") if job.state == "done" else ("✕", "invalid")
    word = "done" if job.state == "done" else "failed"
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
