"""One case file made of all sample memoranda's passages, and questions for and against it.

Each memorandum's matter is a folder of text files. The questions of one matter, which its own
documents answer, have no answer in those of the others: names, sums and events are its own.
"""

import re
import zlib
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from training.examples import Example, read_examples
from training.memoranda.vary import MEMORANDA


@dataclass(frozen=True, slots=True)
class Asking:
    """A question and the folders of the documents that it is asked of."""

    question: str
    folders: tuple[str, ...]
    answerable: bool
    half: int
    """Which half of the matters all of it belongs to, 0 or 1."""


def write_matters(folder: Path) -> list[Example]:
    """Writes the files of all matters, a folder each; gives the examples that they answer."""
    examples = [example for example in read_examples(MEMORANDA) if example.answerable]
    files: dict[Path, dict[tuple[int, str], None]] = defaultdict(dict)
    for example in examples:
        for passage in example.passages:
            name = re.sub(r"[^A-Za-z0-9]+", "_", passage.document)[:80]
            file = folder / folder_of(example) / f"{name}.txt"
            files[file][passage.page, f"{passage.document}\n\n{passage.text}"] = None
    for file, parts in files.items():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("\n\n".join(text for _, text in sorted(parts)), encoding="utf-8")
    return examples


def askings(examples: list[Example]) -> list[Asking]:
    """Gives each question four times: of its matter and another, of its half with and without.

    What is asked of the same documents follows one another: a library keeps their headers.
    """
    halves: dict[int, list[str]] = {0: [], 1: []}
    for folder in sorted(set(map(folder_of, examples))):
        halves[half_of(folder)].append(folder)
    asked = []
    for example in examples:
        own = folder_of(example)
        half = half_of(own)
        all_ = halves[half]
        others = [folder for folder in all_ if folder != own]
        other = others[all_.index(own) - 1]
        for folders, answerable in (
            ([own], True),
            (all_, True),
            ([other], False),
            (others, False),
        ):
            asked.append(Asking(example.question, tuple(folders), answerable, half))
    return sorted(asked, key=lambda one: one.folders)


def folder_of(example: Example) -> str:
    """Gives the name of the folder that an example's matter lies in."""
    return re.sub(r"[^a-z0-9]+", "-", example.matter.lower())[:60]


def half_of(folder: str) -> int:
    """Gives the half that a matter belongs to; half is fitted on, half measured on."""
    return zlib.crc32(folder.encode()) % 2
