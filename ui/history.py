"""What was asked in a matter and what came of it, kept beside the case file for who asked.

``<home>/matters/<matter>/history/<user>/<turn>/`` is one question. ``asked.json`` says what was
asked and how, ``draft-1.txt`` holds the memorandum as it is written, ``found-1.json`` the passages
that it is written from, ``answer-1.json`` the answer as it was checked, ``error.txt`` why there is
none. A question that is put to several writers has one of each for every one of them.

It is as privileged as the case file: nobody else reads it, it goes with the matter, and what rests
on a document goes with the document (``retrieval.deletion``). What writes here holds a lock and
looks whether the documents are still there, so that a running answer brings nothing back.
"""

import hashlib
import json
import shutil
import time
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from retrieval.deletion import HISTORY, history_lock
from retrieval.documents import Passage
from retrieval.durable import write_whole
from retrieval.errors import CasewrightError
from retrieval.library import Library
from retrieval.locks import locked
from retrieval.scope import Scope
from serving.answer_file import as_json, from_json
from serving.answered import Answer

_PASSAGES = TypeAdapter(tuple[Passage, ...])
_SCOPE = TypeAdapter(Scope)


class TurnGone(CasewrightError):
    """A question whose matter, or a document that its answer rests on, was deleted meanwhile."""


@dataclass(frozen=True, slots=True)
class Writer:
    """Who writes one answer to a question, and from what."""

    adapter: str | None
    """The full name of an adapter; None for the base model."""
    retrieve: bool
    """Whether it is given the passages."""


@dataclass(frozen=True, slots=True)
class Turn:
    """A question of a conversation."""

    folder: Path
    matter: str
    typed: str
    question: str
    """As it is asked: a follow-up stands alone."""
    earlier: tuple[str, ...]
    """The questions before it in its conversation, as they were asked, oldest first."""
    conversation: str
    """The id of the conversation's first turn."""
    writers: tuple[Writer, ...]
    anyway: bool
    scope: Scope
    at: float
    """When it was asked, in seconds since the epoch."""

    @property
    def id(self) -> str:
        """Its name among the turns of its matter and user; later ones sort behind it."""
        return self.folder.name

    @property
    def job(self) -> str:
        """The id of the job that answers it; empty before it has one."""
        return _text(self.folder / "job")

    @property
    def error(self) -> str:
        """Why there is no answer; else empty."""
        return _text(self.folder / "error.txt")

    @property
    def ended(self) -> bool:
        """Whether nothing more will come of it, as far as it says itself."""
        return bool(self.error) or len(self.answers) == len(self.writers)

    @property
    def answers(self) -> dict[int, Answer]:
        """The answers that are whole, by the writer's number from 1."""
        files = {
            number: self.folder / f"answer-{number}.json"
            for number in range(1, len(self.writers) + 1)
        }
        return {n: from_json(file.read_bytes()) for n, file in files.items() if file.exists()}

    def draft(self, number: int) -> str:
        """Gives what a writer has written so far."""
        return _text(self.folder / f"draft-{number}.txt")

    def found(self, number: int) -> tuple[Passage, ...]:
        """Gives the passages that a writer was given; empty before they are found."""
        file = self.folder / f"found-{number}.json"
        return _PASSAGES.validate_json(file.read_bytes()) if file.exists() else ()


def begin(
    library: Library,
    matter: str,
    user: str,
    *,
    typed: str,
    question: str,
    earlier: Sequence[str],
    conversation: str,
    writers: Sequence[Writer],
    anyway: bool,
    scope: Scope,
) -> Turn:
    """Keeps a question that is about to be asked; ``conversation`` is empty for a new one.

    Raises:
        UnknownMatter: there is no such matter.
    """
    moment = time.time()
    stamp = time.strftime("%Y%m%d-%H%M%S", time.localtime(moment))
    folder = _folder(library.home, matter, user) / f"{stamp}-{uuid.uuid4().hex[:8]}"
    asked: dict[str, Any] = {
        "typed": typed,
        "question": question,
        "earlier": [*earlier],
        "conversation": conversation or folder.name,
        "writers": [asdict(writer) for writer in writers],
        "anyway": anyway,
        "scope": _SCOPE.dump_python(scope, mode="json"),
        "at": moment,
    }
    with locked(library.home, history_lock(matter)):
        library.documents(matter)
        folder.mkdir(parents=True, mode=0o700)
        _write(folder / "asked.json", json.dumps(asked).encode())
    return read(library.home, matter, user, folder.name)


def turns(home: Path, matter: str, user: str) -> list[Turn]:
    """Gives what a user asked in a matter, newest first."""
    folders = sorted(_folder(home, matter, user).glob("*/asked.json"), reverse=True)
    return [read(home, matter, user, file.parent.name) for file in folders]


def read(home: Path, matter: str, user: str, turn: str) -> Turn:
    """Gives a turn by its id.

    Raises:
        TurnGone: there is none.
    """
    folder = _folder(home, matter, user) / Path(turn).name
    try:
        kept = json.loads((folder / "asked.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise TurnGone(f"{matter}: this question is not kept any more; ask it again") from None
    return Turn(
        folder=folder,
        matter=matter,
        typed=kept["typed"],
        question=kept["question"],
        earlier=tuple(kept["earlier"]),
        conversation=kept["conversation"],
        writers=tuple(Writer(**one) for one in kept["writers"]),
        anyway=kept["anyway"],
        scope=_SCOPE.validate_python(kept["scope"]),
        at=kept["at"],
    )


def forget(turn: Turn, home: Path) -> None:
    """Removes a turn."""
    with locked(home, history_lock(turn.matter)):
        shutil.rmtree(turn.folder, ignore_errors=True)


def keep_passages(library: Library, turn: Turn, number: int, found: Iterable[Passage]) -> None:
    """Keeps the passages that a writer is given. Raises TurnGone."""
    passages = tuple(found)
    content = _PASSAGES.dump_json(passages)
    _keep(library, turn, f"found-{number}.json", content, passages)


def keep_answer(library: Library, turn: Turn, number: int, answer: Answer) -> None:
    """Keeps an answer. Raises TurnGone."""
    _keep(library, turn, f"answer-{number}.json", as_json(answer), answer.passages)


def keep_error(turn: Turn, error: str) -> None:
    """Keeps why there is no answer, where there is still a question."""
    if turn.folder.is_dir():
        _write(turn.folder / "error.txt", error.encode())


def keep_job(turn: Turn, job: str) -> None:
    """Keeps which job answers."""
    _write(turn.folder / "job", job.encode())


def _keep(
    library: Library, turn: Turn, name: str, content: bytes, passages: Sequence[Passage]
) -> None:
    with locked(library.home, history_lock(turn.matter)):
        there = {document.id for document in library.documents(turn.matter)}
        if not turn.folder.is_dir() or any(one.document_id not in there for one in passages):
            raise TurnGone(f"{turn.matter}: a document that it rests on was deleted; ask again")
        _write(turn.folder / name, content)


def _folder(home: Path, matter: str, user: str) -> Path:
    """The turns of a user in a matter; the name of the user is no name of a folder."""
    key = hashlib.sha256(user.encode()).hexdigest()[:32]
    return home / "matters" / matter / HISTORY / key


def _write(target: Path, content: bytes) -> None:
    write_whole(target, content, mode=0o600)


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return ""
