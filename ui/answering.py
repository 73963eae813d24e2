"""The job that answers a question of the app: its text is on disk as it comes.

``casewright answer-turn MATTER TURN``, which only the app starts (``ui.jobs``). The question is
read from ``ui.history``, where the answer goes too.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from retrieval.errors import CasewrightError, ModelUnavailable
from ui import conversation
from ui.members import Person, check
from ui.options import MatterName
from ui.settings import library_settings, model_settings, open_library, vllm_server

if TYPE_CHECKING:
    from retrieval.documents import RankedPassage
    from retrieval.library import Library
    from serving.engine import Engine
    from ui.history import Turn, Writer


class NothingFound(CasewrightError):
    """A question that nothing in the matter can answer."""


def add_to(app: typer.Typer) -> None:
    """Adds the command, which is not for people."""
    app.command("answer-turn", hidden=True)(answer_turn)


def answer_turn(
    matter: MatterName,
    turn: Annotated[str, typer.Argument(help="The question, by its id in the history.")],
    walled: Annotated[bool, typer.Option("--walled", help="Membership counts.")] = False,
) -> None:
    """Answer a question that the app has kept."""
    from ui import history
    from ui.asking import engine_for
    from ui.recording import who

    library, user = open_library(), who()
    asked = history.read(library.home, matter, user, turn)
    try:
        check(library.home, Person(user, admin=False, walled=walled), matter)
        named = next((one.adapter for one in asked.writers if one.adapter), None)
        # The model loads in a thread from here on, while the rest is imported and searched.
        engine, _ = engine_for(
            library.home,
            model_settings(),
            vllm_server(),
            adapter=named,
            base_only=named is None,
        )
        for number, writer in enumerate(asked.writers, start=1):
            _answer(library, engine, asked, number, writer)
    except CasewrightError as error:
        if not asked.answers.get(len(asked.writers)):  # what broke off says so itself
            history.keep_error(asked, str(error))
        raise


def _answer(
    library: "Library", engine: "Engine", turn: "Turn", number: int, writer: "Writer"
) -> None:
    """Lets a writer answer and keeps it; raises as ``ask_matter``, what came of it kept."""
    from serving.answer import ask_matter
    from serving.answered import BrokenOff
    from ui import history
    from ui.asking import how_to_ask
    from ui.recording import recorded_ask

    how = how_to_ask(
        model_settings(),
        library_settings().passages,
        writer.adapter,
        retrieve=writer.retrieve,
        anyway=turn.anyway,
        scope=turn.scope,
    )
    origin = conversation.origin(turn.typed, turn.earlier)

    def found(ranked: "Sequence[RankedPassage]") -> None:
        if not writer.retrieve:
            return
        if not ranked:
            raise NothingFound(
                f"{turn.matter}: nothing in the case file answers this; add documents to it"
            )
        history.keep_passages(library, turn, number, (one.passage for one in ranked))

    try:
        with (
            recorded_ask(library.home, turn.matter, turn.question, origin) as recorder,
            _draft(turn, number) as write,
        ):
            answer = recorder.answer = ask_matter(
                library,
                turn.matter,
                turn.question,
                engine,
                how,
                origin=origin,
                on_passages=found,
                on_text=write,
            )
            if not answer.text:
                raise ModelUnavailable("the model wrote nothing; ask again in other words")
    except BrokenOff as error:
        history.keep_answer(library, turn, number, error.answer)
        raise
    history.keep_answer(library, turn, number, answer)


@contextmanager
def _draft(turn: "Turn", number: int) -> "Iterator[Callable[[str], None]]":
    """Gives what writes the memorandum down, piece by piece, as it comes."""
    file = os.open(
        turn.folder / f"draft-{number}.txt", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600
    )
    with os.fdopen(file, "w", encoding="utf-8") as draft:

        def write(text: str) -> None:
            draft.write(text)
            draft.flush()

        yield write
