"""A sentence changed by rule: in a form that means the same, or in what it states."""

import random
import re

from serving.quantities import MONTHS


def date_form(sentence: str, draw: random.Random) -> str | None:
    match = _DATE.search(sentence)
    if match is None:
        return None
    month, day, year = match.groups()
    number = MONTHS.index(month.lower()) + 1
    form = draw.choice(
        (
            f"{day} {month} {year}",
            f"{number}/{day}/{year}",
            f"{year}-{number:02}-{int(day):02}",
            f"the {_ordinal(int(day))} day of {month}, {year}",
            f"{month[:3]}. {day}, {year}" if month != "May" else f"{day} May {year}",
        )
    )
    return sentence[: match.start()] + form + sentence[match.end() :]


def number_form(sentence: str, draw: random.Random) -> str | None:
    forms: list[tuple[re.Match[str], str]] = []
    for match in _COUNTED.finditer(sentence):
        forms.append((match, str(_WORDS.index(match[1].lower()) + 2)))
    for match in re.finditer(r"\$(\d{1,3}),000\b(?![,.]\d)", sentence):
        forms.append((match, draw.choice((f"${match[1]}000", f"{match[1]},000 dollars"))))
    for match in re.finditer(r"\b(\d{1,2}) ?(?:percent|%)", sentence):
        forms.append((match, f"{match[1]}%" if "p" in match.group() else f"{match[1]} percent"))
    for match in re.finditer(
        r"(?<![\w.,$-])([2-9]|1[0-2])(?= (?:days|months|years|weeks)\b)", sentence
    ):
        forms.append((match, _WORDS[int(match[1]) - 2]))
    if not forms:
        return None
    match, form = draw.choice(forms)
    if match.re is _COUNTED:
        return sentence[: match.start(1)] + form + sentence[match.end(1) :]
    return sentence[: match.start()] + form + sentence[match.end() :]


def section_sign(sentence: str, draw: random.Random) -> str | None:
    if re.search(r"\bSection \d", sentence):
        return re.sub(r"\bSection (?=\d)", "§ ", sentence)
    return re.sub(r"§ ?(?=\d)", "Section ", sentence) if "§" in sentence else None


def dropped(sentence: str, draw: random.Random) -> str | None:
    """Without what stands between two commas or in brackets, or behind a last "because"."""
    inner = re.search(r", (?:which|who|as|including|among)\b[^,;()]{8,}(?=, [a-z])", sentence)
    if inner:
        end = inner.end() + 1
        return sentence[: inner.start()] + sentence[end:]
    brackets = re.search(r" \((?!\w{1,4}\))[^()]{8,}\)", sentence)
    if brackets:
        return sentence[: brackets.start()] + sentence[brackets.end() :]
    last = re.search(r",? (?:because|so that|since|although) [^.]{12,}\.$", sentence)
    return sentence[: last.start()] + "." if last and last.start() > 40 else None


def reordered(sentence: str, draw: random.Random) -> str | None:
    """With an opening clause behind the main one: "In May, it rained." "It rained in May"."""
    match = re.match(
        r"((?:In|On|At|Under|After|Before|During|Because|When|If|Since|As|For) [^,]{8,90}), "
        r"(the|it|you|he|she|they|a|an|this|that|we) ([^;]{20,})\.$",
        sentence,
    )
    if match is None or re.search(r"^[^ ]+ [^,]*\b[A-Z0-9]\w*$", match[1]):
        return None
    clause, subject, rest = match.groups()
    return f"{subject[0].upper()}{subject[1:]} {rest}, {clause[0].lower()}{clause[1:]}."


def quoted(sentence: str, draw: random.Random) -> str | None:
    """With a run of its words in quotation marks, as a lawyer quotes: an ellipsis, brackets."""
    words = _run(sentence, draw)
    if words is None:
        return None
    form = draw.randrange(4)
    if form == 1 and len(words) >= 6:
        words = [*words[:2], "...", *words[4:]]
    elif form == 2 and words[0][0].isalpha():
        words = [f"[{words[0][0].swapcase()}]{words[0][1:]}", *words[1:]]
    elif form == 3:
        words = [*words[:2], "[sic]", *words[2:]]
    return f"The document says “{' '.join(words)}”."


def number(sentence: str, draw: random.Random) -> str | None:
    """Another number: of a section, a count, a measure; in digits or in words."""
    free = _DATE.sub(lambda match: "_" * len(match.group()), sentence)
    free = _AMOUNT.sub(lambda match: "_" * len(match.group()), free)
    found = [*re.finditer(r"(?<![\w$.,/-])\d+(?![\w%]|[,.]\d)", free), *_COUNTED.finditer(free)]
    if not found:
        return None
    match = draw.choice(found)
    if match.re is _COUNTED:
        other = draw.choice([word for word in _WORDS if word != match[1].lower()])
        return sentence[: match.start(1)] + other + sentence[match.end(1) :]
    value = int(match.group())
    other = str(value + draw.choice((-1, 1)) * draw.randint(1, max(2, value // 3)))
    if int(other) <= 0 or int(other) == value:
        other = str(value + 3)
    return sentence[: match.start()] + other + sentence[match.end() :]


def date(sentence: str, draw: random.Random) -> str | None:
    found = list(_DATE.finditer(sentence))
    if not found:
        return None
    match = draw.choice(found)
    month, day, year = match.groups()
    changed = draw.randrange(3)
    if changed == 0:
        month = draw.choice([one for one in MONTHS if one != month.lower()]).capitalize()
    elif changed == 1:
        day = str(draw.choice([one for one in range(1, 29) if one != int(day)]))
    else:
        year = str(int(year) + draw.choice((-3, -2, -1, 1, 2, 3)))
    return sentence[: match.start()] + f"{month} {day}, {year}" + sentence[match.end() :]


def amount(sentence: str, draw: random.Random) -> str | None:
    found = list(_AMOUNT.finditer(sentence))
    if not found:
        return None
    match = draw.choice(found)
    digits = [at for at in range(match.start(), match.end()) if sentence[at].isdigit()]
    at = draw.choice(digits[: max(1, len(digits) - 2)])
    other = draw.choice([digit for digit in "123456789" if digit != sentence[at]])
    return sentence[:at] + other + sentence[at + 1 :]


def quote(sentence: str, draw: random.Random) -> str | None:
    """A quotation with one word changed, left out or put in."""
    words = _run(sentence, draw)
    if words is None:
        return None
    at = draw.randrange(1, len(words) - 1)
    others = [word for word in re.findall(r"[a-z]{3,}", sentence) if word != words[at].lower()]
    form = draw.randrange(3)
    if form == 0 and others:
        words[at] = draw.choice(others)
    elif form == 1:
        del words[at]
    else:
        words.insert(at, draw.choice(("not", "only", "material", "prior")))
    changed = " ".join(words)
    return None if changed in sentence else f"The document says “{changed}”."


def negation(sentence: str, draw: random.Random) -> str | None:
    """With "not" put in behind an auxiliary, or taken out."""
    without = [
        (match, "")
        for match in re.finditer(r"(?<=\w) not(?= (?!only|later|less|more)\w)", sentence)
    ]
    without += [(match, "can") for match in re.finditer(r"\bcannot\b", sentence)]
    if without:
        match, form = draw.choice(without)
        return sentence[: match.start()] + form + sentence[match.end() :]
    found = list(
        re.finditer(
            r"\b(?:is|are|was|were|will|may|must|shall|should|would|can|has|have|had)\b(?! not)",
            sentence,
        )
    )
    if not found:
        return None
    match = draw.choice(found)
    return f"{sentence[: match.end()]} not{sentence[match.end() :]}"


def _run(sentence: str, draw: random.Random) -> list[str] | None:
    words = sentence.removesuffix(".").split()
    first = draw.randrange(max(1, len(words) - 9))
    run = words[first : first + draw.randint(5, 9)]
    plain = len(run) >= 5 and all(re.fullmatch(r"[\w',.$-]+", word) for word in run)
    return [word.rstrip(",.") if word is run[-1] else word for word in run] if plain else None


def _ordinal(day: int) -> str:
    ending = "th" if 10 <= day % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")
    return f"{day}{ending}"


_DATE = re.compile(rf"\b({'|'.join(MONTHS)}) (\d{{1,2}}), (\d{{4}})\b", re.IGNORECASE)
_AMOUNT = re.compile(r"\$\d[\d,]*(?:\.\d\d)?")
_WORDS = "two three four five six seven eight nine ten eleven twelve".split()
_COUNTED = re.compile(
    rf"\b({'|'.join(_WORDS)})(?= (?!hundred|thousand)(?:\w+ )?(?:days|months|years|weeks|hours"
    r"|members|parcels|acres|feet|percent|pages|copies)\b)",
    re.IGNORECASE,
)
