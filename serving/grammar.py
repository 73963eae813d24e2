"""A grammar that a memorandum is written in: the house's headings, and citations that exist.

One text, in the part of GBNF that llama.cpp and xgrammar (vLLM) both read: llama.cpp takes it as
``grammar`` in a request, vLLM as ``structured_outputs={"grammar": ...}``.

What it holds a model to:

- the five headings stand in order, something under each, no other line that could be one;
- a bracket with a number in it cites a passage that was given; ``[t]enant`` stays possible;
- every line ends as a sentence does, so that no section ends in the middle of one;
- a section ends: it has so many words, by its share of the tokens that an answer may take;
- nothing that Markdown or a browser would follow: no ``<``, ``](``, ``![``, ``://``, no emphasis.

Text is counted in *steps*: a character that is no letter, and the letters behind it. A step is a
word, a digit or a mark, and takes about as many tokens: ``TOKENS_A_STEP``. No text can be read
as steps in two ways, which keeps the engines quick.
"""

import hashlib
import re
from collections.abc import Iterator
from itertools import pairwise

from serving.citations import sentences
from serving.house import HEADINGS, house
from serving.memo import sections

SHARES = {
    "QUESTION PRESENTED": 0.09,
    "BRIEF ANSWER": 0.14,
    "FACTS": 0.255,
    "DISCUSSION": 0.4,
    "CONCLUSION": 0.115,
}
"""What part of a memorandum each section may take; in the house's, the longest of each."""
PARAGRAPHS = frozenset({"FACTS", "DISCUSSION"})
"""Sections that may have more than one."""
TOKENS_A_STEP = 1.5
"""Tokens that a step takes at most; in the house's memoranda 1.12 to 1.31 (SmolLM2)."""
HEADING_TOKENS = 40
"""What the five headings and the breaks around them take."""
MOST_STEPS = 1900
"""In a section; llama.cpp refuses a repetition of 2000."""

SENTENCE_STEPS = 60
"""In a sentence that is written anew; the house's longest have about 45."""

# Latin with its accents, Greek and Cyrillic. Where words have no spaces, they would not fit.
_LETTER = (
    "A-Za-z\u00aa\u00b5\u00ba\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f\u0370-\u052f\u1e00-\u1fff"
)


_MARK = r"""0-9,;"“”‘’\x27)…§¶$€£%&@_/+=°½¼¾×–—\-"""
_STEP = re.compile(
    rf" ?\[(?:[{_LETTER}]+|\d+)\][{_LETTER}]*"
    rf"|(?:[.?{_MARK}]|:[0-9]|:? [{_LETTER}{_MARK}(])[{_LETTER}]*(?:\([{_LETTER}]*)?"
)
_END = re.compile(r"[.?][\"”’)]?(?: ?\[\d+\]){0,3}\s*$")


def memorandum_grammar(passages: int, tokens: int) -> str:
    """Gives the grammar of a memorandum on so many passages that takes at most so many tokens.

    Without passages no citation can be written.
    """
    return "\n".join(_rules(passages, tokens)) + "\n"


def sentence_grammar(passages: int) -> str:
    """Gives the grammar of one sentence, or few short ones on a line, on so many passages."""
    rules = [f"root ::= start step{{2,{SENTENCE_STEPS}}} stop closing", *_text_rules(passages)]
    return "\n".join(rules) + "\n"


def most_tokens(tokens: int) -> int:
    """Gives a limit for the engine that a memorandum bound to so many tokens does not reach.

    Its sections end by themselves; a step of a citation takes three tokens, and some take more.
    """
    return 2 * tokens


def sha256(grammar: str) -> str:
    """Gives the hash that a receipt names a grammar by."""
    return hashlib.sha256(grammar.encode()).hexdigest()


def most_steps(heading: str, tokens: int) -> int:
    """Gives how many steps the section may have when a memorandum takes at most these tokens."""
    room = max(0, tokens - HEADING_TOKENS) / TOKENS_A_STEP
    return max(4, min(MOST_STEPS, int(room * SHARES[heading])))


def cut_ends(memorandum: str, tokens: int) -> frozenset[int]:
    """Gives where sections end that took all the steps they may: their last sentence may be cut.

    ``tokens`` are those that the memorandum was bound to.
    """
    found = set()
    for section in sections(memorandum):
        if section.heading:
            text = _END.sub("", memorandum[section.start : section.end])
            part = HEADINGS[house().headings.index(section.heading)]
            if len(_STEP.findall(text)) >= most_steps(part, tokens):
                found.add(section.start + len(memorandum[section.start : section.end].rstrip()))
    return frozenset(found)


def without_cut(memorandum: str, tokens: int) -> tuple[str, int]:
    """Gives the memorandum without sentences that may be cut, and how many were left out.

    One that stands alone in its section stays.
    """
    spans = sentences(memorandum)
    starts = {section.start for section in sections(memorandum)}
    ends = cut_ends(memorandum, tokens)  # from the end on, those before stay where they are
    left_out = 0
    for before, last in reversed(list(pairwise(spans))):
        opens = any(before[1] <= start <= last[0] for start in starts)
        if last[1] in ends and not opens:
            memorandum = memorandum[: before[1]] + memorandum[last[1] :]
            left_out += 1
    return memorandum, left_out


def _rules(passages: int, tokens: int) -> Iterator[str]:
    names = [heading.lower().replace(" ", "-") for heading in HEADINGS]
    yield "root ::= " + ' "\\n\\n" '.join(
        f'"{heading}\\n" {name}' for heading, name in zip(house().headings, names, strict=True)
    )
    for heading, name in zip(HEADINGS, names, strict=True):
        step = "step-or-break" if heading in PARAGRAPHS else "step"
        yield f"{name} ::= start {step}{{2,{most_steps(heading, tokens)}}} stop closing"
    yield r"step-or-break ::= step | break"
    yield r'break ::= stop closing "\n\n" start'
    yield from _text_rules(passages)


def _text_rules(passages: int) -> Iterator[str]:
    """The rules of a line of text: ``start``, any number of ``step``, ``stop closing``."""
    # A line that began with two capitals could be a heading in the wrong place.
    yield r'start ::= ["“(]? ([A-ZÀ-ÖØ-Þ] ([a-zß-öø-ÿ] letters)? | [0-9$€£§])'
    yield r'step ::= (stop | mark | ":" [0-9] | ":"? " " (letter | mark | "(")) tail | bracket'
    # A round bracket opens behind all but a square one: no link can be written.
    yield r'tail ::= letters ("(" letters)?'
    yield r"letters ::= letter{0,24}"
    yield f"letter ::= [{_LETTER}]"
    yield r"stop ::= [.?]"
    yield f"mark ::= [{_MARK}]"
    yield r'closing ::= ["”’)]?' + (" cited{0,3}" if passages else "")
    yield r'bracket ::= " "? "[" letter letters "]" letters' + (" | cited" if passages else "")
    if passages:
        numbers = " | ".join(f'"{number}"' for number in range(1, passages + 1))
        yield f'cited ::= " "? "[" ({numbers}) "]"'
