"""Documents and passages as lines of JSON, for a backup that outlives an index and its release.

Bytes and vectors stand there in base64 (the URL-safe alphabet): vectors as 32-bit floats, words'
numbers as 32-bit integers, all with the lowest byte first.
"""

from typing import TypeVar

import numpy as np
from pydantic import BaseModel, ConfigDict, ValidationError

from retrieval.documents import Document, Passage
from retrieval.embed import DIMENSIONS
from retrieval.manifest import Kept
from retrieval.store import StoredPassage

_FLOATS, _NUMBERS = np.dtype("<f4"), np.dtype("<u4")


class _Line(BaseModel):
    model_config = ConfigDict(ser_json_bytes="base64", val_json_bytes="base64")


_Model = TypeVar("_Model", bound=_Line)


class _DocumentLine(_Line):
    document: Document
    signature: bytes
    edits: dict[str, str | list[str] | None]
    unread: int
    version: int
    header: str
    header_vector: bytes


class _PassageLine(_Line):
    passage: Passage
    generation: int
    dense: bytes
    indices: bytes
    values: bytes


def document_line(document: Document, kept: Kept) -> bytes:
    """Gives a document with what is kept of it as a line."""
    line = _DocumentLine(
        document=document,
        signature=kept.signature,
        edits={**kept.edits},
        unread=kept.unread,
        version=kept.version,
        header=kept.header,
        header_vector=kept.header_vector,
    )
    return line.model_dump_json().encode() + b"\n"


def document_of(line: bytes) -> tuple[Document, Kept]:
    """Gives the document of a line. Raises ValueError, which quotes nothing of it."""
    read = _read(_DocumentLine, line)
    if "\0" in read.document.path + read.document.name:
        raise ValueError("a name with a null character")
    kept = Kept(
        read.signature,
        {**read.edits},  # type: ignore[typeddict-item]
        read.unread,
        read.version,
        read.header,
        read.header_vector,
    )
    return read.document, kept


def passage_line(one: StoredPassage) -> bytes:
    """Gives a passage with its vectors as a line."""
    line = _PassageLine(
        passage=one.passage,
        generation=one.generation,
        dense=np.asarray(one.dense, _FLOATS).tobytes(),
        indices=np.asarray(one.indices, _NUMBERS).tobytes(),
        values=np.asarray(one.values, _FLOATS).tobytes(),
    )
    return line.model_dump_json().encode() + b"\n"


def passage_of(line: bytes) -> StoredPassage:
    """Gives the passage of a line. Raises ValueError, which quotes nothing of it."""
    read = _read(_PassageLine, line)
    dense = np.frombuffer(read.dense, _FLOATS)
    indices, values = np.frombuffer(read.indices, _NUMBERS), np.frombuffer(read.values, _FLOATS)
    if dense.size != DIMENSIONS or indices.size != values.size:
        raise ValueError("a vector of another size")
    if not (np.isfinite(dense).all() and np.isfinite(values).all()):
        raise ValueError("a vector that is no vector")
    return StoredPassage(
        read.passage, read.generation, dense.tolist(), indices.tolist(), values.tolist()
    )


def _read(model: type[_Model], line: bytes) -> _Model:
    try:
        return model.model_validate_json(line)
    except ValidationError:
        raise ValueError("not a line of this kind") from None
