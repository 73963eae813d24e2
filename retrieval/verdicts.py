"""What an ingest says: the verdict on each file, and how far it is."""

from dataclasses import dataclass
from typing import Literal

Verdict = Literal["indexed", "unchanged", "duplicate", "needs OCR", "refused", "gone"]


@dataclass(frozen=True, slots=True)
class Ingested:
    """The verdict on one file, or one member of an archive or e-mail."""

    path: str
    verdict: Verdict
    pages: int
    passages: int
    reason: str
    """Why it was refused, which document it is a duplicate of, or nearly, or what was left out.

    ``gone`` is a document that its archive or e-mail no longer holds: it stays until deleted.
    """
    hidden: int = 0
    """Characters that a reader does not see, and that were left out."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an ingest is."""

    files: int
    """With a verdict."""
    of: int
    passages: int
    """Embedded and written."""
    share: float
    """Of the bytes to be read, in [0, 1]."""
    path: str
    """The file that was worked on last."""
    ingested: Ingested | None
    """The verdict, where one was just given."""
