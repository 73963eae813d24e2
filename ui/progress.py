"""A progress bar on stderr that also tells a job's status."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

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
