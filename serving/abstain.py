"""The memorandum on a question that the case file does not answer, written by rules.

No model takes part: it would answer all the same. Under the house's headings stand what was asked,
that the file does not answer it, what was searched and how far it reached, and what kind of
document would answer. Every sentence is told of the search itself, so that its verdict is
``record``.
"""

import re
from collections.abc import Sequence

from retrieval.documents import Passage
from retrieval.evidence import Evidence
from serving.citations import CheckedSentence, citations, sentences
from serving.house import house

MOST_NAMES = 12
"""Documents that are named; of more, the number is told."""

WHAT_WOULD_ANSWER = (
    (
        r"declar|affidavit|testif|testimony|depos|swor[en]|witness",
        "the declaration, affidavit or transcript of the person who is asked about",
    ),
    (
        r"court|judge|ruled|ruling|order(?:ed)?\b|grant(?:ed)?\b|denied|judgment|injunction",
        "the court's order or opinion, or the docket sheet that records it",
    ),
    (
        r"insur|coverage|policy|premium",
        "the insurance policy, or the insurer's letter on the claim",
    ),
    (
        r"balance|reconciliation|ledger|invoice|statement|account|paid|pay(?:ment)?s?\b",
        "the account, statement or invoice of that time",
    ),
    (
        r"commission|broker|fee|price|cost|rent|offer|how much",
        "the agreement, offer or invoice that states the sum",
    ),
    (
        r"permit|licen[cs]e|department|agency|inspect|closure|health|zoning",
        "the notice, permit or report of the authority",
    ),
    (
        r"manufactur|model|serial|equipment|install",
        "the specification, the invoice or the maintenance record of the equipment",
    ),
    (
        r"term(?:s|inat\w*)?\b|clause|obligat|lease|agreement|contract|assign|renew",
        "the agreement itself, with its amendments",
    ),
    (
        r"regulation|statute|rule\b|law\b|standard|section|elements?\b",
        "the statute, rule or decision that governs it",
    ),
    (r"e-?mail|letter|wrote|said|told|notice|sen[dt]\b", "the letter, e-mail or note itself"),
)
"""Words of a question, and the document that would answer it; the first that fits."""
ANYTHING = "a document that speaks of it"


def memorandum(
    question: str,
    *,
    documents: Sequence[str],
    passages: Sequence[Passage],
    evidence: Evidence,
) -> str:
    """Gives the memorandum that says that the case file does not answer, and why.

    ``documents`` are the names of those that were asked; ``passages`` the nearest, numbered from 1
    as they are cited.
    """
    count = len(documents)
    searched = [
        f"The question was asked of {_counted(count, 'document')}: {_listed(documents)}."
        if count
        else "The matter has no document yet."
    ]
    if passages:
        looked = "; ".join(
            f"{passage.document}, p. {passage.page} [{number}]"
            for number, passage in enumerate(passages, start=1)
        )
        searched.append(f"The nearest {_counted(len(passages), 'passage')} found: {looked}.")
    parts = (
        f"“{' '.join(question.split())}”",
        "As far as this search shows, the case file does not answer the question. Nothing found in "
        "it is strong enough evidence to rest an answer on.",
        " ".join(searched),
        f"The evidence found has a strength of {evidence.strength:.3f}, on a scale from 0 to 1. "
        f"An answer is written from {evidence.threshold:.3f} on. {_why(evidence)}",
        f"The question could be answered from {what_would_answer(question)}. With such a document "
        "in the matter it can be asked again.",
    )
    under = zip(house().headings, parts, strict=True)
    return "\n\n".join(f"{heading}\n{part}" for heading, part in under)


def what_would_answer(question: str) -> str:
    """Gives the kind of document that would answer a question, told by its words."""
    for words, document in WHAT_WOULD_ANSWER:
        if re.search(rf"\b(?:{words})", question, re.IGNORECASE):
            return document
    return ANYTHING


def recorded(text: str) -> list[CheckedSentence]:
    """Gives the sentences of such a memorandum, each of which the search itself vouches for."""
    return [
        CheckedSentence(start, end, citations(text[start:end]), "record", "")
        for start, end in sentences(text)
        if text[start:end].strip() not in house().headings
    ]


def _why(evidence: Evidence) -> str:
    """What lies behind the strength."""
    if evidence.named:
        return "The question names a document that none of these seems to be."
    one, some = evidence.shares
    return (
        f"Of the question's words, {100 * some:.0f} % stand in the passages that were compared "
        f"with it, and {100 * one:.0f} % in one of them."
    )


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}" + ("" if count == 1 else "s")


def _listed(names: Sequence[str]) -> str:
    shown = [" ".join(name.split()) for name in names[:MOST_NAMES]]
    if len(names) > MOST_NAMES:
        return ", ".join(shown) + f" and {len(names) - MOST_NAMES} more"
    return ", ".join(shown)
