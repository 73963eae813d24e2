"""Sentences that their passages do not support are tried once more, against those that fit best.

A sentence that fails the check often has its facts from a passage that it does not cite, or mixes
two. The model is asked again for that sentence alone, with the two passages that hold most of its
words, in the prompt of every memorandum and under the grammar of one sentence. What it writes
takes the old one's place only if every sentence of it is verified.
"""

import re
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from retrieval.coverage import coverage
from retrieval.errors import ModelUnavailable
from serving import citations, prompts
from serving.citations import CheckedSentence
from serving.grammar import sentence_grammar
from serving.house import house
from serving.meaning import Meaning
from serving.sources import Source
from serving.writing import Writer

FAILED = frozenset({"unsupported", "invalid"})
"""Verdicts of sentences that are tried again."""
MOST = 4
"""Sentences of a memorandum that are tried again, the first ones."""
TRIED_ON = 2
"""Passages that one is tried on."""
TOKENS = 128
"""For one; its grammar ends it before."""
EMPTY = "What was written here had no support in the passages and was left out."


@dataclass(frozen=True, slots=True)
class Mended:
    """A memorandum as it reads now, checked anew, and what was done, for its receipt."""

    text: str
    sentences: tuple[CheckedSentence, ...]
    figures: dict[str, float]

    @property
    def verdicts(self) -> dict[str, int]:
        """How many sentences were found to be what."""
        return dict(Counter(one.verdict for one in self.sentences))


def mended(
    text: str,
    sentences: Sequence[CheckedSentence],
    excerpts: Sequence[prompts.Excerpt],
    ground: Sequence[Source],
    write: Writer | None,
    *,
    drop: bool,
    meaning: Meaning | None = None,
) -> Mended:
    """Gives the memorandum with failed sentences tried again where there is a writer, or left out.

    ``excerpts`` are the passages as the prompt numbered them, ``ground`` and ``meaning`` what the
    check of a sentence rests on. Where the model stops, what it has not tried stays as it was.
    """
    started, held, left_out = time.monotonic(), 0, 0
    before, was = text, sentences
    if write is not None:
        text, held = repaired(text, sentences, excerpts, ground, write, meaning)
    checked = _recalled(text, citations.check(text, ground, meaning), before, was)
    if drop:
        left_out = sum(one.verdict in FAILED for one in checked)
        text = without_failed(text, checked)
        checked = _recalled(text, citations.check(text, ground, meaning), before, was)
    seconds = round(time.monotonic() - started, 3)
    figures = {"repaired": held, "left_out": left_out, "repair_seconds": seconds}
    return Mended(text, tuple(checked), figures)


def repaired(
    text: str,
    sentences: Sequence[CheckedSentence],
    excerpts: Sequence[prompts.Excerpt],
    ground: Sequence[Source],
    write: Writer,
    meaning: Meaning | None = None,
) -> tuple[str, int]:
    """Gives the memorandum with failed sentences written anew, and how many of them hold now.

    The new text is to be checked anew. What was written before the model stopped is kept.
    """
    failed = [one for one in sentences if one.verdict in FAILED][:MOST]
    held = 0
    # From the end on, so that the spans before stay true.
    for sentence in reversed(failed):
        old = text[sentence.start : sentence.end]
        try:
            new = _anew(old, excerpts, ground, write, meaning)
        except ModelUnavailable:
            break
        if new is not None:
            text = text[: sentence.start] + new + text[sentence.end :]
            held += 1
    return text, held


def without_failed(text: str, sentences: Sequence[CheckedSentence]) -> str:
    """Gives the memorandum without the sentences that failed; an empty section says so."""
    for sentence in reversed([one for one in sentences if one.verdict in FAILED]):
        text = text[: sentence.start].rstrip(" ") + text[sentence.end :]
    text = re.sub(r"^ +", "", re.sub(r"\n{3,}", "\n\n", text), flags=re.MULTILINE).strip()
    heading = "|".join(re.escape(name) for name in house().headings)
    bare = rf"^({heading})\n\s*(?=(?:{heading})$|\Z)"
    return re.sub(bare, rf"\1\n{EMPTY}\n\n", text + "\n", flags=re.MULTILINE).strip()


def _recalled(
    text: str,
    checked: Sequence[CheckedSentence],
    before: str,
    was: Sequence[CheckedSentence],
) -> list[CheckedSentence]:
    """The sentences checked anew, with what only their writing told of those that stayed.

    That is whether one was cut off, and which citation was corrected in it.
    """
    told: dict[str, list[CheckedSentence]] = {}
    for one in was:
        told.setdefault(before[one.start : one.end], []).append(one)
    recalled = []
    for one in checked:
        known = told.get(text[one.start : one.end])
        old = known.pop(0) if known else None
        if old is None:
            recalled.append(one)
        elif old.verdict == "unchecked":
            recalled.append(replace(old, start=one.start, end=one.end))
        else:
            recalled.append(replace(one, corrected_from=old.corrected_from))
    return recalled


def _anew(
    old: str,
    excerpts: Sequence[prompts.Excerpt],
    ground: Sequence[Source],
    write: Writer,
    meaning: Meaning | None,
) -> str | None:
    """The sentence written anew, with the memorandum's numbers; None where it still fails."""
    shares = [coverage(old, [one.shown])[0] for one in ground]
    best = sorted(range(len(ground)), key=lambda index: (-shares[index], index))[:TRIED_ON]
    said = re.sub(r"\s?\[\d+\]", "", old).strip()
    asked = f"What do the passages say of this? {said}"
    written = write(
        prompts.messages(asked, [excerpts[index] for index in best]), sentence_grammar(len(best))
    )
    new = re.sub(r"\[(\d+)\]", lambda cited: f"[{best[int(cited[1]) - 1] + 1}]", written).strip()
    checked = citations.check(new, ground, meaning)
    return new if checked and all(one.verdict == "verified" for one in checked) else None
