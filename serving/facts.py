"""What a sentence states that can be looked up, and what of it stands in no source.

Quotations, authorities, dates, amounts, numbers and names. A fact stands in a source in any of its
forms (``serving.quantities``); a name also in capitals, in the plural, without its accents, or
broken by a hyphen at a line's end.
"""

import re
import unicodedata
from collections.abc import Container, Sequence
from dataclasses import dataclass
from functools import lru_cache

from serving.quantities import MONTHS, Key, Quantity, quantities, stated

PASSAGE_NUMBER = re.compile(r"\[(\d{1,3})\]")
"""A citation of a passage; it is no fact."""

QUOTATION = re.compile(r"[“\"]([^”\"]{3,}?)[”\"]|(?<!\w)‘([^‘”\"]{3,}?)’(?!\w)")
"""Words in quotation marks, of at least three characters."""

ALTERED = re.compile(r"\[([^\W\d_])\](?=\w)")
"""A letter altered at the beginning of a quotation: [t]enant."""

REMARK = re.compile(
    r"\s?\[(?:sic|emphasis [^\]]*|(?:citation|footnote)s? omitted)\]", re.IGNORECASE
)
"""What a lawyer remarks within a quotation; the source does not have it."""


def facts(sentence: str) -> tuple[str, ...]:
    """Gives what can be looked up: quotations, authorities, amounts, dates, numbers, and names.

    A name is a capitalised word inside the sentence. A capitalised first word counts only where
    its form shows a name (a possessive, or another capitalised word behind it).
    """
    said = _said(sentence)
    found = [text for text, _ in said.quotations]
    found += said.authorities
    found += [text for text, _ in said.quantities]
    found += said.names
    return tuple(dict.fromkeys(found))


def missing(
    sentence: str, sources: Sequence[str], common: Container[str] | None = None
) -> tuple[str, ...]:
    """Gives the facts of the sentence that stand in none of the sources.

    ``common`` are words in lower case that are known to be no names. Where it is given, a single
    capitalised word that opens the sentence is a name unless it is one of them.
    """
    said = _said(sentence)
    held = [_held(source) for source in sources]
    absent = [
        text
        for text, parts in said.quotations
        if not any(_quoted(parts, source.plain) for source in held)
    ]
    absent += [
        authority
        for authority in said.authorities
        if not any(_cited(authority) in source.authorities for source in held)
    ]
    keys = frozenset().union(*(source.keys for source in held))
    absent += [
        text
        for text, quantity in said.quantities
        if not any(reading <= keys for reading in quantity.readings)
    ]
    words = frozenset().union(*(source.words for source in held))
    opening = said.opening if common is not None and _rare(said.opening, common) else ""
    unknown = [name for name in (opening, *said.names) if name and not _stands(name, words)]
    absent += unknown
    absent += [
        f"{first} {last}"
        for first, last in said.pairs
        if first not in unknown and last not in unknown and not _together(first, last, held)
    ]
    return tuple(dict.fromkeys(absent))


def lower_case(text: str) -> frozenset[str]:
    """Gives the words of a text that stand there in lower case."""
    return frozenset(_folded(word) for word in _WORD.findall(text) if word[0].islower())


@dataclass(frozen=True, slots=True)
class _Said:
    """What a sentence states."""

    quotations: tuple[tuple[str, tuple[str, ...]], ...]
    """Each with its parts and gaps, folded."""
    authorities: tuple[str, ...]
    quantities: tuple[tuple[str, Quantity], ...]
    names: tuple[str, ...]
    pairs: tuple[tuple[str, str], ...]
    """Names that stand side by side: a person's first and last."""
    opening: str
    """A single capitalised word that opens the sentence, which may be a name; else empty."""


@dataclass(frozen=True, slots=True)
class _Held:
    """What a source states."""

    plain: tuple[str, ...]
    authorities: str
    keys: frozenset[Key]
    words: frozenset[str]
    lower: frozenset[str]
    """Words that stand in lower case too: no names."""
    orders: tuple[tuple[str, ...], ...]
    """Its words in order, with what stands in brackets and without."""


def _said(sentence: str) -> _Said:
    rest = PASSAGE_NUMBER.sub("", sentence)
    quotations = []
    for match in QUOTATION.finditer(rest):
        quoted = (match.group(1) or match.group(2)).strip(" .,;")
        quotations.append((quoted, _parts(quoted)))
    rest = QUOTATION.sub(_blank, rest)
    authorities = [match.group().rstrip(".,") for match in _AUTHORITY.finditer(rest)]
    rest = _AUTHORITY.sub(_blank, rest)
    counted = [(rest[one.start : one.end].rstrip(".,"), one) for one in quantities(rest)]
    for _, one in counted:
        rest = rest[: one.start] + _blank_of(rest[one.start : one.end]) + rest[one.end :]
    rest = _INITIALS.sub(_undotted, rest)
    names: list[str] = []
    pairs: list[tuple[str, str]] = []
    opening = ""
    words = list(_WORD.finditer(rest)) if rest.upper() != rest else []
    for index, match in enumerate(words):
        word = match.group()
        if not word[0].isupper() or word.lower() in NO_NAMES:
            continue
        following = words[index + 1].group() if index + 1 < len(words) else ""
        named = following[:1].isupper() and following.lower() not in NO_NAMES
        possessive = word.endswith(("'s", "’s", "s'", "s’"))
        if _opens(rest, match.start()) and not named and not possessive:
            opening = opening or word
            continue
        names.append(word)
        if named and rest[match.end() : words[index + 1].start()] == " ":
            pairs.append((word, following))
    return _Said(
        tuple(quotations), tuple(authorities), tuple(counted), tuple(names), tuple(pairs), opening
    )


@lru_cache(maxsize=1024)
def _held(source: str) -> _Held:
    joined = _BROKEN.sub(r"\1\2", source)
    hyphened = _BROKEN.sub(r"\1-\2", source)
    undotted = _INITIALS.sub(_undotted, hyphened)
    order = [_folded(word) for word in _WORD.findall(undotted)]
    outside = [_folded(word) for word in _WORD.findall(_BRACKETS.sub(" ", undotted))]
    words = {*order, *(_folded(word) for word in _WORD.findall(joined))}
    words |= {part for word in words for part in word.split("-")}
    words |= {match[0].lower() for match in re.findall(r"\b([A-Z])\.", source)}
    keys = frozenset(stated(hyphened))
    words |= {MONTHS[int(key[2]) - 1] for key in keys if key[0] == "month"}
    words |= {_singular(word) for word in words}
    return _Held(
        plain=tuple(dict.fromkeys((_plain(joined), _plain(hyphened)))),
        authorities=_cited(source),
        keys=keys,
        words=frozenset(words),
        lower=lower_case(hyphened),
        orders=tuple(dict.fromkeys((tuple(order), tuple(outside)))),
    )


def _stands(name: str, words: Container[str]) -> bool:
    word = _folded(name)
    whole = word in words or _singular(word) in words
    return whole or ("-" in word and all(part in words for part in word.split("-")))


def _rare(word: str, common: Container[str]) -> bool:
    """Whether a capitalised word that opens a sentence is likely a name."""
    return bool(word) and _folded(word) not in common and not _COMMON_ENDING.search(word)


def _together(first: str, last: str, held: Sequence[_Held]) -> bool:
    """Whether two names stand near each other, or either is a word that is no name."""
    one, other = _folded(first), _folded(last)
    if any(one in source.lower or other in source.lower for source in held):
        return True
    for source in held:
        for order in source.orders:
            for index, word in enumerate(order):
                if word == one and other in order[max(0, index - 3) : index + 4]:
                    return True
    return False


def _quoted(parts: Sequence[str], plain: Sequence[str]) -> bool:
    """Whether the parts of a quotation stand in a source in their order, as whole words."""
    pattern = re.compile("".join(_GAPS.get(part) or _whole(part) for part in parts))
    return any(pattern.search(text) for text in plain)


def _whole(part: str) -> str:
    """A pattern of words as they stand: March 1 does not stand in March 10."""
    return rf"(?<!\w){re.escape(part)}(?!\w)".replace(re.escape(_ENDING), r"\w{0,4}")


def _parts(quoted: str) -> tuple[str, ...]:
    """A quotation between its gaps, as lawyers mark them, and the gaps as they stand.

    [t]enant is tenant, pay[s] is pay or paying; [sic] and [emphasis added] stand for nothing, other
    words in brackets for a few of the source's, an ellipsis for any.
    """
    whole = REMARK.sub(" ", ALTERED.sub(r"\1", quoted))
    whole = re.sub(r"(?<=\w)\[\w{0,3}\]", _ENDING, whole)
    parts = []
    for part in _GAP.split(whole):
        gap = "..." if "…" in part or re.match(r"\.\s?\.", part) else "[]" if "[" in part else ""
        plain = gap or _plain(part).strip(" .,;")
        if plain:
            parts.append(plain)
    return tuple(parts)


def _plain(text: str) -> str:
    """Text in lower case without quotation marks, accents and the kind of its spaces."""
    text = _accentless(text.translate(_PLAIN)).replace('"', "")
    return re.sub(r"\s+", " ", text).lower()


def _folded(word: str) -> str:
    """A word without its possessive and accents, in lower case."""
    word = _accentless(word.lower().replace("’", "'"))
    return re.sub(r"(?:'s|s')$|'$", "", word) or word


def _singular(word: str) -> str:
    return word[:-1] if len(word) > 3 and word.endswith("s") else word


def _accentless(text: str) -> str:
    if text.isascii():
        return text
    return "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))


def _cited(text: str) -> str:
    """Text as authorities are compared: 42 U.S.C. § 1983 is 42 USC 1983."""
    return " ".join(re.findall(r"[\w()]+", re.sub(r"(?<=[A-Za-z])\.\s?|[§,]", "", text))).lower()


def _opens(text: str, position: int) -> bool:
    """Whether a word at this position opens the sentence or a clause after a colon."""
    before = text[:position].rstrip(" \t\n“\"'(‘")
    if _TITLE.search(before):
        return False
    return not before or before[-1] in ".:;?!\n"


def _undotted(match: re.Match[str]) -> str:
    """J. R. and L.P. as JR and LP, in as many characters."""
    return re.sub(r"[.\s]", "", match.group()).ljust(len(match.group()))


def _blank(match: re.Match[str]) -> str:
    return _blank_of(match.group())


def _blank_of(text: str) -> str:
    """As many characters that are neither a name nor the end of a sentence."""
    return "_" * len(text)


_GAP = re.compile(r"(…|\.\s?\.\s?\.(?:\s?\.)?|\[[^\]]*\])")
_GAPS = {"...": r".*?", "[]": r"\W*(?:\w+\W+){0,6}?"}
_ENDING = "\0"
"""Stands for an ending that was altered."""
_TITLE = re.compile(r"\b(?:Mr|Mrs|Ms|Dr|Messrs|Hon|Prof)\.$")
_WORD = re.compile(r"[^\W\d_](?:[\w&])*(?:['’-][^\W\d_]+)*['’]?")
_INITIALS = re.compile(r"\b(?:[A-Z]\.\s?){2,}")
_BRACKETS = re.compile(r"\([^()]{0,200}\)")
_BROKEN = re.compile(r"(\w)-[ \t]*\r?\n\s*(\w)")
_AUTHORITY = re.compile(
    r"(?<![/-])\b\d{1,4}\s+(?!(?:[AP]\.?M\.?)\s)(?:[A-Z][A-Za-z]*\.\s?|[A-Z]{2,}\s|\d[a-z]{1,2}\.?\s)+"
    r"(?:§+\s*)?\d[\w-]*(?:\.\d+)*(?:\(\w{1,4}\))*"
)
_COMMON_ENDING = re.compile(r"...(?:ly|ing|ed|tion|sion|ment|ity|ness|ence|ance|cy|al|ive|over)$")
_PLAIN = str.maketrans({"“": '"', "”": '"', "’": "'", "‘": "'", "–": "-", "—": "-", "\xa0": " "})
NO_NAMES = frozenset(
    "i a an the this that these those it its he she they we you his her their our who whose which "
    "what when where whether why how and or but nor so yet for of in on at to by from with without "
    "under over after before between if because while although since until unless as than then "
    "there here hence thus no not yes probably likely perhaps both each every any all some none "
    "neither either section sections article articles paragraph clause exhibit page state one two "
    "three further furthermore moreover however therefore nevertheless nonetheless indeed instead "
    "otherwise meanwhile question presented brief answer facts discussion conclusion judge justice "
    "e-mail mr mrs ms dr".split()
)
