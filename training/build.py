"""Memoranda and their case files -> cited training examples.

1. The case files go into a matter of their own in a temporary home, read and split as any other.
2. For each memorandum our own retriever ranks the passages of its case file by its question.
3. What the memorandum says is aligned with them (``align``), and the prompt gets those that it
   cites, filled up with the best ranked of the others: what serving would show, too.
4. Of every tenth memorandum a second example is made, whose prompt lacks what would answer, and
   whose memorandum says so.
"""

import random
import re
import tempfile
import zlib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from retrieval.embed import Embedder
from retrieval.library import Library
from retrieval.packaged import file_sha256
from retrieval.scope import Scope
from retrieval.search import search
from serving.prompts import Excerpt
from serving.writing import excerpt
from training.align import PASSAGES, chosen, supported, written
from training.archive import read_archive
from training.checks import check_example, check_examples
from training.examples import Example
from training.sections import Memorandum, read_jsonl
from training.withheld import withheld

MATTER = "memoranda"
RANKED = 64
"""Passages of a case file that are ranked."""
WITHHELD = 10
"""Of how many memoranda one gives a second example, whose file does not say."""

HELD_OUT = 10
"""Of how many matters one is held out, where the split is left to the build."""


@dataclass(frozen=True, slots=True)
class Built:
    """What came of memoranda: examples, and why the others gave none."""

    examples: list[Example]
    refused: Counter[str]
    unread: list[str]
    """A line on each file that could not be read."""


def build(
    source: Path,
    *,
    split_name: str | None = None,
    home: Path,
    most: int | None = None,
    aliases: Mapping[str, str] | None = None,
    report: Callable[[int, int], None] = lambda done, of: None,
) -> Built:
    """Gives the examples of at most ``most`` memoranda of a JSONL file or of an archive's folder.

    ``split_name`` is the split of all of them; by default every tenth matter is held out, whole.
    ``home`` is where the embedder's files lie; ``report`` gets the memoranda done, of how many.

    Raises:
        BadExamples: there is no memorandum in it, or a line of the file is none.
    """
    unread: list[str] = []
    if source.is_dir():
        memoranda, unread = read_archive(source, aliases)
    else:
        memoranda = read_jsonl(source)
    built = Built([], Counter(), unread)
    with tempfile.TemporaryDirectory(prefix="casewright-dataset-") as scratch:
        library = Library(Path(scratch) / "home")
        library.embedder = Embedder(home)
        paths = _ingested(library, memoranda, Path(scratch) / "files")
        made = 0
        for done, memorandum in enumerate(memoranda, start=1):
            if most is not None and made >= most:
                break
            split = split_name or _split(memorandum.matter)
            outcome = _example(memorandum, _ranked(library, memorandum, paths), split)
            report(done, len(memoranda))
            if isinstance(outcome, str):
                built.refused[outcome] += 1
                continue
            made += 1
            built.examples.extend(outcome)
        library.close()
    return built


def sound(examples: Sequence[Example]) -> tuple[list[Example], Counter[str]]:
    """Leaves out what the checks on all examples fault; counts it by check.

    A word is known to be no name from any example, so that these checks see more than those on one
    example, and see it again where others are left out.
    """
    kept, refused = list(examples), Counter[str]()
    while faults := {fault.example: fault.check for fault in check_examples(kept)}:
        left = [one for one in kept if one.id not in faults and one.matter not in faults]
        refused.update(faults.values())
        kept = left
    return kept, refused


def _split(matter: str) -> str:
    """The side of a matter, told by its name alone, so that it stays there as others come."""
    return "held-out" if zlib.crc32(matter.encode()) % HELD_OUT == 0 else "train"


def _ingested(
    library: Library, memoranda: Sequence[Memorandum], folder: Path
) -> dict[str, list[str]]:
    """Ingests the case files; gives their documents' paths and hashes by memorandum."""
    paths: dict[str, list[str]] = {}
    files: list[Path] = []
    for number, memorandum in enumerate(memoranda):
        own = list(memorandum.files)
        for name, text in memorandum.documents:
            if text:
                file = folder / str(number) / name.replace("/", "-")
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(text + "\n", encoding="utf-8")
                own.append(file)
        paths[memorandum.id] = [str(file) for file in own]
        files += own
    if files:
        library.ingest(MATTER, list(dict.fromkeys(files)))
        known = library.documents(MATTER)
        ids = {document.id for document in known}
        for id_, given in paths.items():
            # What lies in an archive has its path, a file with the bytes of another only its hash.
            within = [one.path for one in known if one.path.startswith(tuple(given))]
            hashes = [hash_ for hash_ in map(file_sha256, map(Path, given)) if hash_ in ids]
            paths[id_] = [*within, *hashes]
    return paths


def _ranked(
    library: Library, memorandum: Memorandum, paths: Mapping[str, list[str]]
) -> tuple[Excerpt, ...]:
    """The passages of the memorandum's case file, those that its question finds first."""
    if memorandum.passages:
        return memorandum.passages
    own = paths[memorandum.id]
    if not own or not any(character.isalnum() for character in memorandum.question):
        return ()
    ranked = search(library, MATTER, memorandum.question, RANKED, Scope(documents=tuple(own)))
    return tuple(excerpt(one.passage) for one in ranked)


def _example(
    memorandum: Memorandum, passages: Sequence[Excerpt], split: str
) -> list[Example] | str:
    """The examples that a memorandum makes, or why it makes none."""
    question = memorandum.question
    if not 20 <= len(question) <= 1000 or not _WHOLE.match(question):
        return "question missing, cut off or too long"
    kept = chosen(memorandum.sections, passages, question)
    if isinstance(kept, str):
        return kept
    used = sorted({index for kinds in kept.values() for one in kinds for index in one.by})
    others = [index for index in range(len(passages)) if index not in used]
    order = [*used, *others[: PASSAGES - len(used)]]
    draw = random.Random(memorandum.id)
    draw.shuffle(order)
    number = {index: position for position, index in enumerate(order, start=1)}
    example = Example(
        id=memorandum.id,
        matter=memorandum.matter,
        area="house",
        split=split,
        answerable=True,
        question=question,
        passages=tuple(passages[index] for index in order),
        memorandum=written(question, kept, number),
    )
    if faults := check_example(example):
        return faults[0].check
    if draw.randrange(WITHHELD):
        return [example]
    left = [passages[index] for index in others]
    second = withheld(example, left, supported(memorandum.sections["FACTS"], left, question), draw)
    return [example, second] if second is not None and not check_example(second) else [example]


_WHOLE = re.compile(r"(?:\(?\d{1,2}\.?\)?|\([a-z]\))?\s*[A-Z\"“]")
"""A question that begins at its beginning; several are numbered."""
