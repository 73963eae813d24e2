"""Questions with what a right answer to each holds: gold facts and gold spans."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from retrieval.documents import Passage
from training.jsonl import BadExamples, rows


@dataclass(frozen=True, slots=True)
class GoldSpan:
    """A stretch of a document that holds a part of the answer: ``text[start:end]``."""

    document: str
    """Its file's name, or its path as ingested."""
    start: int
    end: int

    def within(self, passage: Passage) -> bool:
        """Whether the passage holds some of it."""
        named = self.document in (passage.document, passage.path)
        return named and passage.start < self.end and self.start < passage.end


@dataclass(frozen=True, slots=True)
class GoldQuestion:
    """A question to a matter and what is known of its right answer."""

    id: str
    question: str
    answerable: bool
    facts: tuple[str, ...] = ()
    """What a right answer states, as dates, amounts or names in the file's own words."""
    spans: tuple[GoldSpan, ...] = ()
    made: bool = False
    """Whether rules made it from the file (``training.made_questions``), and no lawyer."""


def read_questions(path: Path) -> list[GoldQuestion]:
    """Gives the questions of a JSONL file, as the sample matter's ``questions.jsonl``.

    Raises:
        BadExamples: the file is missing, or a line is no question; the message names it.
    """
    found = []
    for number, row in rows(path):
        try:
            line = _Line.model_validate(row)
        except ValidationError as error:
            fault = error.errors()[0]
            where = ".".join(str(part) for part in fault["loc"]) or "the line"
            raise BadExamples(
                f"{path}, line {number}: {where}: {fault['msg']}; give id, question, answerable, "
                "facts and spans (document, start, end)"
            ) from None
        found.append(
            GoldQuestion(
                id=line.id or f"q{number}",
                question=line.question,
                answerable=line.answerable,
                facts=tuple(line.facts),
                spans=tuple(GoldSpan(span.document, span.start, span.end) for span in line.spans),
                made=line.made,
            )
        )
    if not found:
        raise BadExamples(f"{path}: holds no question; write one JSON object a line")
    if len({one.id for one in found}) < len(found):
        raise BadExamples(f"{path}: two questions have one id; number them apart")
    return found


def write_questions(path: Path, questions: Sequence[GoldQuestion]) -> None:
    """Writes questions as ``read_questions`` reads them."""
    lines = [json.dumps(asdict(one), ensure_ascii=False) for one in questions]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def fingerprint(questions: Sequence[GoldQuestion]) -> str:
    """Gives the hash of what is asked and what is held to be right."""
    text = json.dumps([asdict(one) for one in questions], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


class _Span(BaseModel):
    model_config = ConfigDict(extra="ignore")  # people add the page and the quotation

    document: str
    start: int = Field(ge=0)
    end: int

    @model_validator(mode="after")
    def _long(self) -> "_Span":
        if self.end <= self.start:
            raise ValueError("the span ends before it begins")
        return self


class _Line(BaseModel):
    model_config = ConfigDict(extra="forbid")

    id: str = ""
    question: str = Field(min_length=1)
    answerable: bool = True
    facts: list[str] = Field(default_factory=list)
    spans: list[_Span] = Field(default_factory=list)
    made: bool = False
