"""Sentences with the passage that they cite, true and changed by rule; every choice is seeded.

A true sentence is true by how it is made, never by what the check says of it: it stands in the
passage word for word, or was changed there by a rule that keeps its meaning, or was written with
its citation by the author of a memorandum that ships.
"""

import random
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from retrieval.documents import DocumentText, Page
from retrieval.split import split
from serving.citations import citations, sentences
from serving.meaning import Meaning
from serving.sources import Source
from serving.verdicts import judge
from tests.serving import changes
from training.examples import read_examples
from training.memoranda.vary import MEMORANDA
from training.sections import read_jsonl

GIVEN = 8
"""Passages of a prompt."""
_PAGE = 2500
"""Characters of a letter's page."""


@dataclass(frozen=True, slots=True)
class File:
    """The passages of one prompt; and sentences that its author wrote with one citation."""

    id: str
    passages: tuple[Source, ...]
    written: tuple[tuple[str, int], ...] = ()
    """Each with the index of its passage."""


@dataclass(frozen=True, slots=True)
class Pair:
    """A sentence that cites ``[number]`` of the passages."""

    kind: str
    true: bool
    file: str
    sentence: str
    passages: tuple[Source, ...]
    number: int

    @property
    def text(self) -> str:
        """As a memorandum has it, the citation before the full stop."""
        return f"{self.sentence.removesuffix('.')} [{self.number}]."


def letters(folder: Path) -> Iterator[File]:
    """The letters of ``train.jsonl`` and ``dev.jsonl``: facts and analysis, cut as an ingest."""
    for name in ("dev.jsonl", "train.jsonl"):
        for letter in read_jsonl(folder / name):
            passages = [
                passage for title, text in letter.documents for passage in _cut(title, text)
            ]
            draw = random.Random(letter.id)
            if len(passages) > 1:
                chosen = sorted(draw.sample(range(len(passages)), min(GIVEN, len(passages))))
                yield File(letter.id, tuple(passages[index] for index in chosen))


def memoranda() -> Iterator[File]:
    """The memoranda that ship, with the sentences that cite one passage."""
    for example in read_examples(MEMORANDA):
        text = example.memorandum
        written = []
        for start, end in sentences(text):
            cited = citations(text[start:end])
            if len(cited) == 1:
                bare = re.sub(r"\s*\[\d+\]", "", text[start:end])
                written.append((bare, cited[0] - 1))
        yield File(
            example.id,
            tuple(Source(one.document, str(one.page), one.text) for one in example.passages),
            tuple(written),
        )


def pairs(files: Sequence[File], seed: int, most: int) -> list[Pair]:
    """Gives at most ``most`` pairs of each kind, a few of each file."""
    found: list[Pair] = []
    for kind, (true, make) in KINDS.items():
        draw = random.Random(f"{seed} {kind}")
        order = draw.sample(files, len(files))
        made = [pair for file in order if (pair := _one(kind, true, make, file, draw))]
        found += made[:most]
    return found


def _one(kind: str, true: bool, make: "Maker", file: File, draw: random.Random) -> Pair | None:
    candidates = list(_candidates(file, kind))
    for sentence, index in draw.sample(candidates, len(candidates)):
        made = make(sentence, index, file, draw)
        if made is not None:
            text, passages, number = made
            return Pair(kind, true, file.id, text, passages, number)
    return None


def _candidates(file: File, kind: str) -> Iterator[tuple[str, int]]:
    if kind.startswith("own words"):
        yield from file.written
        return
    for index, source in enumerate(file.passages):
        for start, end in sentences(source.text):
            text = " ".join(source.text[start:end].split())
            whole = re.match(r"[A-Z]", text) and text.endswith(".") and 50 <= len(text) <= 320
            paired = text.count('"') % 2 == 0 and text.count("“") == text.count("”")
            if whole and paired and len(text.split()) >= 8 and not citations(text):
                yield text, index


def _cut(title: str, text: str) -> list[Source]:
    pages = tuple(
        Page(number, start, min(start + _PAGE, len(text)))
        for number, start in enumerate(range(0, len(text), _PAGE), start=1)
    )
    return [
        Source(title, str(page), text[start:end])
        for page, start, end in split(DocumentText(text, pages))
        if text[start:end].strip()
    ]


Made = tuple[str, tuple[Source, ...], int]
Maker = Callable[[str, int, File, random.Random], Made | None]


def _as_it_is(change: Callable[[str, random.Random], str | None]) -> Maker:
    """A change of the words alone."""

    def make(sentence: str, index: int, file: File, draw: random.Random) -> Made | None:
        changed = change(sentence, draw)
        if changed is None or changed == sentence:
            return None
        return changed, file.passages, index + 1

    return make


def _verbatim(sentence: str, index: int, file: File, draw: random.Random) -> Made:
    return sentence, file.passages, index + 1


def _pinned(sentence: str, index: int, file: File, draw: random.Random) -> Made:
    page = file.passages[index].page
    return f"{sentence.removesuffix('.')} (p. {page}).", file.passages, index + 1


def _wrong_page(sentence: str, index: int, file: File, draw: random.Random) -> Made:
    page = int(file.passages[index].page)
    wrong = draw.choice([one for one in range(1, page + 6) if one != page])
    form = draw.choice(("p. {}", "page {}", "pp. {}"))
    return f"{sentence.removesuffix('.')} ({form.format(wrong)}).", file.passages, index + 1


def _name(sentence: str, index: int, file: File, draw: random.Random) -> Made | None:
    """Another name for one that stands in the sentence, its first word too."""
    lower = {word for one in file.passages for word in re.findall(r"\b[a-z]+\b", one.text)}
    # A name stands within a sentence, too: what opens sentences alone may be any word.
    within = {
        word for one in file.passages for word in re.findall(r"[a-z,] ([A-Z][a-z]+)", one.text)
    }
    found = [
        match
        for match in re.finditer(r"\b[A-Z][a-z]{3,}\b", sentence)
        if match.group() in within
        and match.group().lower() not in lower | _NO_NAMES
        and match.group().lower().rstrip("s") not in lower
        and match.group().lower() + "s" not in lower
    ]
    if not found:
        return None
    match = draw.choice(found)
    name = draw.choice([one for one in _NAMES if one != match.group()])
    # The same name is changed wherever the sentence has it.
    changed = re.sub(rf"\b{match.group()}\b", name, sentence)
    return changed, file.passages, index + 1


def _wrong_passage(sentence: str, index: int, file: File, draw: random.Random) -> Made | None:
    """Citing another passage of the prompt, which does not hold the sentence."""
    plain = " ".join(sentence.split())
    others = [
        at
        for at, one in enumerate(file.passages)
        if at != index and plain[:40] not in " ".join(one.text.split())
    ]
    return (sentence, file.passages, draw.choice(others) + 1) if others else None


def _absent_passage(sentence: str, index: int, file: File, draw: random.Random) -> Made | None:
    """The same, and the passage that holds it was not given."""
    made = _wrong_passage(sentence, index, file, draw)
    if made is None:
        return None
    given = tuple(one for at, one in enumerate(file.passages) if at != index)
    if any(" ".join(sentence.split())[:40] in " ".join(one.text.split()) for one in given):
        return None
    return sentence, given, made[2] - (made[2] - 1 > index)


_NO_NAMES = frozenset(
    "section sections regulation regulations this that these those there they their your with from "
    "under after before when where while because since although however therefore whether also "
    "both each some such then thus file page january february march april june july august "
    "september october november december".split()
)
_NAMES = (
    "Abernathy Brightwell Castellane Dunmore Eastlake Farquhar Gossamer Hollowell Ingersoll "
    "Jessamyn Kettering Lindqvist Mapleton Northgate Oberlin Penhallow Quimby Rosenthal "
    "Silverdale Thackeray Underhill Vandermeer Wexford Yarborough Zelinsky".split()
)
KINDS: dict[str, tuple[bool, Maker]] = {
    "verbatim": (True, _verbatim),
    "date form": (True, _as_it_is(changes.date_form)),
    "number form": (True, _as_it_is(changes.number_form)),
    "section sign": (True, _as_it_is(changes.section_sign)),
    "dropped clause": (True, _as_it_is(changes.dropped)),
    "reordered": (True, _as_it_is(changes.reordered)),
    "quoted": (True, _as_it_is(changes.quoted)),
    "right page": (True, _pinned),
    "own words": (True, _verbatim),
    "number": (False, _as_it_is(changes.number)),
    "date": (False, _as_it_is(changes.date)),
    "amount": (False, _as_it_is(changes.amount)),
    "name": (False, _name),
    "quote": (False, _as_it_is(changes.quote)),
    "negation": (False, _as_it_is(changes.negation)),
    "wrong passage": (False, _wrong_passage),
    "passage not given": (False, _absent_passage),
    "wrong page": (False, _wrong_page),
    "own words, wrong passage": (False, _wrong_passage),
    "own words, passage not given": (False, _absent_passage),
}


@dataclass(frozen=True, slots=True)
class Table:
    """How the pairs of each kind were judged."""

    counts: dict[str, dict[str, int]]
    """Kind -> pairs by verdict; ``corrected`` where the citation was corrected."""

    @property
    def changed(self) -> list[str]:
        """The kinds that are not true."""
        return [kind for kind in self.counts if not KINDS[kind][0]]

    @property
    def rejected(self) -> float:
        """Of all true pairs, the share that was not verified as it stands."""
        true = [kind for kind in self.counts if KINDS[kind][0]]
        pairs = sum(sum(self.counts[kind].values()) for kind in true)
        return 1 - sum(self.counts[kind].get("verified", 0) for kind in true) / pairs

    def share(self, kind: str) -> float:
        """Of a kind's pairs, the share that is caught, or rejected where they are true.

        Caught is what is not verified. A corrected citation is caught only where another passage
        of the prompt has the sentence; where it is of another fault, the correction hides it.
        """
        counts = self.counts[kind]
        let = counts.get("verified", 0)
        if not KINDS[kind][0] and "wrong passage" not in kind:
            let += counts.get("corrected", 0)
        return 1 - let / sum(counts.values())

    def lines(self) -> list[str]:
        """The table in words, a line a kind, then all true pairs."""
        lines = []
        for kind, counts in self.counts.items():
            pairs = sum(counts.values())
            told = "falsely rejected" if KINDS[kind][0] else "caught"
            count = round(self.share(kind) * pairs)
            lines.append(f"{kind:30} {told:16} {count:4} of {pairs:4}")
        return [*lines, f"{'all true':30} {'falsely rejected':16} {100 * self.rejected:9.2f} %"]


def table(chosen: Sequence[Pair], meaning: Meaning | None = None) -> Table:
    """Judges the pairs."""
    counts: dict[str, dict[str, int]] = {}
    for pair in chosen:
        checked = judge(pair.text, (pair.number,), pair.passages, meaning)
        verdict = "corrected" if checked.correction else checked.verdict
        kind = counts.setdefault(pair.kind, {})
        kind[verdict] = kind.get(verdict, 0) + 1
    return Table(counts)
