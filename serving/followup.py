"""A question that follows others -> the question that stands alone.

1. A question of a few words takes the frame of the one before (``ellipsis``).
2. Words that stand for something named before give way to its name (``anaphora``).
3. The document that the one before was asked under is carried along, where both ask of one thing.

Where the frame or the name cannot be told safely, nothing is guessed: the question stays as it was
put, and the one before is added behind it in plain words. English alone is known; a question in
another language stays as it is.

No model takes part: of 14 follow-ups that these rules do not resolve, SmolLM2-135M-Instruct, shown
three examples, wrote one rightly, and lost words of the user's in six.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from serving import wording
from serving.anaphora import put, referring, resolved
from serving.ellipsis import FRAMES, fragment, framed
from serving.phrases import Phrase, phrases, words
from serving.questions import questions

_MOST_EARLIER = 6
_ADDED = re.compile(r"\s*\(asked after: (?P<before>.+)\)$", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Rewritten:
    """A question as it is asked now, and what was done to it in words; empty where nothing."""

    question: str
    done: str = ""


def standalone(question: str, earlier: Sequence[str], names: Sequence[str] = ()) -> Rewritten:
    """Gives a question so that it can be understood without the ones before it.

    ``earlier`` are the questions before as they were put, oldest first; ``names`` those of the
    matter's documents and parties. A question that stands alone comes back as it is.
    """
    stood: list[str] = []
    for before in [part for one in earlier[-_MOST_EARLIER:] for part in questions(one)]:
        known = _ADDED.search(before)
        stood.append(before if known else _standalone(before, stood, names).question)
    put = questions(question)
    if not earlier or len(put) == 1:
        return _standalone(question, stood, names)
    # Of several questions each is put right where it stands, after those before it.
    now, told, at = question, [], 0
    for one in put:
        begins = now.find(one, at)
        rewritten = _standalone(one, stood, names)
        stood.append(rewritten.question)
        if begins >= 0 and rewritten.done:
            now = now[:begins] + rewritten.question + now[begins + len(one) :]
            told.append(rewritten.done)
        at = max(at, begins + len(rewritten.question))
    return Rewritten(now, "; ".join(dict.fromkeys(told)))


def _standalone(question: str, earlier: Sequence[str], names: Sequence[str]) -> Rewritten:
    if not earlier or not question.strip():
        return Rewritten(question)
    last = earlier[-1]
    if rest := fragment(question):
        whole = "" if _ADDED.search(last) else framed(rest, last, names)
        if whole:
            return Rewritten(whole, "put into the frame of the question before")
        return _with_earlier(question, last, "the question before is added")
    spoken = [_ADDED.sub("", one) for one in earlier]
    found = [resolved(one, spoken, names) for one in referring(question, names)]
    told = [f"“{one.referring.text.strip()}” is {one.phrase.text}" for one in found if one.phrase]
    now = put(question, found)
    open_words = [one.referring.text.strip() for one in found if one.phrase is None]
    open_words += _UNFINISHED.findall(question)
    if open_words:
        what = ", ".join(f"“{word}”" for word in open_words)
        told.append(f"what {what} stands for is not certain, so the question before is added")
        return _with_earlier(now, last, "; ".join(told))
    document = _carried(now, last, names, follows=bool(found) or _opens(question))
    if document is not None:
        under = document.preposition if document.preposition in FRAMES else "under"
        frame = f"{under} {document.text}"
        now = f"{now.rstrip().rstrip('?.! ')} {frame}{now.rstrip()[len(now.rstrip('?.! ')) :]}"
        told.append(f"“{frame}” is carried along")
    return Rewritten(now, "; ".join(told)) if told else Rewritten(question)


def _with_earlier(question: str, last: str, done: str) -> Rewritten:
    """The question with the one before behind it, and at most one before that."""
    added = _ADDED.search(last)
    before = f"{added['before']} {_ADDED.sub('', last)}" if added else last
    return Rewritten(f"{question.strip()} (asked after: {before.strip()})", done)


def _opens(question: str) -> bool:
    return bool(re.match(r"\s*(?:and|but|also|so)\s+\w+\s+\w", question, re.IGNORECASE))


def _carried(question: str, last: str, names: Sequence[str], *, follows: bool) -> Phrase | None:
    """The document that the question before was asked under, where this one is about the same.

    It is where it follows on in words (*And ...*, *it*), or asks of the same thing in few words
    without a name or number of its own.
    """
    before, here = phrases(last, names), phrases(question, names)
    documents = [
        one
        for one in before
        if one.kind == "document"
        and not one.unsaid
        and (one.preposition in FRAMES or (_opens(question) and one.head in wording.AGREEMENTS))
    ]
    if len(documents) != 1 or any(one.kind == "document" for one in here):
        return None
    of_its_own = [one for one in here if _proper(one) and one.text not in last]
    same = {one.head for one in before if not one.inner} & {one.head for one in here}
    short = 2 < len(words(question)) <= _SHORT
    if of_its_own or not (follows or (same and short)):
        return None
    return documents[0]


def _proper(phrase: Phrase) -> bool:
    bare = [word for word in phrase.text.split() if word.lower() not in wording.DETERMINERS]
    return any(word[0].isupper() or word[0].isdigit() for word in bare)


_SHORT = 9
_UNFINISHED = re.compile(
    r"\b(?:do|does|did|done) so\b|\bthe (?:former|latter)\b|\bwhich ones?\b(?=\s*\?)", re.IGNORECASE
)
