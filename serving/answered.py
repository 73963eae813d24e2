"""What came of a question: the memorandum, its sentences, what it rests on, and its receipt."""

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from retrieval.documents import Description, Passage
from retrieval.errors import ModelUnavailable
from serving import grammar, memo, prompts
from serving.adapters import Adapter
from serving.citations import CheckedSentence
from serving.engine import Engine


@dataclass(frozen=True, slots=True)
class Answer:
    """A memorandum with what it rests on and what the check of each sentence found."""

    question: str
    text: str
    """As checked: wrong citations whose right ones are known are corrected in it."""
    passages: tuple[Passage, ...]
    """As numbered in the prompt, from 1."""
    sentences: tuple[CheckedSentence, ...]
    receipt: dict[str, Any]
    """What made this answer: ids and hashes, never text."""
    described: Mapping[str, Description] = field(default_factory=dict)
    """What the passages' documents are, by path, for pin cites."""
    fault: str = ""
    """Why the memorandum broke off, or was not begun; else empty."""
    unanswered: tuple[str, ...] = ()
    """Of several questions, those that the case file does not seem to answer."""

    @property
    def verdicts(self) -> dict[str, int]:
        """How many sentences were found to be what."""
        return dict(Counter(sentence.verdict for sentence in self.sentences))

    @property
    def verified(self) -> int:
        """How many sentences stand in the passages that they cite."""
        return sum(sentence.verdict == "verified" for sentence in self.sentences)

    @property
    def weak(self) -> bool:
        """Whether the evidence in the case file was weak, as ``retrieval.evidence`` says."""
        evidence = self.receipt.get("evidence")
        return evidence is not None and bool(evidence["weak"])

    @property
    def other_form(self) -> bool:
        """Whether the adapter learned another form of the prompt than it was asked with."""
        return self.receipt.get("adapter_form") not in (None, self.receipt.get("prompt"))

    @property
    def abstained(self) -> bool:
        """Whether no model was asked, since the evidence was weak (``serving.abstain``)."""
        return bool(self.receipt.get("abstained"))

    @property
    def complete(self) -> bool:
        """Whether the memorandum has the house's five headings in order."""
        return memo.headings_in_order(self.text)


class BrokenOff(ModelUnavailable):
    """A memorandum that the model did not finish; ``answer`` is what there is of it."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.fault)
        self.answer = answer


def made_by(engine: Engine, chosen: Adapter | None, rules: str | None) -> dict[str, Any]:
    """Gives what of a receipt says who writes, and held to what."""
    return {
        "base": engine.base.name,
        "base_sha256": engine.base.sha256,
        "adapter": None if chosen is None else chosen.name,
        "adapter_form": None if chosen is None else chosen.card.get("prompt"),
        "grammar": None if rules is None else grammar.sha256(rules),
    }


def made_from(question: str, given: Sequence[Passage]) -> dict[str, Any]:
    """Gives what of a receipt is known before a word is written."""
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "prompt": prompts.fingerprint(),
        "question_sha256": hashlib.sha256(question.encode()).hexdigest(),
        "passages": [
            {"id": p.id, "document": p.document_id, "start": p.start, "end": p.end} for p in given
        ],
    }


def speed(parts: int, seconds: float) -> float:
    """Gives parts a second; 0 where no time passed."""
    return round(parts / seconds, 1) if seconds > 0 else 0.0
