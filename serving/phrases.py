"""The noun phrases of a question, and what kind of thing each names.

Told without a tagger: a phrase begins at a determiner, a capital or a known name, and ends before
the next word of another kind. What cannot be told so is no phrase.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Literal

from serving import wording

Kind = Literal["person", "company", "name", "document", "place", "time", "thing"]
"""``name`` is a person's or a company's."""


@dataclass(frozen=True, slots=True)
class Phrase:
    """A noun phrase, ``question[start:end]``."""

    text: str
    start: int
    end: int
    kind: Kind
    head: str
    """Its noun in lower case, in the singular."""
    plural: bool = False
    gender: str = ""
    """``he`` or ``she`` where a title tells it."""
    preposition: str = ""
    """What it stands behind, as ``under``; empty where nothing."""
    begins: int = 0
    """Where the preposition begins, else ``start``."""
    inner: bool = False
    """Whether it is part of another, as in *the term of the lease*."""
    unsaid: bool = False
    """Whether it does not say who or what it is: *which witness*, *her letter*."""


@dataclass(frozen=True, slots=True)
class _Word:
    text: str
    start: int
    end: int

    @property
    def lower(self) -> str:
        return self.text.lower().replace("’", "'")


def words(question: str) -> list[str]:
    """Gives the words and marks of a question, in lower case."""
    return [word.lower for word in _words(question)]


def phrases(question: str, names: Sequence[str] = ()) -> list[Phrase]:
    """Gives the noun phrases of a question in order, those inside others behind them.

    ``names`` are those of documents and parties; each is a phrase wherever it stands.
    """
    said = _words(question)
    known = _known(question, names)
    simple: list[Phrase] = []
    at = 0
    while at < len(said):
        phrase, at = _at(question, said, at, known)
        if phrase is not None:
            simple.append(_placed(phrase, said))
    return sorted(_joined(question, simple), key=lambda one: (one.start, one.inner))


def _words(question: str) -> list[_Word]:
    return [_Word(one.group(), one.start(), one.end()) for one in _WORD.finditer(question)]


def _known(question: str, names: Sequence[str]) -> dict[int, tuple[int, str]]:
    """Where known names begin, and where each ends; the longest wins."""
    found: dict[int, tuple[int, str]] = {}
    # A name of one word without a suffix, as *Order*, may stand for anything.
    telling = {name.strip() for name in names if re.search(r"\S[ .]\S", name)}
    for name in sorted(telling, key=len):
        for match in re.finditer(rf"(?<!\w){re.escape(name)}(?!\w)", question, re.IGNORECASE):
            found[match.start()] = (match.end(), name)
    return found


def _at(
    question: str, said: Sequence[_Word], at: int, known: dict[int, tuple[int, str]]
) -> tuple[Phrase | None, int]:
    """The phrase that begins at a word, if any, and the word to go on from."""
    word, start = said[at], at
    before = said[at - 1].lower if at else ""
    asks = not at or before in wording.PREPOSITIONS | {"and", "or"}
    first = word.lower in wording.DETERMINERS or (asks and word.lower in _ASKED)
    body = at + 1 if first else at
    if body >= len(said):
        return None, at + 1
    if word.lower in {"this", "that"} and not _points(said, at):
        return None, at + 1
    if said[body].start in known:
        end = known[said[body].start][0]
        stop = next((n for n in range(body, len(said)) if said[n].start >= end), len(said))
    elif _capital(said, body):
        stop = _capitals_end(said, body)
    elif first:
        stop = _common_end(said, body)
        stop = body + len(_without_predicate(said, start, body, stop))
    else:
        return None, at + 1
    if stop == body:
        return None, at + 1
    text = question[word.start : said[stop - 1].end]
    return _phrase(text, word, said[body:stop], first), stop


def _points(said: Sequence[_Word], at: int) -> bool:
    """Whether a *this* or *that* points at the noun behind it, and does not open a clause."""
    noun = wording.singular(said[at + 1].lower) in wording.NOUNS | wording.DEICTIC
    before = said[at - 1].lower if at else ""
    if before in wording.AUXILIARIES:  # *does that include taxes*
        return noun
    if not at or before in _POINTING_BEHIND or said[at].lower == "this":
        return True
    # *who signed that notice*, not *the notice that was signed*, nor *did he say that rent ...*
    opens = before in _SAYING or wording.singular(before) in wording.NOUNS
    inside = any(word.lower in wording.ARTICLES for word in said[max(0, at - 3) : at])
    return noun and not opens and not inside


def _capital(said: Sequence[_Word], at: int) -> bool:
    word = said[at]
    if not word.text[0].isupper() and not word.text[0].isdigit():
        return False
    lower = word.lower.rstrip(".")
    if word.text[0].isdigit():
        return bool(re.fullmatch(r"(?:19|20)\d\d", word.text))
    ordinary = lower in wording.OTHER_WORDS | wording.DETERMINERS and lower != "may"
    if at == 0:
        following = said[1].text if len(said) > 1 else ""
        return not ordinary and (lower in wording.TITLES or following[:1].isupper())
    return not ordinary or (lower == "may" and said[at + 1 : at + 2] != [])


def _capitals_end(said: Sequence[_Word], at: int) -> int:
    """Behind the last word of a name: *Section 4.2*, *Orrin & Tarn, Inc.*, *March 3, 2021*."""
    stop = at + 1
    while stop < len(said):
        before, text, behind = said[stop - 1], said[stop].text, said[stop + 1 : stop + 2]
        number = text[0].isdigit() and before.text[0].isupper()
        joins = text == "&" and behind and behind[0].text[0].isupper()
        if text[0].isupper() or number:
            stop += 1
        elif joins or (text == "," and behind and _goes_on(before, behind[0])):
            stop += 2
        else:
            break
    return stop


def _goes_on(before: _Word, behind: _Word) -> bool:
    """Whether a name goes on behind a comma: a company's kind, or the year of a day."""
    year = bool(re.fullmatch(r"(?:19|20)\d\d", behind.text)) and before.text.isdigit()
    return year or behind.lower.rstrip(".").replace(".", "") in wording.COMPANY_MARKS


def _common_end(said: Sequence[_Word], at: int) -> int:
    """Behind the last word of a phrase of common nouns."""
    stop = at
    while stop < len(said):
        lower = said[stop].lower
        ended = lower in wording.OTHER_WORDS or lower in wording.DETERMINERS
        ended = ended and not (stop == at and lower in wording.ADVERBS)  # *the late fee*
        participle = stop > at and lower.endswith("ed")
        if not lower[0].isalnum() or ended or participle or (stop > at and lower.endswith("ly")):
            break
        stop += 1
    return stop


def _without_predicate(said: Sequence[_Word], start: int, body: int, stop: int) -> Sequence[_Word]:
    """The words of a phrase without the verb or adjective of the sentence whose subject it is."""
    chunk = said[body:stop]
    before = said[start - 1].lower if start else ""
    if len(chunk) < 2:
        return chunk
    last = wording.singular(chunk[-1].lower)
    behind = said[stop].lower if stop < len(said) else "?"
    joined = before == "and" and said[0].lower in wording.DO_OR_MODAL | wording.ASKING
    if before in wording.DO_OR_MODAL or (joined and last not in wording.NOUNS):
        persons = [n for n, word in enumerate(chunk, start=1) if word.lower in wording.PERSONS]
        rest = chunk[persons[0] :] if persons else chunk
        whole = not rest or wording.singular(rest[0].lower) not in wording.NOUNS
        return chunk[: persons[0]] if persons and whole else chunk[:-1]
    if before in wording.BE_OR_HAVE:
        asked_for = start > 1 and said[0].lower in {"what", "who", "how", "where"}
        named = last in wording.NOUNS or (asked_for and behind == "?" and not _describes(last))
        return chunk if named else chunk[:-1]
    if before in wording.SUBORDINATORS and before not in wording.PREPOSITIONS:
        return chunk[:-1]
    return chunk


def _describes(word: str) -> bool:
    return word in _ADJECTIVES or word.endswith(("ed", "ing", "able", "ible", "ful", "ous"))


def _phrase(text: str, first: _Word, body: Sequence[_Word], determined: bool) -> Phrase:
    of = next((number for number, word in enumerate(body) if word.lower == "of"), len(body))
    last = body[of - 1].lower.rstrip(".")
    head = wording.singular(last.removesuffix("'s"))
    lowers = [word.lower.rstrip(".") for word in body[:of]]
    proper = body[0].text[0].isupper()
    kind = _kind(head, lowers, proper)
    title = lowers[0] if lowers[0] in wording.TITLES else ""
    gender = "he" if title == "mr" else "she" if title in {"mrs", "ms", "miss"} else ""
    opener = first.lower
    return Phrase(
        text=text,
        start=first.start,
        end=body[-1].end,
        kind=kind,
        head=head,
        plural=not (proper and kind in {"company", "name", "person"}) and wording.is_plural(last),
        gender=gender,
        begins=first.start,
        unsaid=determined and opener in wording.POSSESSIVES | wording.DEMONSTRATIVES | _ASKED,
    )


def _kind(head: str, body: Sequence[str], proper: bool) -> Kind:
    """What a phrase of these words in lower case names; ``proper`` where it has a capital."""
    if proper and any(word.replace(".", "") in wording.COMPANY_MARKS for word in body[1:]):
        return "company"
    if re.search(r"\.\w{2,4}$", body[-1]):
        return "document"
    if (proper and body[0] in wording.MONTHS) or re.fullmatch(r"(?:19|20)\d\d", body[0]):
        return "time"
    noun = next((kind for nouns, kind in _KINDS if head in nouns), None)
    return noun or (_kind_of_name(body) if proper else "thing")


def _kind_of_name(body: Sequence[str]) -> Kind:
    """What a name is that has no noun we know at its end: *Unit 7*, *Section 4.2*, *Dr. Falk*."""
    first = wording.singular(body[0])
    if first in wording.PLACES:
        return "place"
    if first in wording.THINGS | {"exhibit"}:
        return "thing"
    named = body[0] in wording.TITLES or len(body) in (2, 3)
    return "person" if named and not any(word[0].isdigit() for word in body) else "name"


def _placed(phrase: Phrase, said: Sequence[_Word]) -> Phrase:
    """The phrase with the preposition that it stands behind."""
    at = next(number for number, word in enumerate(said) if word.start == phrase.start)
    before = said[at - 1] if at else None
    if before is None or before.lower not in wording.PREPOSITIONS:
        return phrase
    two = f"{said[at - 2].lower} {before.lower}" if at > 1 else ""
    if two in {"according to", "pursuant to"}:
        return replace(phrase, preposition=two, begins=said[at - 2].start)
    return replace(phrase, preposition=before.lower, begins=before.start)


def _joined(question: str, simple: Sequence[Phrase]) -> Iterator[Phrase]:
    """The phrases with those that an *of* or an *and* joins made one, their parts inside it."""
    outer: list[Phrase] = []
    for phrase in simple:
        last = outer[-1] if outer else None
        between = question[last.end : phrase.start] if last else ""
        if last is not None and between == " of ":
            yield replace(phrase, inner=True)
            outer[-1] = replace(last, text=question[last.start : phrase.end], end=phrase.end)
        else:
            outer.append(phrase)
    outer = [_with_bare_complement(question, one) for one in outer]
    for one, other in pairwise(outer):
        if question[one.end : other.start] == " and " and not other.preposition:
            text = question[one.start : other.end]
            yield replace(one, text=text, end=other.end, plural=True, gender="")
            yield replace(one, inner=True)
            yield replace(other, inner=True)
            outer = [left for left in outer if left not in (one, other)]
            break
    yield from outer


def _with_bare_complement(question: str, phrase: Phrase) -> Phrase:
    """*the notice of default*: an *of* with one bare noun belongs to the name."""
    match = re.compile(r" of (?P<noun>[a-z-]+)").match(question, phrase.end)
    if match is None or match["noun"] in wording.OTHER_WORDS | wording.DETERMINERS:
        return phrase
    return replace(phrase, text=question[phrase.start : match.end()], end=match.end())


_WORD = re.compile(
    r"(?:Mr|Mrs|Ms|Dr|Prof|Inc|Ltd|Co|Corp|No)\.(?=\s|,|\?|$)|\w+(?:['’.&/-]\w+)*|&|[,;:?()]"
)
_KINDS: tuple[tuple[frozenset[str], Kind], ...] = (
    (wording.DOCUMENTS, "document"),
    (wording.PERSONS, "person"),
    (wording.COMPANIES, "company"),
    (wording.PLACES, "place"),
    (wording.TIMES, "time"),
    (wording.THINGS, "thing"),
)
_ASKED = frozenset({"which", "what", "whose"})
_POINTING_BEHIND = wording.PREPOSITIONS | {"and", "or"}
_SAYING = frozenset(
    "say says said state states stated provide provides provided claim claims claimed show shows "
    "showed allege alleges prove proves mean means meant find finds found agree agrees agreed "
    "require requires know knows knew testify testifies testified tell told notify notified true "
    "so given than such see believe believes think thought hold held certain likely promise".split()
)
_ADJECTIVES = frozenset(
    "due liable late valid void binding high low long old new safe legal lawful closed open "
    "entitled free ready dry wet".split()
)
