"""What the models wrote in an evaluation, on disk line by line, so that no work is done twice.

Each finished (arm, question) is one line of JSON that is durable before the next one is begun. A
line that a killed run left half-written is cut off and written anew.
"""

import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from retrieval.errors import CasewrightError


@dataclass(frozen=True, slots=True)
class Written:
    """One memorandum, and what it took."""

    arm: str
    question: str
    """Its id."""
    passages: tuple[str, ...]
    """The ids of those that the model was shown, in their order."""
    text: str
    """As the model wrote it: nothing is corrected in it, or taken out."""
    prompt_tokens: int
    tokens: int
    first_token_seconds: float
    seconds: float
    """From the question to the last token, without the search."""
    peak_bytes: int | None
    """The most memory that this process held meanwhile; None where the system does not tell."""


class Pages:
    """The file of one evaluation."""

    def __init__(self, file: Path) -> None:
        """Opens the file, or begins it. Raises CasewrightError where it is not such a file."""
        self._file = file
        file.parent.mkdir(parents=True, exist_ok=True)
        whole = file.read_bytes() if file.exists() else b""
        kept = whole[: whole.rfind(b"\n") + 1]
        if kept != whole:
            with file.open("r+b") as handle:
                handle.truncate(len(kept))
        try:
            rows = [_row(line) for line in kept.decode().splitlines()]
        except (ValueError, TypeError, KeyError):
            raise CasewrightError(
                f"{file}: not what an evaluation wrote; move it away and evaluate again"
            ) from None
        self._rows = {(row.arm, row.question): row for row in rows}

    def get(self, arm: str, question: str, passages: Sequence[str]) -> Written | None:
        """Gives what was written in an arm on a question; None where that is still to do.

        What was written from other passages does not count: a search that was changed finds others.
        """
        row = self._rows.get((arm, question))
        return row if row is not None and row.passages == tuple(passages) else None

    def add(self, row: Written) -> None:
        """Keeps a row, durably."""
        with self._file.open("a", encoding="utf-8") as handle:
            handle.write(json.dumps(asdict(row)) + "\n")
            handle.flush()
            os.fsync(handle.fileno())
        self._rows[row.arm, row.question] = row


def _row(line: str) -> Written:
    fields = json.loads(line)
    return Written(**{**fields, "passages": tuple(fields["passages"])})
