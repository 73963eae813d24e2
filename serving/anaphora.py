"""What *it*, *they*, *she*, *that notice* or *there* stand for, in a question asked after others.

A word whose antecedent stands in its own question is left alone. Of the phrases named before, the
nearest question's come first; where one fits it is taken, where two do none is: nothing is guessed.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from serving import wording
from serving.ellipsis import FRAMES
from serving.phrases import Phrase, phrases

_HE, _SHE = frozenset({"he", "him", "his", "himself"}), frozenset({"she", "her", "hers", "herself"})
_IT, _THEY = frozenset({"it", "its", "itself"}), frozenset({"they", "them", "their", "theirs"})
_WHOSE = frozenset({"his", "hers", "its", "their", "theirs"})
_ALONE = frozenset({"this", "that", "these", "those"})


@dataclass(frozen=True, slots=True)
class Referring:
    """A word, or words, that stand for something else: ``question[start:end]``."""

    text: str
    start: int
    end: int
    noun: str = ""
    """Of *that notice*, its noun in the singular."""

    @property
    def word(self) -> str:
        """Its first word in lower case."""
        return self.text.split(maxsplit=1)[0].lower()


@dataclass(frozen=True, slots=True)
class Resolved:
    """What referring words stand for; None where that cannot be told."""

    referring: Referring
    phrase: Phrase | None

    @property
    def words(self) -> str:
        """What is said in their place."""
        assert self.phrase is not None
        said = re.sub(r"^(?:an?|any|each|every|no)\s", "the ", self.phrase.text, flags=re.I)
        said = re.sub(r"^The\s", "the ", said)
        word = self.referring.word
        if word == "there":
            said = f"{self.phrase.preposition or 'at'} {said}"
        elif word == "then" and self.phrase.preposition:
            said = f"{self.phrase.preposition} {said}"
        if word in _WHOSE or (word == "her" and self.referring.text.endswith("her ")):
            said += "'" if self.phrase.plural and said.endswith("s") else "'s"
        opening = self.referring.start == 0
        return said[0].upper() + said[1:] if opening else said


def referring(question: str, names: Sequence[str]) -> list[Referring]:
    """Gives the words of a question that stand for what it does not name itself."""
    there = phrases(question, names)
    return [one for one in _candidates(question, there) if not _in_itself(question, one, there)]


def resolved(one: Referring, earlier: Sequence[str], names: Sequence[str]) -> Resolved:
    """Gives what referring words stand for among the questions before, oldest first."""
    if (
        one.noun
        and one.word == "it"
        and not any(_fits(one, phrase) for before in earlier for phrase in phrases(before, names))
    ):
        one = replace(one, noun="")
    for before in reversed(earlier):
        fitting = [phrase for phrase in _named(before, names) if _fits(one, phrase)]
        # What a question is asked under is hardly what the next one is about.
        nearer = [it for it in fitting if it.kind != "document" or it.preposition not in FRAMES]
        fitting = fitting if one.noun else nearer or fitting
        if fitting:
            alone = len({phrase.text.lower() for phrase in fitting}) == 1
            known = alone and not fitting[0].unsaid
            return Resolved(one, fitting[0] if known else None)
    return Resolved(one, None)


def put(question: str, found: Sequence[Resolved]) -> str:
    """Gives a question with what its words stand for in their places."""
    for one in sorted(found, key=lambda one: -one.referring.start):
        if one.phrase is not None:
            at = one.referring
            tail = " " if at.text.endswith(" ") else ""
            question = question[: at.start] + one.words + tail + question[at.end :]
    return question


def _named(before: str, names: Sequence[str]) -> list[Phrase]:
    """The phrases of a question, and the *who* that it asks for."""
    found = [one for one in phrases(before, names) if not one.inner or one.kind == "document"]
    parts = [one for one in phrases(before, names) if one.inner and one.kind != "document"]
    who = re.match(r"\s*(who)\b", before, re.IGNORECASE)
    if who:
        found.append(Phrase("who", 0, 3, "person", "who", unsaid=True))
    return [*found, *(one for one in parts if one.kind in {"person", "name"})]


def _fits(one: Referring, phrase: Phrase) -> bool:
    if phrase.head == "who":
        return one.word in _HE | _SHE
    if one.noun:
        same = phrase.head == one.noun
        generic = one.noun in wording.GENERIC_DOCUMENTS and phrase.kind == "document"
        return (same or generic) and phrase.plural == (one.word in {"these", "those"})
    if one.word in _HE | _SHE:
        wrong = "she" if one.word in _HE else "he"
        one_person = phrase.kind in {"person", "name"} and not phrase.plural
        return one_person and phrase.gender != wrong
    if one.word in _IT:
        things = {"thing", "document", "company", "place", "name"}
        return phrase.kind in things and not phrase.plural and not phrase.inner
    if one.word in _THEY:
        return phrase.plural and phrase.kind != "time"
    kind = "place" if one.word == "there" else "time"
    return one.word in {"there", "then"} and phrase.kind == kind


def _candidates(question: str, there: Sequence[Phrase]) -> Iterator[Referring]:
    for match in _REFERRING.finditer(question):
        word, start, end = match.group().lower(), match.start(), match.end()
        before, behind = question[:start].lower(), question[end:].lstrip().lower()
        following = re.match(r"[\w-]+", behind)
        noun = following.group() if following else ""
        empty = {
            "it": bool(_EMPTY_IT.search(f"{before}^{behind}")),
            "there": noun in _THERE_IS or bool(_IS_THERE.search(before)),
            "then": not before.strip() or "if " in before or bool(noun),
        }
        if word in _ALONE:
            yield from _pointing(question, match, there)
        elif empty.get(word):
            continue
        elif word == "it" and noun in _SAYS:
            yield Referring(match.group(), start, end, "document")
        elif word == "her" and noun and noun not in wording.OTHER_WORDS | wording.DETERMINERS:
            yield Referring(question[start : end + 1], start, end + 1)
        else:
            yield Referring(match.group(), start, end)


def _pointing(question: str, match: re.Match[str], there: Sequence[Phrase]) -> Iterator[Referring]:
    """*that notice*, or *that* alone as the subject or object of a sentence."""
    for phrase in there:
        if phrase.start == match.start():
            if not wording.DEICTIC.intersection(phrase.text.lower().split()):
                yield Referring(phrase.text, phrase.start, phrase.end, phrase.head)
            return
    word, before = match.group().lower(), question[: match.start()].split()
    behind = re.match(r"\s*(?:[?.,;]|$)|\s+(?P<word>[\w']+)", question[match.end() :])
    last = before[-1].lower() if before else ""
    following = behind["word"].lower() if behind and behind["word"] else ""
    ends = behind is not None and not following
    subject = last in wording.AUXILIARIES and following not in wording.DETERMINERS
    opens = not before and following in wording.AUXILIARIES
    if subject or opens or ends or (word == "this" and following in wording.AUXILIARIES):
        yield Referring(match.group(), match.start(), match.end())


def _in_itself(question: str, one: Referring, there: Sequence[Phrase]) -> bool:
    """Whether a word's antecedent stands before it in its own question.

    A pronoun that is no possessive needs a clause of its own: *does the lease allow it* is not the
    lease.
    """
    if _SENTENCE.search(question[: one.start]):  # the sentence before it is what it speaks of
        return True
    points = one.noun and one.word != "it"
    if points and any(it.head == one.noun and it.end <= one.start for it in there):
        return True
    owns = one.word in _WHOSE or one.text.endswith("her ")
    for phrase in there:
        if phrase.end > one.start or phrase.unsaid or points:
            continue
        fits = _fits(one, phrase) or (
            one.word in _THEY | ({"its"} if owns else set())
            and phrase.kind in {"person", "company", "name"}
        )
        apart = re.findall(r"[\w'-]+|[,;:]", question[phrase.end : one.start].lower())
        if fits and (owns or wording.BOUNDARIES.intersection(apart)):
            return True
    who = re.match(r"\s*(?:who|which \w+)\b", question, re.IGNORECASE)
    return bool(owns and who and one.word in {"his", "her", "their"})


_REFERRING = re.compile(
    r"(?<![\w'-])(?:he|him|his|himself|she|hers?|herself|it|its|itself|they|them|theirs?|there|then"
    r"|this|that|these|those)(?![\w'’-])",
    re.IGNORECASE,
)
_SENTENCE = re.compile(r"\w\w[.?!]\s+(?=[A-Z])")
_EMPTY_IT = re.compile(
    r"\b(?:is|was|be|will|would|does|did|can|may|has)\s+\^(?:(?:not|still|also|been|be|ever)\s+)*"
    r"(?:true|correct|possible|likely|necessary|lawful|legal|clear|certain|enough|permitted"
    r"|required|allowed|agreed|disputed|alleged|said|fair|reasonable|common|usual|matter|take"
    r"|mean|follow)\b(?!\s*(?:\?|$|by\b|under\b))"
    r"|\b(?:is|was|be)\s+\^(?:an?|the)\s.*\b(?:for|that|who|to(?!\s(?:the|an?)\b))\s"
    r"|\^(?:is|was|would be|seems?)\s+(?:true|likely|clear|possible|said|agreed)\s+that\b"
)
"""*is it true that ...*: an *it* that stands for nothing; a caret marks where it stood."""
_SAYS = frozenset("say says provide provides state states define defines mention mentions".split())
_THERE_IS = frozenset("is are was were be been has have had any exists exist".split())
_IS_THERE = re.compile(r"\b(?:is|are|was|were|be|been|will|can|has|have|had)\s+$", re.IGNORECASE)
