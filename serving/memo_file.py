"""A memorandum -> its file, Word or Markdown by the ending of the name."""

from pathlib import Path
from typing import TYPE_CHECKING

from retrieval.errors import CasewrightError
from serving.memo_docx import as_docx
from serving.memo_markdown import as_markdown

if TYPE_CHECKING:
    from serving.answered import Answer

FORMS = (".docx", ".md")


class UnknownForm(CasewrightError):
    """A file form that a memorandum is not written in."""


class NotWritten(CasewrightError):
    """A memorandum that could not be written to its file."""


def check_form(target: Path) -> None:
    """Raises UnknownForm where the file's ending is none that a memorandum is written in."""
    if target.suffix.lower() not in FORMS:
        raise UnknownForm(f"{target}: a memorandum is written as .docx or .md; name one of these")


def check_template(template: Path | None) -> None:
    """Raises BadTemplate where a template is named that cannot be used."""
    if template is not None:
        from serving.memo_style import new_document

        new_document(template)


def write_memo(answer: "Answer", target: Path, template: Path | None = None) -> bytes:
    """Writes the memorandum, in the styles of a house's Word template where one is given.

    Gives the bytes written.

    Raises:
        UnknownForm: another ending.
        BadTemplate: as ``as_docx``.
        NotWritten: the folder is missing or closed.
    """
    check_form(target)
    word = target.suffix.lower() == ".docx"
    content = as_docx(answer, template) if word else as_markdown(answer)
    write_content(content, target)
    return content


def write_content(content: bytes, target: Path) -> None:
    """Writes a file. Raises NotWritten where its folder is missing or closed."""
    try:
        target.write_bytes(content)
    except OSError as error:
        raise NotWritten(
            f"{target}: cannot be written ({error.strerror}); name a file in a folder of yours"
        ) from None
