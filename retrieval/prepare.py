"""A document's text -> all that is kept of it: passages, description, signature, relations.

One call for ``ingest``; what each part is, is told where it is made.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from retrieval.describe import CONTRACTS, describe
from retrieval.documents import Description, Document, DocumentText, Near, Passage
from retrieval.edits import Edits, edited
from retrieval.near_duplicates import Signature, Signatures, nearest, signature
from retrieval.passages import Indexed, header_of, indexed_texts, passages_of
from retrieval.sections import sections


@dataclass(frozen=True, slots=True)
class Prepared:
    """A document ready to be embedded and written."""

    passages: Sequence[Passage]
    header: str
    """What the document is, as ``passages.header_of``."""
    texts: Sequence[Indexed]
    """What the vectors of the passages are made of."""
    description: Description
    """By the rules, with what the user set."""
    signature: Signature


def prepare(
    matter_id: str, document_id: str, path: str, text: DocumentText, edits: Edits
) -> Prepared:
    """Gives what is kept of a document in which the user set ``edits``."""
    name = Path(path).name
    found = sections(text)
    description = edited(describe(name, text), edits)
    passages = passages_of(matter_id, document_id, path, text, found)
    header = header_of(name, text, description)
    return Prepared(
        passages,
        header,
        indexed_texts(header, text, passages, found),
        description,
        signature(text.text),
    )


def near(
    path: str,
    prepared: Prepared,
    documents: Mapping[str, Document],
    signatures: Signatures,
) -> Near | None:
    """Gives how a document is related to another of the matter, by its words and its parties."""
    return nearest(
        prepared.signature,
        {
            other: kept
            for other, kept in signatures.likely(prepared.signature).items()
            if other != path
            and other in documents
            and not _other_parties(prepared.description, documents[other].description)
        },
    )


def _other_parties(one: Description, other: Description) -> bool:
    """Whether two contracts are between other people, though they be on one form."""
    if not {one.kind, other.kind} <= CONTRACTS:
        return False
    mine, theirs = (
        {"".join(filter(str.isalnum, name)).lower() for name in each.parties}
        for each in (one, other)
    )
    return not (mine <= theirs or theirs <= mine)
