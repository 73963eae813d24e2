"""What many memoranda say word for word: signatures, page marks, set phrases.

A model learns such words first and best, and writes them where they do not belong. Runs of eight
words that stand in the memoranda of several matters are counted, digits aside.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from serving.facts import PASSAGE_NUMBER
from serving.house import HEADINGS
from training.examples import Example

RUN = 8
"""Words in a run."""
MATTERS = 4
"""The least matters in whose memoranda a run or line stands, to be boilerplate."""
SHARE = 0.02
"""The least share of the matters, where that is more."""
MUCH = 0.25
"""Share of a memorandum's words in such runs, above which it is warned of."""

Run = tuple[str, ...]

_MARKS = (
    ("a page mark", r"(?:page|p\.)\s*(?:no\.?\s*)?\d+(?:\s*of\s*\d+)?|-+\s*\d{1,4}\s*-+"),
    (
        "a file mark",
        r"(?:our |your )?(?:file|ref(?:erence)?)\.?\s*(?:no\.?)?\s*:?\s*\S*\d\S*",
    ),
    (
        "a closing",
        r"(?:(?:very |yours |most )?(?:truly|sincerely|faithfully|respectfully)(?: yours)?"
        r"|(?:kind |best )?regards|respectfully submitted),?",
    ),
    ("a signature", r"(?:/s/|by:\s*_{2,}|_{5,}).*"),
)


@dataclass(frozen=True, slots=True)
class Phrase:
    """A run of words, or a line, that recurs."""

    text: str
    """As it stands in the first memorandum that has it."""
    matters: int
    words: int


@dataclass(frozen=True, slots=True)
class Boilerplate:
    """What recurs over the memoranda of a file."""

    phrases: tuple[Phrase, ...]
    """The widest spread first."""
    shares: dict[str, float]
    """By example: the share of its words that stand in phrases."""
    marks: dict[str, tuple[str, ...]]
    """By example: its page marks, file marks, closings and signatures, in words."""


def boilerplate(examples: Sequence[Example]) -> Boilerplate:
    """Gives the runs and lines that stand in the memoranda of several matters."""
    texts = [_body(example) for example in examples]
    least = max(MATTERS, round(SHARE * len({example.matter for example in examples})))
    matters: defaultdict[Run, set[str]] = defaultdict(set)
    for example, text in zip(examples, texts, strict=True):
        for run in (*_runs(_words(text)), *_short_lines(text)):
            matters[run].add(example.matter)
    spread = {run: len(found) for run, found in matters.items() if len(found) >= least}
    phrases: list[Phrase] = []
    told: set[Run] = set()
    shares: dict[str, float] = {}
    for example, text in zip(examples, texts, strict=True):
        words = _words(text)
        covered = 0
        for start, end in _stretches(words, spread):
            covered += end - start
            runs = _runs(words[start:end])
            if told.isdisjoint(runs):
                phrases.append(
                    _phrase(text, words[start:end], max(spread.get(run, 0) for run in runs))
                )
            told.update(runs)
        for line in _short_lines(text):
            if line in spread and line not in told:
                told.add(line)
                phrases.append(Phrase(" ".join(line), spread[line], len(line)))
        shares[example.id] = covered / len(words) if words else 0.0
    phrases.sort(key=lambda phrase: (-phrase.matters, -phrase.words, phrase.text))
    return Boilerplate(
        tuple(phrases),
        shares,
        {example.id: marks for example in examples if (marks := line_marks(example.memorandum))},
    )


def line_marks(memorandum: str) -> tuple[str, ...]:
    """Gives the page marks, file marks, closings and signatures among its lines, in words."""
    counted: Counter[str] = Counter()
    for line in memorandum.splitlines():
        for name, pattern in _MARKS:
            if re.fullmatch(pattern, line.strip(), re.IGNORECASE):
                counted[f"{name}: “{line.strip()}”"] += 1
                break
    return tuple(counted)


def _body(example: Example) -> str:
    """The memorandum without headings and citations."""
    text = PASSAGE_NUMBER.sub("", example.memorandum)
    return "\n".join(line for line in text.splitlines() if line.strip() not in HEADINGS)


def _words(text: str) -> list[str]:
    return re.findall(r"\w+(?:['’-]\w+)*", re.sub(r"\d+", "0", text.lower()))


def _runs(words: Sequence[str]) -> list[Run]:
    return [tuple(words[at : at + RUN]) for at in range(len(words) - RUN + 1)]


def _short_lines(text: str) -> list[Run]:
    """Lines that are too short for a run: a name under a letter, a page's number."""
    lines = [tuple(_words(line)) for line in text.splitlines()]
    return [line for line in lines if 0 < len(line) < RUN]


def _stretches(words: Sequence[str], spread: dict[Run, int]) -> list[tuple[int, int]]:
    """The stretches of words that recurring runs cover."""
    found: list[tuple[int, int]] = []
    for at, run in enumerate(_runs(words)):
        if run not in spread:
            continue
        if found and at < found[-1][1]:
            found[-1] = (found[-1][0], at + RUN)
        else:
            found.append((at, at + RUN))
    return found


def _phrase(text: str, words: Sequence[str], matters: int) -> Phrase:
    """The phrase as the memorandum writes it."""
    between = r"\W+"
    pattern = between.join(re.escape(word).replace("0", r"\d+") for word in words)
    written = re.search(pattern, text, re.IGNORECASE)
    whole = written.group() if written else " ".join(words)
    return Phrase(" ".join(whole.split()), matters, len(words))
