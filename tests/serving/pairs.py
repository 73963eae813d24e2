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
from serving.quantities import MONTHS
from serving.sources import Source
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


def _date_form(sentence: str, draw: random.Random) -> str | None:
    match = _DATE.search(sentence)
    if match is None:
        return None
    month, day, year = match.groups()
    number = MONTHS.index(month.lower()) + 1
    form = draw.choice(
        (
            f"{day} {month} {year}",
            f"{number}/{day}/{year}",
            f"{year}-{number:02}-{int(day):02}",
            f"the {_ordinal(int(day))} day of {month}, {year}",
            f"{month[:3]}. {day}, {year}" if month != "May" else f"{day} May {year}",
        )
    )
    return sentence[: match.start()] + form + sentence[match.end() :]


def _number_form(sentence: str, draw: random.Random) -> str | None:
    forms: list[tuple[re.Match[str], str]] = []
    for match in _COUNTED.finditer(sentence):
        forms.append((match, str(_WORDS.index(match[1].lower()) + 2)))
    for match in re.finditer(r"\$(\d{1,3}),000\b(?![,.]\d)", sentence):
        forms.append((match, draw.choice((f"${match[1]}000", f"{match[1]},000 dollars"))))
    for match in re.finditer(r"\b(\d{1,2}) ?(?:percent|%)", sentence):
        forms.append((match, f"{match[1]}%" if "p" in match.group() else f"{match[1]} percent"))
    for match in re.finditer(
        r"(?<![\w.,$-])([2-9]|1[0-2])(?= (?:days|months|years|weeks)\b)", sentence
    ):
        forms.append((match, _WORDS[int(match[1]) - 2]))
    if not forms:
        return None
    match, form = draw.choice(forms)
    if match.re is _COUNTED:
        return sentence[: match.start(1)] + form + sentence[match.end(1) :]
    return sentence[: match.start()] + form + sentence[match.end() :]


def _section_sign(sentence: str, draw: random.Random) -> str | None:
    if re.search(r"\bSection \d", sentence):
        return re.sub(r"\bSection (?=\d)", "§ ", sentence)
    return re.sub(r"§ ?(?=\d)", "Section ", sentence) if "§" in sentence else None


def _dropped(sentence: str, draw: random.Random) -> str | None:
    """Without what stands between two commas or in brackets, or behind a last "because"."""
    inner = re.search(r", (?:which|who|as|including|among)\b[^,;()]{8,}(?=, [a-z])", sentence)
    if inner:
        end = inner.end() + 1
        return sentence[: inner.start()] + sentence[end:]
    brackets = re.search(r" \((?!\w{1,4}\))[^()]{8,}\)", sentence)
    if brackets:
        return sentence[: brackets.start()] + sentence[brackets.end() :]
    last = re.search(r",? (?:because|so that|since|although) [^.]{12,}\.$", sentence)
    return sentence[: last.start()] + "." if last and last.start() > 40 else None


def _reordered(sentence: str, draw: random.Random) -> str | None:
    """With an opening clause behind the main one: "In May, it rained." "It rained in May"."""
    match = re.match(
        r"((?:In|On|At|Under|After|Before|During|Because|When|If|Since|As|For) [^,]{8,90}), "
        r"(the|it|you|he|she|they|a|an|this|that|we) ([^;]{20,})\.$",
        sentence,
    )
    if match is None or re.search(r"^[^ ]+ [^,]*\b[A-Z0-9]\w*$", match[1]):
        return None
    clause, subject, rest = match.groups()
    return f"{subject[0].upper()}{subject[1:]} {rest}, {clause[0].lower()}{clause[1:]}."


def _quoted(sentence: str, draw: random.Random) -> str | None:
    """With a run of its words in quotation marks, as a lawyer quotes: an ellipsis, brackets."""
    words = _run(sentence, draw)
    if words is None:
        return None
    form = draw.randrange(4)
    if form == 1 and len(words) >= 6:
        words = [*words[:2], "...", *words[4:]]
    elif form == 2:
        words = [f"[{words[0][0].swapcase()}]{words[0][1:]}", *words[1:]]
    elif form == 3:
        words = [*words[:2], "[sic]", *words[2:]]
    return f"The document says “{' '.join(words)}”."


def _pinned(sentence: str, index: int, file: File, draw: random.Random) -> Made:
    page = file.passages[index].page
    return f"{sentence.removesuffix('.')} (p. {page}).", file.passages, index + 1


def _wrong_page(sentence: str, index: int, file: File, draw: random.Random) -> Made:
    page = int(file.passages[index].page)
    wrong = draw.choice([one for one in range(1, page + 6) if one != page])
    form = draw.choice(("p. {}", "page {}", "pp. {}"))
    return f"{sentence.removesuffix('.')} ({form.format(wrong)}).", file.passages, index + 1


def _number(sentence: str, draw: random.Random) -> str | None:
    """Another number: of a section, a count, a measure; in digits or in words."""
    free = _DATE.sub(lambda match: "_" * len(match.group()), sentence)
    free = _AMOUNT.sub(lambda match: "_" * len(match.group()), free)
    found = [*re.finditer(r"(?<![\w$.,/-])\d+(?![\w%]|[,.]\d)", free), *_COUNTED.finditer(free)]
    if not found:
        return None
    match = draw.choice(found)
    if match.re is _COUNTED:
        other = draw.choice([word for word in _WORDS if word != match[1].lower()])
        return sentence[: match.start(1)] + other + sentence[match.end(1) :]
    value = int(match.group())
    other = str(value + draw.choice((-1, 1)) * draw.randint(1, max(2, value // 3)))
    if int(other) <= 0 or int(other) == value:
        other = str(value + 3)
    return sentence[: match.start()] + other + sentence[match.end() :]


def _date(sentence: str, draw: random.Random) -> str | None:
    found = list(_DATE.finditer(sentence))
    if not found:
        return None
    match = draw.choice(found)
    month, day, year = match.groups()
    changed = draw.randrange(3)
    if changed == 0:
        month = draw.choice([one for one in MONTHS if one != month.lower()]).capitalize()
    elif changed == 1:
        day = str(draw.choice([one for one in range(1, 29) if one != int(day)]))
    else:
        year = str(int(year) + draw.choice((-3, -2, -1, 1, 2, 3)))
    return sentence[: match.start()] + f"{month} {day}, {year}" + sentence[match.end() :]


def _amount(sentence: str, draw: random.Random) -> str | None:
    found = list(_AMOUNT.finditer(sentence))
    if not found:
        return None
    match = draw.choice(found)
    digits = [at for at in range(match.start(), match.end()) if sentence[at].isdigit()]
    at = draw.choice(digits[: max(1, len(digits) - 2)])
    other = draw.choice([digit for digit in "123456789" if digit != sentence[at]])
    return sentence[:at] + other + sentence[at + 1 :]


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


def _quote(sentence: str, draw: random.Random) -> str | None:
    """A quotation with one word changed, left out or put in."""
    words = _run(sentence, draw)
    if words is None:
        return None
    at = draw.randrange(1, len(words) - 1)
    others = [word for word in re.findall(r"[a-z]{3,}", sentence) if word != words[at].lower()]
    form = draw.randrange(3)
    if form == 0 and others:
        words[at] = draw.choice(others)
    elif form == 1:
        del words[at]
    else:
        words.insert(at, draw.choice(("not", "only", "material", "prior")))
    changed = " ".join(words)
    return None if changed in sentence else f"The document says “{changed}”."


def _negation(sentence: str, draw: random.Random) -> str | None:
    """With "not" put in behind an auxiliary, or taken out."""
    without = [
        (match, "")
        for match in re.finditer(r"(?<=\w) not(?= (?!only|later|less|more)\w)", sentence)
    ]
    without += [(match, "can") for match in re.finditer(r"\bcannot\b", sentence)]
    if without:
        match, form = draw.choice(without)
        return sentence[: match.start()] + form + sentence[match.end() :]
    found = list(
        re.finditer(
            r"\b(?:is|are|was|were|will|may|must|shall|should|would|can|has|have|had)\b(?! not)",
            sentence,
        )
    )
    if not found:
        return None
    match = draw.choice(found)
    return f"{sentence[: match.end()]} not{sentence[match.end() :]}"


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


def _run(sentence: str, draw: random.Random) -> list[str] | None:
    words = sentence.removesuffix(".").split()
    first = draw.randrange(max(1, len(words) - 9))
    run = words[first : first + draw.randint(5, 9)]
    plain = len(run) >= 5 and all(re.fullmatch(r"[\w',.$-]+", word) for word in run)
    return [word.rstrip(",.") if word is run[-1] else word for word in run] if plain else None


def _ordinal(day: int) -> str:
    ending = "th" if 10 <= day % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")
    return f"{day}{ending}"


_DATE = re.compile(rf"\b({'|'.join(MONTHS)}) (\d{{1,2}}), (\d{{4}})\b", re.IGNORECASE)
_AMOUNT = re.compile(r"\$\d[\d,]*(?:\.\d\d)?")
_WORDS = "two three four five six seven eight nine ten eleven twelve".split()
_COUNTED = re.compile(
    rf"\b({'|'.join(_WORDS)})(?= (?!hundred|thousand)(?:\w+ )?(?:days|months|years|weeks|hours|members|parcels|acres|feet|"
    r"percent|pages|copies)\b)",
    re.IGNORECASE,
)
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
    "date form": (True, _as_it_is(_date_form)),
    "number form": (True, _as_it_is(_number_form)),
    "section sign": (True, _as_it_is(_section_sign)),
    "dropped clause": (True, _as_it_is(_dropped)),
    "reordered": (True, _as_it_is(_reordered)),
    "quoted": (True, _as_it_is(_quoted)),
    "right page": (True, _pinned),
    "own words": (True, _verbatim),
    "number": (False, _as_it_is(_number)),
    "date": (False, _as_it_is(_date)),
    "amount": (False, _as_it_is(_amount)),
    "name": (False, _name),
    "quote": (False, _as_it_is(_quote)),
    "negation": (False, _as_it_is(_negation)),
    "wrong passage": (False, _wrong_passage),
    "passage not given": (False, _absent_passage),
    "wrong page": (False, _wrong_page),
    "own words, wrong passage": (False, _wrong_passage),
    "own words, passage not given": (False, _absent_passage),
}
