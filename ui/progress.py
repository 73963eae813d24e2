"""Progress bars on stderr that also tell a job's status."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from retrieval import verdicts
from ui import jobs


class Advance(Protocol):
    """Says that ``done`` of ``of`` steps are done, with a word on the last one."""

    def __call__(self, done: int, of: int, text: str, **figures: Any) -> None:
        """Moves the bar, and the job's status where the command runs as one."""


@contextmanager
def bar(title: str, console: Console) -> Iterator[Advance]:
    """Shows a bar while the block runs; yields what moves it."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[last]}", markup=False),
    )
    with Progress(*columns, console=console) as progress:
        task = progress.add_task(title, total=None, last="")

        def advance(done: int, of: int, text: str, **figures: Any) -> None:
            progress.update(task, completed=done, total=of, last=text)
            jobs.tell(done, of, text, **figures)

        yield advance


@contextmanager
def reading_bar(console: Console) -> Iterator[Callable[[verdicts.Progress], None]]:
    """Shows how far an ingest is, by file and passage, with the time left; yields what moves it."""
    columns = (
        TextColumn("Reading"),
        BarColumn(),
        TextColumn("{task.fields[counted]}"),
        TextColumn("{task.fields[last]}", markup=False),
    )
    started = time.monotonic()
    with Progress(*columns, console=console) as shown:
        task = shown.add_task("Reading", total=1.0, counted="", last="")

        def advance(now: verdicts.Progress) -> None:
            left = _seconds_left(time.monotonic() - started, now.share)
            counted = f"{now.passages:,} passages" + (f", {_lasting(left)} left" if left else "")
            name = Path(now.path).name
            files = f"{now.files} of {now.of} files, {counted}"
            shown.update(task, completed=now.share, counted=files, last=name)
            jobs.tell(
                now.files,
                now.of,
                f"{counted} · {name}",
                passages=now.passages,
                share=round(now.share, 4),
                seconds_left=left,
            )

        yield advance


def _seconds_left(elapsed: float, share: float) -> int | None:
    """What is left at the speed so far; None before anything is known of it, and at the end."""
    return round(elapsed * (1 - share) / share) if 0 < share < 1 else None


def _lasting(seconds: int) -> str:
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
