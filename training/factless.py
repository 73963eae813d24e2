"""A text without its facts: what is left is how it is written.

Every quotation, authority, quantity, name and passage number becomes a mark that is the same for
all of its kind and counts as one word, however many the fact has.
"""

import re

from serving.citations import sentences
from serving.facts import NO_NAMES, PASSAGE_NUMBER, QUOTATION, facts
from serving.quantities import quantities

NAME, NUMBER, QUOTED, CITED = "Nnn", "0", "“Nnn”", "[0]"
"""The marks. A name begins with a capital: it may open a sentence."""


def without_facts(text: str) -> str:
    """Gives the text with its facts as marks; lines, stops and all other words stay."""
    text = QUOTATION.sub(QUOTED, PASSAGE_NUMBER.sub(CITED, text))
    text = _PASSAGE.sub("passage", _TITLE.sub("", text))
    text = _INITIALS.sub(_without_initials, text)
    parts, at = [], 0
    for start, end in sentences(text):
        parts += [text[at:start], _marked(text[start:end])]
        at = end
    return "".join([*parts, text[at:]])


def _marked(sentence: str) -> str:
    if sentence.isupper():  # a heading
        return sentence
    for one in reversed(quantities(PASSAGE_NUMBER.sub(_hidden, sentence))):
        sentence = sentence[: one.start] + NUMBER + sentence[one.end :]
    named = [one for one in facts(sentence) if any(letter.isupper() for letter in one)]
    for name in sorted(named, key=len, reverse=True):
        if name != NAME:
            sentence = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", NAME, sentence)
    return _RUN.sub(NAME, sentence)


def _hidden(mark: re.Match[str]) -> str:
    return "_" * len(mark.group())


def _without_initials(initials: re.Match[str]) -> str:
    return initials.group() if initials["next"].lower() in NO_NAMES else ""


_PASSAGE = re.compile(r"\bPassage(?=s? \d)")
_TITLE = re.compile(r"\b(?:Mr|Mrs|Ms|Dr)\.?\s(?=[A-Z])")
_INITIALS = re.compile(r"\b(?:[A-Z]\.\s?)+(?=(?P<next>[A-Z][a-z]+))")
_RUN = re.compile(rf"{NAME}(?:['’]s?)?(?: (?:(?:of|and|the|for|de|&) )*{NAME}(?:['’]s?)?)*")
