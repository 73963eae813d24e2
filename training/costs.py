"""What training, indexing and each question cost: seconds, tokens, memory, and money."""

import statistics
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from retrieval.library import Library
from training.written import Written

INDEXED = 300
"""Passages that are indexed anew to measure it, at least; the rest is reckoned from them."""


class CostSettings(BaseSettings):
    """What the machine costs; built at the edge."""

    model_config = SettingsConfigDict(
        env_prefix="CASEWRIGHT_", extra="ignore", env_ignore_empty=True
    )

    price_per_hour: float = Field(
        default=0.0, ge=0, description="What an hour of this machine costs; 0: not known."
    )
    currency: str = Field(default="USD", max_length=8, description="In which currency.")


@dataclass(frozen=True, slots=True)
class Cost:
    """What one thing took; None where it is not known."""

    what: str
    seconds: float
    prompt_tokens: float | None = None
    tokens: float | None = None
    peak_bytes: int | None = None
    money: float | None = None


def arm_cost(arm: str, rows: Sequence[Written], search_seconds: float) -> Cost:
    """Gives what a question cost in an arm, on average; the most memory of any."""
    peaks = [row.peak_bytes for row in rows if row.peak_bytes is not None]
    return Cost(
        what=arm,
        seconds=statistics.fmean(row.seconds for row in rows) + search_seconds,
        prompt_tokens=statistics.fmean(row.prompt_tokens for row in rows),
        tokens=statistics.fmean(row.tokens for row in rows),
        peak_bytes=max(peaks, default=None),
    )


def training_cost(card: Mapping[str, Any]) -> Cost | None:
    """Gives what the adapter's training cost, as its card tells; None where it does not."""
    seconds = card.get("seconds")
    if seconds is None:
        return None
    return Cost(
        "training, once",
        float(seconds),
        prompt_tokens=card.get("tokens"),
        peak_bytes=card.get("peak_bytes"),
    )


def indexing_seconds(library: Library, matter: str) -> float:
    """Gives the seconds that indexing the matter takes, measured on some documents, made anew.

    Raises:
        IndexUnavailable: the disk has no room for a copy of them.
    """
    documents = library.documents(matter)
    chosen, passages = [], 0
    for document in documents:
        if passages < INDEXED and document.passages:
            chosen.append(library.original(document))
            passages += document.passages
    total = sum(document.passages for document in documents)
    with tempfile.TemporaryDirectory(prefix="casewright-evaluate-") as scratch:
        other = Library(Path(scratch))
        other.embedder = library.embedder
        started = time.monotonic()
        other.ingest("measured", chosen)
        seconds = time.monotonic() - started
        other.close()
    return seconds * total / passages if passages else seconds


def priced(cost: Cost, price_per_hour: float) -> Cost:
    """Gives a cost with the money that its seconds cost; as it is where no price is known."""
    if not price_per_hour:
        return cost
    return replace(cost, money=cost.seconds * price_per_hour / 3600)
