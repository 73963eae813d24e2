"""The sample matter and the sample memoranda that ship with Casewright."""

import json
from dataclasses import dataclass
from pathlib import Path

import retrieval
import training

MATTER_ID = "quillfeather"
MATTER = Path(retrieval.__file__).parent / "sample_matter" / "documents"
QUESTIONS = MATTER.parent / "questions.jsonl"
MEMORANDA = Path(training.__file__).parent / "memoranda" / "memoranda.jsonl"


@dataclass(frozen=True, slots=True)
class Question:
    """A question to the sample matter with the facts that a right answer holds."""

    id: str
    question: str
    answerable: bool
    facts: tuple[str, ...]


def questions() -> list[Question]:
    """Gives the questions to the sample matter, the answerable ones first."""
    rows = [json.loads(line) for line in QUESTIONS.read_text(encoding="utf-8").splitlines()]
    return [
        Question(row["id"], row["question"], row["answerable"], tuple(row["facts"])) for row in rows
    ]
