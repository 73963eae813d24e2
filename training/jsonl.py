"""JSONL files that people write: one JSON object a line, each with its line's number."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from retrieval.errors import CasewrightError


class BadExamples(CasewrightError):
    """A file of memoranda or of training examples that cannot be used as it is."""


def rows(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Gives the objects of a JSONL file with their line numbers from 1; blank lines are passed.

    Raises:
        BadExamples: the file is missing, is not UTF-8, or a line is not a JSON object.
    """
    if not path.is_file():
        raise BadExamples(f"{path}: no such file; name a JSONL file")
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise BadExamples(f"{path}: not UTF-8 text; save it as UTF-8") from None
    # Not splitlines(): it also breaks at U+2028, which JSON lets stand in a text.
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError as error:
            raise BadExamples(f"{path}, line {number}: not JSON ({error}); correct it") from None
        if not isinstance(row, dict):
            raise BadExamples(f"{path}, line {number}: not a JSON object; correct it")
        yield number, row
