"""One case file made of all sample memoranda's passages, and questions for and against it.

Each memorandum's matter is a folder of text files. The questions of one matter, which its own
documents answer, have no answer in those of the others: names, sums and events are its own.
"""

import json
import re
import zlib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from training.examples import Example, read_examples
from training.memoranda.vary import MEMORANDA

OTHER_WORDS = Path(__file__).with_name("other_words.jsonl")
"""Two questions a matter that its file answers, put in a user's own words, and two near misses:
about its people and papers, and answered nowhere in it."""

Kind = Literal["file's words", "other words", "near miss"]


@dataclass(frozen=True, slots=True)
class Asking:
    """A question and the folders of the documents that it is asked of."""

    question: str
    kind: Kind
    folders: tuple[str, ...]
    own: bool
    """Whether those of its own matter are among them."""
    half: int
    """Which half of the matters all of it belongs to, 0 or 1."""


def write_matters(folder: Path) -> list[Example]:
    """Writes the files of all matters, a folder each; gives the examples that they answer."""
    examples = [example for example in read_examples(MEMORANDA) if example.answerable]
    files: dict[Path, dict[tuple[int, str], None]] = defaultdict(dict)
    for example in examples:
        for passage in example.passages:
            name = re.sub(r"[^A-Za-z0-9]+", "_", passage.document)[:80]
            file = folder / folder_of(example.matter) / f"{name}.txt"
            files[file][passage.page, f"{passage.document}\n\n{passage.text}"] = None
    for file, parts in files.items():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("\n\n".join(text for _, text in sorted(parts)), encoding="utf-8")
    return examples


def askings(examples: Sequence[Example]) -> list[Asking]:
    """Gives each question four times: of its matter and another, of its half with and without.

    What is asked of the same documents follows one another: a library keeps what it measured there.
    """
    halves: dict[int, list[str]] = {0: [], 1: []}
    for folder in sorted({folder_of(example.matter) for example in examples}):
        halves[half_of(folder)].append(folder)
    asked = []
    for question, kind, own in _questions(examples):
        half = half_of(own)
        all_ = halves[half]
        others = [folder for folder in all_ if folder != own]
        other = others[all_.index(own) - 1]
        for folders in ([own], all_, [other], others):
            asked.append(Asking(question, kind, tuple(folders), own in folders, half))
    return sorted(asked, key=lambda one: one.folders)


def strangers(most: int) -> list[str]:
    """Gives questions of that many sample memoranda, in their own words."""
    questions = [example.question for example in _first(read_examples(MEMORANDA))]
    return questions[:: max(1, len(questions) // most)][:most]


def _questions(examples: Sequence[Example]) -> Iterator[tuple[str, Kind, str]]:
    """Every question with its kind and the folder of its matter."""
    for example in _first(examples):
        yield example.question, "file's words", folder_of(example.matter)
    for line in OTHER_WORDS.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        kind: Kind = "other words" if row["answerable"] else "near miss"
        yield row["question"], kind, folder_of(row["matter"])


def _first(examples: Sequence[Example]) -> list[Example]:
    """The first answerable example of each matter."""
    return list({one.matter: one for one in reversed(examples) if one.answerable}.values())[::-1]


def folder_of(matter: str) -> str:
    """Gives the name of the folder that a matter lies in."""
    return re.sub(r"[^a-z0-9]+", "-", matter.lower())[:60]


def half_of(folder: str) -> int:
    """Gives the half that a matter belongs to; half is fitted on, half measured on."""
    return zlib.crc32(folder.encode()) % 2
