"""The nouns of a case file: matters, documents, pages and passages.

All are frozen. Offsets are counted in characters of the document's text, half open.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from retrieval.citing import cited
from retrieval.hidden import Hidden


@dataclass(frozen=True, slots=True)
class Page:
    """A page of a document: ``text[start:end]``. Pages tile the text and count from 1."""

    number: int
    start: int
    end: int
    label: str = ""
    """What is printed on the page (``iv``, ``A-3``) where the file says so, else its number."""
    confidence: float | None = None
    """How sure OCR is of the page's words, in [0, 1]; None where the text is the file's own."""
    hidden: int = 0
    """Characters on it that a reader does not see, and that were left out of the text."""

    def __post_init__(self) -> None:
        if not self.label:
            object.__setattr__(self, "label", str(self.number))


@dataclass(frozen=True, slots=True)
class DocumentText:
    """The text of one file with its pages."""

    text: str
    pages: tuple[Page, ...]
    unread: tuple[int, ...] = ()
    """Numbers of the pages that hold images of text which were left, because OCR is off."""


@dataclass(frozen=True, slots=True)
class Member:
    """A file inside an archive or an e-mail."""

    name: str
    """Its path in there, with ``/``; no two members of one file have the same."""
    file: Path | None
    """The copy of it, named by number with the suffix kept; None where it was refused."""
    reason: str = ""
    """Why it was refused, else empty."""


Kind = Literal[
    "lease", "agreement", "amendment", "NDA", "merger agreement", "privacy policy", "letter",
    "e-mail", "pleading", "order", "docket", "deposition", "report", "ledger", "memorandum",
    "messages", "other",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Description:
    """What a document says of itself, or what the user says of it."""

    title: str | None = None
    parties: tuple[str, ...] = ()
    date: str | None = None
    """ISO 8601: ``2019-03-14``."""
    kind: Kind = "other"


@dataclass(frozen=True, slots=True)
class Near:
    """How a document is related to another, by the words that both have."""

    relation: Literal["nearly the same as", "holds all of", "is held by"]
    other: str
    """The other's path."""
    share: float
    """Of the word runs of both, or of those of the shorter, in (0, 1]."""

    @property
    def told(self) -> str:
        """The relation in words: ``nearly the same as draft1.docx (94 %)``."""
        return f"{self.relation} {self.other} ({100 * self.share:.0f} %)"


@dataclass(frozen=True, slots=True)
class Matter:
    """A client's matter: the wall that no search crosses."""

    id: str
    documents: int
    passages: int


@dataclass(frozen=True, slots=True)
class Document:
    """A document of a matter as the manifest knows it."""

    id: str
    """SHA-256 of the file's bytes, in hexadecimal."""
    matter_id: str
    path: str
    """The path as given to ``ingest``."""
    name: str
    """The file's name, shown to people."""
    pages: int
    passages: int
    generation: int
    description: Description = Description()
    near: Near | None = None
    """A document read before that it is nearly the same as, or part of, or holds."""
    hidden: tuple[Hidden, ...] = ()
    """What a reader does not see of it, by page; left out of what is searched."""


@dataclass(frozen=True, slots=True)
class Passage:
    """A stretch of a document: ``document.text[start:end]``, on one page."""

    id: str
    """UUIDv5 of matter, document, splitter version and index."""
    matter_id: str
    document_id: str
    document: str
    path: str
    page: int
    start: int
    end: int
    text: str
    section: str = ""
    """The path in force where it starts: ``ARTICLE IV > 4.2 > (b)``; empty where none is."""
    label: str = ""
    """Its page's, as ``Page.label``."""
    confidence: float | None = None
    """Its page's, as ``Page.confidence``."""

    @property
    def place(self) -> str:
        """Where it stands, as shown beside a citation: ``lease.pdf, p. 4, § 4.2(b)``."""
        section = cited(self.section)
        page = f"{self.document}, p. {self.label or self.page}"
        return f"{page}, {section}" if section else page


@dataclass(frozen=True, slots=True)
class RankedPassage:
    """A passage with its score for one question, in [0, 1]; higher is better."""

    passage: Passage
    score: float
