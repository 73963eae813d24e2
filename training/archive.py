"""A folder of memoranda, each with its matter's files beside it.

archive/<matter>/memorandum.docx   whatever its name: the file with a memorandum's headings
archive/<matter>/...               the case file that it was written from
"""

from collections.abc import Mapping
from pathlib import Path

from retrieval.errors import CasewrightError, UnreadableFile
from retrieval.reader import Reader
from training.jsonl import BadExamples
from training.sections import Memorandum, in_sections

_KINDS = {".docx", ".pdf", ".md", ".txt"}
_HEADINGS = 3
"""Headings of the house's five that make a file a memorandum."""


def read_archive(
    folder: Path, aliases: Mapping[str, str] | None = None
) -> tuple[list[Memorandum], list[str]]:
    """Gives the memoranda of a folder, and a line on each file that could not be read.

    Raises:
        BadExamples: no file in the folder is a memorandum with files beside it.
    """
    found, unread = [], []
    matters = sorted(one for one in folder.iterdir() if one.is_dir() and one.name[0] != ".")
    with Reader() as reader:
        for matter in matters:
            files = sorted(one for one in matter.rglob("*") if one.is_file())
            memoranda: list[tuple[Path, dict[str, str]]] = []
            for file in files:
                if file.suffix.lower() not in _KINDS:
                    continue
                try:
                    sections = in_sections(reader.read(file).text, aliases)
                except (UnreadableFile, CasewrightError) as error:
                    unread.append(str(error))
                    continue
                if len(sections) >= _HEADINGS:
                    memoranda.append((file, sections))
            beside = tuple(sorted({*files} - {file for file, _ in memoranda}))
            found += [
                Memorandum(
                    id=f"{matter.name}/{file.name}",
                    matter=matter.name,
                    question=" ".join(sections.pop("QUESTION PRESENTED", "").split()),
                    sections=sections,
                    files=beside,
                )
                for file, sections in memoranda
                if beside
            ]
    if not found:
        raise BadExamples(
            f"{folder}: no memorandum with files beside it; give each matter a folder of its own, "
            "with the memorandum (its headings on lines of their own) and the case file in it"
        )
    return found, unread
