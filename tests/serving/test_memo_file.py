"""A memorandum's file, by the ending of its name."""

from collections.abc import Callable
from pathlib import Path

import pytest

from retrieval.documents import Passage
from serving.memo_file import NotWritten, UnknownForm, write_memo
from tests.serving.made_answers import answered

MakePassage = Callable[..., Passage]


@pytest.mark.parametrize(("name", "start"), [("a.docx", b"PK"), ("a.MD", b"# Memorandum")])
def test_write_memo(tmp_path: Path, passage: MakePassage, name: str, start: bytes) -> None:
    content = write_memo(answered("It leaked [1].", [passage("It leaked.")]), tmp_path / name)
    assert (tmp_path / name).read_bytes() == content
    assert content.startswith(start)


@pytest.mark.parametrize(
    ("name", "error"), [("a.pdf", UnknownForm), ("a", UnknownForm), ("none/a.md", NotWritten)]
)
def test_memo_that_cannot_be_written(
    tmp_path: Path, passage: MakePassage, name: str, error: type[Exception]
) -> None:
    with pytest.raises(error, match=str(tmp_path / name)):
        write_memo(answered("It leaked [1].", [passage("It leaked.")]), tmp_path / name)
    assert list(tmp_path.iterdir()) == []
