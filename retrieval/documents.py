"""The nouns of a case file: matters, documents, pages and passages.

All are frozen. Offsets are counted in characters of the document's text, half open.
"""

from dataclasses import dataclass

from retrieval.citing import cited


@dataclass(frozen=True, slots=True)
class Page:
    """A page of a document: ``text[start:end]``. Pages tile the text and count from 1."""

    number: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class DocumentText:
    """The text of one file with its pages."""

    text: str
    pages: tuple[Page, ...]


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

    @property
    def place(self) -> str:
        """Where it stands, as shown beside a citation: ``lease.pdf, p. 4, § 4.2(b)``."""
        section = cited(self.section)
        return f"{self.document}, p. {self.page}" + (f", {section}" if section else "")


@dataclass(frozen=True, slots=True)
class RankedPassage:
    """A passage with its score for one question, in [0, 1]; higher is better."""

    passage: Passage
    score: float
