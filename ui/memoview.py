"""An answer as the reader sees it: each sentence with its verdict, each citation to be chosen."""

import re
from collections.abc import Sequence

from retrieval.documents import Passage
from serving.answered import Answer
from serving.citations import CheckedSentence
from serving.facts import PASSAGE_NUMBER
from serving.house import house
from serving.memo import without_emphasis
from ui.prose import Node

SIGNS = {
    "verified": ("✓", "verified in the passages cited"),
    "partly": ("◐", "found only in part in the passages cited"),
    "unsupported": ("▲", "not found in the passages cited"),
    "invalid": ("✕", "citing a passage that is not there"),
    "uncited": ("○", "stating a fact without a citation"),
    "reasoning": ("·", "reasoning, with no fact to check"),
    "unchecked": ("–", "not checked, for it may be cut off"),
    "record": ("=", "told of the search itself, by no model"),
}
"""What a sentence is found to be -> its sign, and its meaning in words after a number."""
CORRECTED = ("↻", "of them under a corrected citation")
"""Beside the sign of a verified sentence whose citation the check has changed."""

_CLOSING = ".,;:)”’\"'"


def tally(answer: Answer) -> str:
    """Gives how many sentences are verified, at a glance."""
    if answer.abstained:
        return "Not answered"
    return f"{answer.verified} of {len(answer.sentences)} sentences verified"


def legend(answer: Answer) -> Node:
    """Gives the signs that stand in this answer with their meaning and their number."""
    found: list[str] = [sentence.verdict for sentence in answer.sentences]
    entries = [
        Node("span", f"entry {key}", children=(_sign(key), Node("span", "", f"{count} {meaning}")))
        for key, (_, meaning) in SIGNS.items()
        if (count := found.count(key))
    ]
    if changed := sum(bool(sentence.change) for sentence in answer.sentences):
        sign, meaning = CORRECTED
        told = Node("span", "", f"{changed} {meaning}")
        # They are some of the verified ones, which come first.
        entries.insert(1, Node("span", "entry corrected", children=(_mark(sign, meaning), told)))
    return Node("div", "legend", children=tuple(entries))


def asked(question: str, typed: str) -> list[Node]:
    """Gives the question as it was typed, and under it what was asked where that is another."""
    if typed == question:
        return [Node("p", "question", question)]
    return [Node("p", "question", typed), Node("p", "asked-as", f"Asked as: {question}")]


def copy_button(text: str) -> Node:
    """Gives the button that copies a text."""
    return Node("button", "copy", "Copy", copy=text)


def memorandum(answer: Answer) -> list[Node]:
    """Gives the memorandum: headings, paragraphs, and every sentence with its sign."""
    nodes = []
    for line in re.finditer(r"[^\n]+", answer.text):
        inside = [one for one in answer.sentences if line.start() <= one.start < line.end()]
        if inside:
            nodes.append(_paragraph(answer, inside))
        elif line.group().strip():
            nodes.append(_heading(line.group()))
    return nodes


def passages(given: Sequence[Passage], *, to_choose: bool = True) -> list[Node]:
    """Gives the numbered passages, each a button unless they are only to be read."""
    return [
        Node(
            "button" if to_choose else "div",
            "passage",
            children=(
                Node("span", "number", f"[{number}]"),
                Node("span", "source", passage.place),
                Node("span", "excerpt", " ".join(passage.text.split())),
            ),
            choose=number if to_choose else None,
            label=f"Show passage {number} on its page" if to_choose else "",
        )
        for number, passage in enumerate(given, start=1)
    ]


def _heading(line: str) -> Node:
    bare = without_emphasis(line).strip(" \t*:")
    if bare in house().headings:
        return Node("h2", "heading", bare.capitalize())
    return Node("h3", "subheading", bare)


def _paragraph(answer: Answer, sentences: Sequence[CheckedSentence]) -> Node:
    parts: list[Node] = []
    for sentence in sentences:
        key: str = sentence.verdict
        words = _cited(answer.text[sentence.start : sentence.end], answer.passages)
        signs = [_sign(key, sentence.reason)]
        if sentence.change:
            key = f"{key} corrected"
            signs.append(_mark(CORRECTED[0], sentence.change))
        parts.append(Node("span", f"sentence {key}", children=(*signs, *words)))
    notes = dict.fromkeys(note for one in sentences if (note := _note(one)) is not None)
    return Node(
        "div",
        "block",
        children=(
            Node("p", "paragraph", children=tuple(parts)),
            *(
                Node("p", f"reason {key}", children=(_mark(sign, key), Node("span", "", reason)))
                for key, sign, reason in notes
            ),
        ),
    )


def _note(one: CheckedSentence) -> tuple[str, str, str] | None:
    """The class, the sign and the words of what stands under a sentence's paragraph, if any."""
    if one.change:
        return "corrected", CORRECTED[0], one.change
    # That a sentence is uncited is said by its sign; the other reasons name what is missing.
    if one.verdict in ("partly", "unsupported", "invalid"):
        return one.verdict, SIGNS[one.verdict][0], one.reason
    return None


def _cited(sentence: str, given: Sequence[Passage]) -> list[Node]:
    """The sentence's words, and its citations as buttons where there is such a passage."""
    first, *others = PASSAGE_NUMBER.split(without_emphasis(sentence))
    parts = [Node("span", "words", first)]
    for digits, following in zip(others[::2], others[1::2], strict=True):
        # A full stop never stands alone on the next line.
        words = following.lstrip(_CLOSING)
        stop = Node("span", "words", following[: len(following) - len(words)])
        parts.append(Node("span", "tied", children=(_citation(int(digits), given), stop)))
        parts.append(Node("span", "words", words))
    return [part for part in parts if part.text or part.children]


def _citation(number: int, given: Sequence[Passage]) -> Node:
    if 1 <= number <= len(given):
        label = f"Show passage {number}: {given[number - 1].place}"
        return Node("button", "cite", f"[{number}]", choose=number, label=label)
    return Node("span", "cite none", f"[{number}]")


def _sign(key: str, reason: str = "") -> Node:
    sign, meaning = SIGNS[key]
    return _mark(sign, reason or meaning)


def _mark(sign: str, label: str) -> Node:
    return Node("span", "sign", sign, label=label)
