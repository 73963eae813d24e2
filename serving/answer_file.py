"""An answer as JSON and back: how it is kept on disk, whole."""

from pydantic import TypeAdapter

from serving.answered import Answer

_ANSWER = TypeAdapter(Answer)


def as_json(answer: Answer) -> bytes:
    """Gives an answer as JSON, in UTF-8."""
    return _ANSWER.dump_json(answer)


def from_json(content: bytes) -> Answer:
    """Gives the answer that ``as_json`` wrote. Raises ValueError."""
    return _ANSWER.validate_json(content)
