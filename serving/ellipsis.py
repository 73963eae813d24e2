"""A question of a few words, put into the frame of the question before.

*Who repairs the roof under the lease of Unit 7?* *And the windows?* The new thing takes the place
of the one of its kind; where there is none, or several, the frame is not safe and ``framed`` gives
nothing.
"""

import re
from collections.abc import Sequence

from serving import wording
from serving.phrases import Phrase, phrases, words

FRAMES = frozenset({"under", "in", "according to", "pursuant to", "per", "by", "within"})
"""Prepositions that a document stands behind when a question is asked under it."""
_PARTIES = frozenset({"person", "company", "name"})
_POINTS_IN_TIME = frozenset("before after since until in on during from by".split())
_MOST_WORDS = 8


def fragment(question: str) -> str:
    """Gives what is left of a question without verb behind its *And*; empty where it is whole."""
    match = _LEAD.match(question)
    lead, rest = (match.group(), question[match.end() :]) if match else ("", question)
    rest = rest.strip().rstrip("?.! ")
    rest = re.sub(r"^what (?=(?:if|about)\b)", "", rest, flags=re.IGNORECASE)
    said = words(rest)
    if not said or (len(said) > _MOST_WORDS and said[0] not in _CONDITIONS):
        return ""
    if asks(rest):
        return rest
    if said[0] in _CONDITIONS and len(said) > 2 and not _inverted(said):
        return "" if "," in said else rest
    if "," in said or wording.ASKING.intersection(said) or _has_verb(said):
        return ""
    if not (lead or question.strip().endswith("?")):
        return ""
    opens = said[0] in wording.PREPOSITIONS | wording.DETERMINERS | {"any", "anything"}
    return rest if lead or opens else ""


def asks(rest: str) -> bool:
    """Whether words are a bare question: *why*, *by whom*, *under which clause*."""
    said = words(rest)
    if not said or _has_verb(said[1:]) or len(said) > _MOST_WORDS:
        return False
    if said[0] in wording.PREPOSITIONS:
        return len(said) > 1 and said[1] in wording.ASKING
    return said[0] in wording.ASKING and (
        len(said) == 1 or (said[0] in {"which", "what", "whose"} and len(said) < 4)
        or (said[0] == "how" and len(said) < 4) or said[1:] == ["else"]
    ) and said[1:2] not in (["if"], ["about"])  # fmt: skip


def framed(rest: str, before: str, names: Sequence[str]) -> str:
    """Gives the question before with the words that are new; empty where no place is safe."""
    if asks(rest):
        return _asked(rest, before)
    said = words(rest)
    if said[0] in _CONDITIONS and len(said) > 2 and _clause(said):
        held = any(word in {"if", "unless"} for word in words(before))
        return "" if held else _added(before, _lower(rest))
    if any(word in wording.PRONOUNS | wording.DEMONSTRATIVES | {"any"} for word in said):
        return ""
    new = _phrase(rest, names)
    if new is None:
        return ""
    there = phrases(before, names)
    if new.preposition:
        return _placed(rest, new, before, there)
    old = _parallel(new, there)
    return "" if old is None else _replaced(before, old, new, there)


def _asked(rest: str, before: str) -> str:
    """A bare question put before one that is answered by yes or no, or in the place of another."""
    said, frame = words(before), before.strip().rstrip("?.! ")
    simple = len(words(rest)) > 1 and words(rest)[0] in wording.PREPOSITIONS
    adverb = words(rest) in (["when"], ["where"], ["why"], ["how"])
    if ", and " not in frame and (simple or adverb):
        if said[0] in wording.AUXILIARIES:
            return f"{rest[0].upper()}{rest[1:]} {frame[0].lower()}{frame[1:]}?"
        if adverb and said[0] in {"when", "where", "why"} and said[1] in wording.AUXILIARIES:
            return f"{rest[0].upper()}{rest[1:]}{frame[len(said[0]) :]}?"
    return f"{frame}, and {_lower(rest)}?"


def _phrase(rest: str, names: Sequence[str]) -> Phrase | None:
    """What the words name, if that is one thing and all of them."""
    # Behind an article the same words are read as in the middle of a sentence.
    found = [one for one in phrases(f"about {rest}", names) if not one.inner]
    if not found:
        found = [one for one in phrases(f"about the {rest}", names) if not one.inner]
        bare = len(found) == 1 and found[0].text.lower() == f"the {rest.lower()}"
        return _moved(found[0], rest, "") if bare else None
    if len(found) != 1:
        return None
    end = found[0].text
    if rest.endswith(end):
        return _moved(found[0], end, rest[: -len(end)].strip().lower())
    return None


def _moved(phrase: Phrase, text: str, preposition: str) -> Phrase | None:
    *others, _ = words(text)
    if wording.PERSONS.intersection(others) and phrase.head not in wording.NOUNS:
        return None  # *the tenant pays* has a verb
    if preposition and preposition not in wording.PREPOSITIONS | {"according to", "pursuant to"}:
        return None
    return Phrase(text, 0, len(text), phrase.kind, phrase.head, phrase.plural, "", preposition)


def _alike(one: Phrase, other: Phrase) -> bool:
    return one.kind == other.kind or {one.kind, other.kind} <= _PARTIES


def _parallel(new: Phrase, there: Sequence[Phrase]) -> Phrase | None:
    """The phrase whose place a new one takes: of its noun, else the only one of its kind."""
    said = [one for one in there if not one.unsaid]
    near = [one for one in said if {one.kind, new.kind} == {"thing", "place"}]
    for fitting in (
        [one for one in said if one.head == new.head],
        [one for one in said if _alike(one, new)],
        near,
    ):
        outer = [one for one in fitting if not one.inner] or fitting
        if len(outer) == 1:
            return outer[0]
        if outer:
            return None
    return None


def _placed(rest: str, new: Phrase, before: str, there: Sequence[Phrase]) -> str:
    """The new place, time or document in the stead of the one of its kind, else at the end."""
    at = [one for one in there if one.preposition and not one.unsaid]

    def stands_for(old: Phrase) -> bool:
        frames = {old.preposition, new.preposition} <= FRAMES and new.kind == "document"
        times = {old.preposition, new.preposition} <= _POINTS_IN_TIME and new.kind == "time"
        same = old.preposition == new.preposition and {old.kind, new.kind} <= {"thing", "place"}
        alike = _alike(old, new)
        return (alike and (frames or times or old.preposition == new.preposition)) or same

    fitting = [old for old in at if stands_for(old)]
    if len(fitting) > 1:
        return ""
    if not fitting:
        return _added(before, _lower(rest))
    return before[: fitting[0].begins] + _lower(rest) + before[fitting[0].end :]


def _replaced(before: str, old: Phrase, new: Phrase, there: Sequence[Phrase]) -> str:
    """The question before with one phrase for another; its verb agrees, its *of* may stay."""
    end = old.end
    inside = [one for one in there if one.inner and old.start < one.start and one.end == old.end]
    if inside and old.kind != "document" and " of " not in new.text:
        end = before.rindex(" of ", old.start, inside[0].start + 1)
    head = before[: old.start]
    verb = re.search(r"\b(is|are|was|were|does|do|has|have) $", head, re.IGNORECASE)
    if verb and old.plural != new.plural:
        agreed = _AGREEING[verb.group(1).lower()]
        agreed = agreed.capitalize() if verb.group(1)[0].isupper() else agreed
        head = f"{head[: verb.start()]}{agreed} "
    text = new.text if head else new.text[0].upper() + new.text[1:]
    return head + _lower(text, keep=not head) + before[end:]


def _added(before: str, words_new: str) -> str:
    return f"{before.strip().rstrip('?.! ')} {words_new}?"


def _lower(rest: str, *, keep: bool = False) -> str:
    """Words inside a sentence: a first small word loses its capital."""
    first = rest.split(maxsplit=1)[0].lower()
    small = first in wording.OTHER_WORDS | wording.DETERMINERS
    return rest[0].lower() + rest[1:] if small and not keep else rest


def _has_verb(said: Sequence[str]) -> bool:
    return any(word in wording.AUXILIARIES | wording.VERBS for word in said)


def _clause(said: Sequence[str]) -> bool:
    return said[0] not in wording.PREPOSITIONS or _has_verb(said)


def _inverted(said: Sequence[str]) -> bool:
    return said[1] in wording.AUXILIARIES


_LEAD = re.compile(
    r"\s*(?:(?:and|but|or|so|also|then|ok|okay)\b[\s,]*)?(?:(?:what|how) about\b|what of\b)\s*"
    r"|\s*(?:and|but|or|so|also|then)\b[\s,]*",
    re.IGNORECASE,
)
_CONDITIONS = frozenset("if unless when because once even although until after before".split())
_AGREEING = {
    "is": "are", "are": "is", "was": "were", "were": "was",
    "does": "do", "do": "does", "has": "have", "have": "has",
}  # fmt: skip
