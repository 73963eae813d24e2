"""Sentence by sentence: which passage supports what a memorandum says, and ``[n]`` written there.

A memorandum is made of whole sentences of the original. One is kept only where one passage, or two
together, hold most of its words and all that it states; those are what it cites.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from serving import citations
from serving.house import HEADINGS
from serving.prompts import Excerpt

PASSAGES = 7
"""Passages in a prompt, distractors included."""
SUPPORT = 0.5
"""Share of a sentence's content words that its passages must hold."""

_SENTENCES = {"BRIEF ANSWER": 2, "CONCLUSION": 2, "FACTS": 4, "DISCUSSION": 5}
"""How many of each section are kept at most; in the order in which they take passages."""
_MOST_CHARACTERS = 420
"""A longer sentence is a list or a scanning fault."""


@dataclass(frozen=True, slots=True)
class Supported:
    """A sentence, and the indices of the passages that support it."""

    text: str
    by: tuple[int, ...]


def supported(text: str, passages: Sequence[Excerpt], question: str) -> list[Supported]:
    """Gives the sentences of a text that passages support, each with one or two."""
    words = [_content(passage.text) for passage in passages]
    found = []
    for start, end in citations.sentences(text):
        sentence = _bare(text[start:end])
        own = _content(sentence)
        whole = sentence[:1].isupper() and sentence.endswith((".", ".)", '."', ".”"))
        whole = whole and sentence.count('"') % 2 == 0 and not _COURTESY.search(sentence)
        if not whole or len(own) < 4 or len(sentence) > _MOST_CHARACTERS:
            continue
        by = _support(sentence, own, passages, words, question)
        if by:
            found.append(Supported(sentence, by))
    return found


def chosen(
    sections: Mapping[str, str], passages: Sequence[Excerpt], question: str
) -> dict[str, list[Supported]] | str:
    """Gives what is kept of each section, from at most ``PASSAGES - 1`` passages, or what lacks."""
    held = {name: supported(text, passages, question) for name, text in sections.items()}
    if "CONCLUSION" not in held or not held["CONCLUSION"]:
        held["CONCLUSION"] = _closing(held)
    used: set[int] = set()
    kept: dict[str, list[Supported]] = {}
    # One sentence of each first: no section takes all passages from the others.
    for most in (1, None):
        for heading, limit in _SENTENCES.items():
            taken = kept.setdefault(heading, [])
            for one in held.get(heading, []):
                if len(taken) >= (most or limit):
                    break
                if one not in taken and len(used | {*one.by}) < PASSAGES:
                    taken.append(one)
                    used |= {*one.by}
    for heading in HEADINGS[1:]:
        if not kept.get(heading):
            return f"no supported sentence for {heading}"
        order = held[heading]
        kept[heading].sort(key=order.index)
    return kept


def written(
    question: str, kept: Mapping[str, Sequence[Supported]], number: Mapping[int, int]
) -> str:
    """Gives the memorandum; ``number`` says what each passage's index is called in the prompt."""
    parts = [f"{HEADINGS[0]}\n{question}"]
    for heading in HEADINGS[1:]:
        told = [cited(one.text, [number[index] for index in one.by]) for one in kept[heading]]
        parts.append(f"{heading}\n{' '.join(told)}")
    return "\n\n".join(parts)


def _closing(held: dict[str, list[Supported]]) -> list[Supported]:
    """What stands for a conclusion where there is none: what the analysis concludes, else its end.

    Where too little of it is supported, the brief answer is given again, as memoranda do.
    """
    discussion = held.get("DISCUSSION", [])
    if len(discussion) >= 3:
        closing = [one for one in discussion if _CONCLUDES.match(one.text)][-2:] or discussion[-2:]
        held["DISCUSSION"] = [one for one in discussion if one not in closing]
        return closing
    return held.get("BRIEF ANSWER", [])[-1:]


def _support(
    sentence: str,
    own: set[str],
    passages: Sequence[Excerpt],
    words: Sequence[set[str]],
    question: str,
) -> tuple[int, ...]:
    """The passage, or the two, that hold most of the sentence and every fact of it; or none."""

    def holds(*indices: int) -> bool:
        share = len(own & set().union(*(words[index] for index in indices))) / len(own)
        sources = [f"{passages[index].document}\n{passages[index].text}" for index in indices]
        return share >= SUPPORT and not citations.missing(sentence, [*sources, question])

    order = sorted(range(len(passages)), key=lambda index: -len(own & words[index]))
    for index in order[:4]:
        if holds(index):
            return (index,)
    for first in order[:3]:
        rest = own - words[first]
        second = max(
            (index for index in order if index != first),
            key=lambda index: len(rest & words[index]),
            default=None,
        )
        if second is not None and rest & words[second] and holds(first, second):
            return first, second
    return ()


def _bare(sentence: str) -> str:
    """A sentence without the citations that it may have had, and without what numbered it."""
    bare = re.sub(r"\s*\[\d{1,3}\]", "", sentence.strip())
    return re.sub(r"^(?:\d{1,2}\.|\(?[a-z0-9]\)|•|-)\s+", "", bare)


def cited(sentence: str, numbers: Sequence[int]) -> str:
    """Gives the sentence with its citations before the full stop."""
    marks = "".join(f"[{number}]" for number in sorted(numbers))
    if sentence.endswith("."):
        return f"{sentence[:-1]} {marks}."
    return f"{sentence} {marks}"


def _content(text: str) -> set[str]:
    return {word for word in re.findall(r"[a-z0-9$]+", text.lower()) if len(word) > 3}


_COURTESY = re.compile(
    r"\b(?:enclosed|contact (?:us|me|the|your)|further assistance|feel free|your letter"
    r"|hope that|bear in mind|finder of fact|(?:further|additional) advice)\b"
)
"""What a letter says to its reader, and no memorandum."""
_CONCLUDES = re.compile(
    r"(?:Therefore|Thus|Hence|Accordingly|Consequently|As a result|As such|In (?:sum|short)"
    r"|In conclusion|For th(?:is|ese) reasons?)\b"
)
"""How a sentence opens that says what follows."""
