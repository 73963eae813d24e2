"""A chronology and a review as the tables that their files hold."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from serving.chronology import Chronology
from serving.review import Row
from serving.table_file import Table


def chronology_table(matter_id: str, made: Chronology, receipt: Mapping[str, Any]) -> Table:
    """Gives the table of a chronology; ``receipt`` is what made it, hashes and counts."""
    return Table(
        title="Chronology",
        asked=matter_id,
        standing=chronology_standing(made),
        head=("Date", "Precision", "As written", "Event", "Source"),
        rows=tuple(
            (one.date, one.precision, one.written, one.text, "; ".join(one.pin_cites))
            for one in made.events
        ),
        inches=(0.8, 0.7, 1.0, 2.6, 1.4),
        receipt=receipt_rows(receipt),
    )


def chronology_standing(made: Chronology) -> str:
    """Gives in words what a chronology was made from, and what is not in it."""
    left_out = f"; {made.left_out} left out, not verified" if made.left_out else ""
    return (
        f"{len(made.events)} events in {len(made.documents)} documents "
        f"({made.passages:,} passages), each in the document's own words{left_out}. Dates without "
        "a year are not in it."
    )


def review_table(
    question: str, rows: Sequence[Row], receipt: Mapping[str, Any], fault: str = ""
) -> Table:
    """Gives the table of a review; ``fault`` is why it broke off, else empty."""
    return Table(
        title="Document review",
        asked=question,
        standing=f"Incomplete: {fault}" if fault else review_standing(rows),
        head=("Document", "Answer", "How", "Verdict", "Source", "Page"),
        rows=tuple(
            (
                row.document.name,
                row.answer,
                row.how,
                row.verdict,
                "; ".join(row.pin_cites),
                pages(row),
            )
            for row in rows
        ),
        inches=(1.3, 2.4, 0.7, 0.7, 1.0, 0.4),
        receipt=receipt_rows(receipt),
    )


def review_standing(rows: Sequence[Row]) -> str:
    """Gives in words how the documents answered."""
    how = Counter(row.how for row in rows)
    return (
        f"{len(rows)} documents: {how['written']} answered in the model's words, "
        f"{how['quoted']} quoted word for word, {how['not answered']} with no answer. Each answer "
        "was checked against the passage that it cites."
    )


def pages(row: Row) -> str:
    """Gives the pages that a row cites, as printed on them."""
    return ", ".join(dict.fromkeys(one.label or str(one.page) for one in row.passages))


def receipt_rows(receipt: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """Gives a receipt as (what, value); counts by kind on one line."""
    return tuple(
        (key.replace("_", " ").capitalize(), _told(value)) for key, value in receipt.items()
    )


def _told(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{count} {kind}" for kind, count in value.items()) or "none"
    if isinstance(value, list | tuple):
        return str(len(value))
    return "none" if value is None else str(value)
