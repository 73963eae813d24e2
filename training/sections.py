"""Memoranda given as sections -> cited training examples.

Input is JSONL with one memorandum a line: ``id``, ``question``, ``conclusion``, ``facts`` and
``analysis``, as a firm's archive or a scanner leaves them. The text is cleaned (page headings,
file numbers, footnotes, broken lines), the facts and the analysis become the case file's
passages, and the memorandum is made from whole sentences of the original: a sentence is kept
only where a passage in the prompt supports it, and that passage is what it cites.
"""

import random
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from retrieval.documents import DocumentText, Page
from retrieval.split import split
from serving import citations
from serving.prompts import HEADINGS, Excerpt
from training.checks import check_example
from training.examples import Example
from training.jsonl import BadExamples, rows

PASSAGES = 7
"""Passages in a prompt, distractors included."""

SUPPORT = 0.5
"""Share of a sentence's content words that a passage must hold to be cited for it."""

_FIELDS = ("id", "question", "conclusion", "facts", "analysis")
_SENTENCES = {"BRIEF ANSWER": 2, "FACTS": 4, "DISCUSSION": 5, "CONCLUSION": 2}
_MOST_CHARACTERS = 420
"""A longer sentence is a list or a scanning fault."""


@dataclass(frozen=True, slots=True)
class Built:
    """What came of a file of sections: examples, and why the other memoranda gave none."""

    examples: list[Example]
    refused: Counter[str]


def build(path: Path, *, split_name: str, most: int | None = None) -> Built:
    """Gives the examples that the memoranda of a JSONL file make, at most ``most``.

    Raises:
        BadExamples: the file is missing, or a line lacks a section; the message names it.
    """
    memoranda = _read(path)
    built = Built([], Counter())
    for memorandum in memoranda:
        if most is not None and len(built.examples) >= most:
            break
        made = _example(memorandum, split_name)
        if isinstance(made, str):
            built.refused[made] += 1
        else:
            built.examples.append(made)
    return built


def cleaned(text: str) -> str:
    """Gives the text without page headings and footnotes, a paragraph a line."""
    paragraphs = []
    for paragraph in re.split(r"\n\s*\n", _CLOSING.split(text)[0]):
        lines = [line for line in paragraph.split("\n") if not _PAGE_MARK.match(line.strip())]
        joined = " ".join(" ".join(lines).split())
        if not joined or _FOOTNOTE.match(joined):
            continue
        paragraphs.append(_FOOTNOTE_SIGN.sub("", joined))
    return "\n".join(paragraphs)


def _read(path: Path) -> list[dict[str, str]]:
    memoranda = []
    for number, row in rows(path):
        lacking = [field for field in _FIELDS if field not in row]
        if lacking:
            raise BadExamples(f"{path}, line {number}: lacks the section {lacking[0]}; add it")
        memoranda.append({field: str(row[field] or "") for field in _FIELDS})
    return memoranda


def _example(memorandum: dict[str, str], split_name: str) -> Example | str:
    """The example that a memorandum makes, or why it makes none."""
    name = memorandum["id"]
    question = cleaned(memorandum["question"])
    if not 20 <= len(question) <= 600 or not question[0].isupper():
        return "question missing, cut off or too long"
    facts, analysis = cleaned(memorandum["facts"]), cleaned(memorandum["analysis"])
    available = [
        *_excerpts(f"Request for Advice {name}", facts),
        *_excerpts(f"File on {name}, law and analysis", analysis),
    ]
    supported = {
        "BRIEF ANSWER": _supported(cleaned(memorandum["conclusion"]), available, question),
        "FACTS": _supported(facts, available, question),
        "DISCUSSION": _supported(analysis, available, question),
    }
    # The analysis closes with what follows from it.
    supported["CONCLUSION"] = supported["DISCUSSION"][-2:]
    supported["DISCUSSION"] = supported["DISCUSSION"][:-2]
    kept: dict[str, list[tuple[str, int]]] = {}
    used: list[int] = []
    for heading, most in _SENTENCES.items():
        kept[heading] = []
        for sentence, index in supported[heading]:
            fits = index in used or len(used) < PASSAGES - 1
            if len(kept[heading]) < most and fits:
                kept[heading].append((sentence, index))
                used = list(dict.fromkeys([*used, index]))
        if not kept[heading]:
            return f"no supported sentence for {heading}"
    draw = random.Random(name)
    others = [index for index in range(len(available)) if index not in used]
    chosen = [*used, *draw.sample(others, min(len(others), PASSAGES - len(used)))]
    draw.shuffle(chosen)
    number = {index: position for position, index in enumerate(chosen, start=1)}
    parts = [f"{HEADINGS[0]}\n{question}"]
    parts += [
        f"{heading}\n" + " ".join(_cited(text, number[index]) for text, index in kept[heading])
        for heading in HEADINGS[1:]
    ]
    example = Example(
        id=name,
        matter=name,
        area="advice",
        split=split_name,
        answerable=True,
        question=question,
        passages=tuple(available[index] for index in chosen),
        memorandum="\n\n".join(parts),
    )
    faults = check_example(example)
    return faults[0].check if faults else example


def _excerpts(document: str, text: str) -> list[Excerpt]:
    whole = DocumentText(text, (Page(1, 0, len(text)),))
    return [
        Excerpt(document, page, text[start:end].strip())
        for page, start, end in split(whole)
        if text[start:end].strip()
    ]


def _supported(text: str, excerpts: Sequence[Excerpt], question: str) -> list[tuple[str, int]]:
    """Sentences of the text, each with the passage that supports it best; others are left out."""
    found = []
    words = [_content(excerpt.text) for excerpt in excerpts]
    for start, end in citations.sentences(text):
        sentence = text[start:end].strip()
        own = _content(sentence)
        whole = sentence[0].isupper() and sentence.endswith((".", "?", ".)"))
        if not whole or len(own) < 4 or len(sentence) > _MOST_CHARACTERS:
            continue
        shares = [len(own & held) / len(own) for held in words]
        best = max(range(len(shares)), key=shares.__getitem__, default=None)
        if best is None or shares[best] < SUPPORT:
            continue
        source = excerpts[best]
        if not citations.missing(sentence, [f"{source.document}\n{source.text}", question]):
            found.append((sentence, best))
    return found


def _cited(sentence: str, number: int) -> str:
    """The sentence with its citation before the full stop."""
    if sentence.endswith("."):
        return f"{sentence[:-1]} [{number}]."
    return f"{sentence} [{number}]"


def _content(text: str) -> set[str]:
    return {word for word in re.findall(r"[a-z0-9$]+", text.lower()) if len(word) > 3}


_PAGE_MARK = re.compile(
    r"(?:file|our file|re)\s*(?:no\.?)?:?\s*[A-Z]-?\d{2}-?\d+.*"
    r"|page\s*(?:no\.?)?\s*\d+.*"
    r"|-?\s*\d{1,3}\s*-?",
    re.IGNORECASE,
)
_FOOTNOTE = re.compile(
    r"(?:[¹²³⁴⁵⁶⁷⁸⁹*†_]|\d{1,2} (?=The |All |Section|Government|See |Regulation|If |For |We |In ))"
)
_CLOSING = re.compile(
    r"If you have (?:any )?(?:other|further|additional)?\s*questions|\bSincerely,"
)
_FOOTNOTE_SIGN = re.compile(r"[¹²³⁴⁵⁶⁷⁸⁹⁰]+")
