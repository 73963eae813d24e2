"""What both faces write to the audit log: who did what in which matter; ids, hashes, counts."""

import hashlib
import os
import pwd
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from retrieval.errors import CasewrightError
from serving import audit, tracing
from ui.counting import count_answer, count_verdicts, counted
from ui.settings import house_settings

if TYPE_CHECKING:
    from retrieval.library import Library
    from retrieval.verdicts import Ingested
    from serving.answered import Answer

_TIMES = (
    "at",
    "search_seconds",
    "first_token_seconds",
    "seconds",
    "tokens_per_second",
    "check_seconds",
)


def record(home: Path, event: str, *, by: str = "", **fields: object) -> str:
    """Adds an entry to the audit log, of ``by`` or of ``who()``; gives its hash.

    Raises:
        BrokenAudit: the log cannot be written.
        BadSetting: as ``who``.
    """
    return audit.append(home, event, fields, by or who())


def who() -> str:
    """Gives who is asking: ``CASEWRIGHT_USER``, or the system's user. Raises BadSetting."""
    named = house_settings().user
    if named:
        return named
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:  # a container's user that has no name
        return f"uid {os.getuid()}"


class Recorder:
    """Takes the answer of one question, for its entry."""

    def __init__(self) -> None:
        self.answer: Answer | None = None


@contextmanager
def recorded_ask(
    home: Path, matter: str, question: str, origin: Mapping[str, Any] | None = None
) -> Iterator[Recorder]:
    """Records and counts what becomes of a question, however it ends; the block hands it over.

    ``origin`` says what it was made from, as ``conversation.origin``.
    ``outcome`` is ``answered``, ``broken off``, the name of the error that refused it, or
    ``stopped`` where the user went away in the middle.

    Raises:
        BrokenAudit: the log cannot be written.
    """
    # Imported here: who only ingests or deletes has no need of LangChain.
    from serving.answered import BrokenOff

    recorder = Recorder()
    outcome = "stopped"
    with counted(home, "ask") as counts:
        try:
            yield recorder
            outcome = "answered"
        except BrokenOff as error:
            recorder.answer, outcome = error.answer, "broken off"
            raise
        except CasewrightError as error:
            outcome = type(error).__name__
            raise
        finally:
            if recorder.answer is not None:
                count_answer(counts, recorder.answer)
            asked = _asked(matter, question, recorder.answer)
            # By this a trace is found in the audit log.
            tracing.note("question_sha256", asked["question_sha256"])
            record(home, "ask", outcome=outcome, **{**(origin or {}), **asked})


def record_export(home: Path, answer: "Answer", form: str, content: bytes, *, by: str = "") -> None:
    """Records that a memorandum left as a file: which answer's, and the file's hash."""
    receipt = answer.receipt
    record(
        home,
        "export",
        by=by,
        matter=receipt.get("matter"),
        question_sha256=receipt["question_sha256"],
        written=receipt["at"],
        form=form,
        sha256=hashlib.sha256(content).hexdigest(),
    )


@contextmanager
def recorded(home: Path, event: str, **fields: object) -> Iterator[dict[str, object]]:
    """Records and counts what becomes of an act, however it ends; the block adds to its fields.

    ``outcome`` is ``ended``, the name of the error that refused it, or ``stopped``.

    Raises:
        BrokenAudit: the log cannot be written.
    """
    outcome = "stopped"
    with counted(home, event) as counts:
        try:
            yield fields
            outcome = "ended"
        except CasewrightError as error:
            outcome = type(error).__name__
            raise
        finally:
            if isinstance(verdicts := fields.get("verdicts"), dict):
                count_verdicts(counts, event, verdicts)
            audit.append(home, event, {"outcome": outcome, **fields}, who())


def record_table_export(
    home: Path, matter: str, table: str, form: str, content: bytes, *, by: str = ""
) -> None:
    """Records that a chronology or a review left as a file, by the file's hash."""
    sha256 = hashlib.sha256(content).hexdigest()
    record(home, "export", by=by, matter=matter, table=table, form=form, sha256=sha256)


def record_ingest(library: "Library", matter: str, files: Sequence["Ingested"]) -> None:
    """Records an ingest: the files' verdicts, and which documents were read to which generation."""
    read = {file.path for file in files if file.verdict == "indexed"}
    known = {matter.id for matter in library.matters()}
    documents = library.documents(matter) if matter in known else []
    record(
        library.home,
        "ingest",
        matter=matter,
        outcome="ended",
        verdicts=dict(Counter(file.verdict for file in files)),
        documents=[one.id for one in documents if one.path in read],
        generation=max((one.generation for one in documents), default=0),
    )


def _asked(matter: str, question: str, answer: "Answer | None") -> dict[str, Any]:
    if answer is None:
        sha256 = hashlib.sha256(question.encode()).hexdigest()
        return {"matter": matter, "question_sha256": sha256}
    made = {key: value for key, value in answer.receipt.items() if key not in _TIMES}
    return {"matter": matter, **made, "verdicts": answer.verdicts}
