"""Dates, amounts, percentages and numbers in a text, each in a form that can be compared.

March 3, 2021 is 3/3/2021 and the 3rd day of March, 2021; $2.5 million is $2,500,000; thirty days
are 30 days. A text states a quantity in weaker forms as well: whoever gives a date gives its month.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

Key = tuple[str, ...]
"""A quantity without its spelling: ``("$", "2500000")``, ``("30", "day")``, ``("4.3(b)",)``."""

MONTHS = (
    "january february march april may june july august september october november december".split()
)


@dataclass(frozen=True, slots=True)
class Quantity:
    """A quantity at ``text[start:end]``."""

    start: int
    end: int
    readings: tuple[frozenset[Key], ...]
    """It stands in another text that states all keys of one of these."""
    implied: frozenset[Key]
    """What else a text that holds it states."""


def quantities(text: str) -> list[Quantity]:
    """Gives the quantities of a text in order, none within another.

    A number in words counts from four on, or with a unit: "two reasons" states no quantity.
    """
    text = text.translate(_PLAIN)
    found: list[Quantity] = []
    taken = [False] * len(text)
    for read in (_dates, _sums, _numbers):
        for one in read(text):
            if not any(taken[one.start : one.end]):
                taken[one.start : one.end] = [True] * (one.end - one.start)
                found.append(one)
    return sorted(found, key=lambda one: one.start)


def stated(text: str) -> set[Key]:
    """Gives all that a text states, in the forms in which a sentence may ask for it."""
    keys: set[Key] = set()
    for one in quantities(text):
        keys.update(*one.readings, one.implied)
    plain = text.translate(_PLAIN)
    for match in _WORDS.finditer(plain):
        keys |= _with_units(plain, match.start(), match.end(), _value_of_words(match.group()))
    keys |= {("1", _unit(match["unit"])) for match in _ONE_UNIT.finditer(plain)}
    return keys


def _dates(text: str) -> Iterator[Quantity]:
    for pattern in (_ISO, _NUMERIC, _MONTH_FIRST, _DAY_FIRST, _MONTH_YEAR, _DECADE):
        for match in pattern.finditer(text):
            readings = _readings(match)
            if not readings:
                continue
            implied: set[Key] = {(match.group().lower(),)}
            for key in (key for reading in readings for key in reading):
                implied |= _implied(key)
            yield Quantity(match.start(), match.end(), readings, frozenset(implied))


def _readings(match: re.Match[str]) -> tuple[frozenset[Key], ...]:
    parts = match.groupdict()
    if "decade" in parts:
        return (frozenset({("decade", parts["decade"])}),)
    year = parts.get("year") or ""
    if "month" in parts and not parts["month"].isdigit():
        month = next(
            index + 1
            for index, name in enumerate(MONTHS)
            if name.startswith(parts["month"].lower().rstrip(".")[:3])
        )
        days = [day for day in (parts.get("day"), parts.get("last")) if day]
        if not days:
            return (frozenset({("month", year, str(month))}),)
        if not all(1 <= int(day) <= 31 for day in days):
            return ()
        return (frozenset(_date(year, month, int(day)) for day in days),)
    years = [year] if len(year) == 4 else [f"20{year}", f"19{year}"]
    first, second = int(parts["month"]), int(parts["day"])
    pairs = {(first, second)} if "iso" in parts else {(first, second), (second, first)}
    return tuple(
        frozenset({_date(one, month, day)})
        for one in years
        for month, day in sorted(pairs)
        if 1 <= month <= 12 and 1 <= day <= 31
    )


def _date(year: str, month: int, day: int) -> Key:
    return ("date", year, str(month), str(day)) if year else ("day", str(month), str(day))


def _implied(key: Key) -> set[Key]:
    """The weaker forms of a date: its day and month, its month and year, its year, its day."""
    kind, *parts = key
    if kind == "decade":
        return set()
    year, month, *day = parts if kind != "day" else ["", *parts]
    keys: set[Key] = {("month", "", month)}
    if year:
        keys |= {(year,), ("month", year, month), ("decade", year[:3])}
    if day:
        keys |= {("day", month, day[0]), ("of the month", day[0])}
    return keys


def _sums(text: str) -> Iterator[Quantity]:
    """Money and percentages, in digits or in words."""
    for pattern in (_CURRENCY_BEFORE, _CURRENCY_AFTER):
        for match in pattern.finditer(text):
            sign = _CURRENCIES[match["sign"].lower().removesuffix("s")]
            yield _plainly(match, (sign, _value(match["value"], match["scale"])))
    for match in _PERCENT.finditer(text):
        yield _plainly(match, ("%", _value(match["value"], None)))


def _plainly(match: re.Match[str], key: Key) -> Quantity:
    return Quantity(match.start(), match.end(), (frozenset({key}),), frozenset())


def _numbers(text: str) -> Iterator[Quantity]:
    for match in _NUMBER.finditer(text):
        token = match.group()
        if _MARKER.search(text[: match.start()]) and text[match.end() :].startswith(") "):
            continue  # (1) before an item of a list
        if match["scale"]:
            key: Key = (_value(match["value"], match["scale"]),)
            yield _plainly(match, key)
            continue
        value = _bare(token)
        implied = _with_units(text, match.start(), match.end(), value)
        if re.fullmatch(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+\.\d\d", token) and len(implied) == 1:
            implied.add(("$", _value(token, None)))  # in a ledger the sign stands over the column
        if value.isdigit() and len(value) == 4:
            implied.add(("decade", value[:3]))
        ends = re.fullmatch(r"(\d{1,30})-(\d{1,30})", token)  # longer is no range
        measured, end = _measured(text, match.end(), value)
        readings = [frozenset({measured})]
        if match["ordinal"]:
            readings.append(frozenset({("of the month", value)}))
        if ends and int(ends[1]) < int(ends[2]):
            parts = {(part, *measured[1:]) for part in ends.groups()}
            implied |= {(part,) for part in ends.groups()} | parts
            if text[match.end() :].lstrip()[:1].isalpha() or ends[2] == str(int(ends[1]) + 1):
                readings.append(frozenset(parts))
        yield Quantity(match.start(), end, tuple(readings), frozenset(implied))
    for match in _WORDS.finditer(text):
        value = _value_of_words(match.group())
        measured, end = _measured(text, match.end(), value)
        idle = (int(value) <= 3 and len(measured) == 1) or measured == ("1", "day")
        if not idle and not _FRACTION.match(text, match.end()):
            implied = _with_units(text, match.start(), match.end(), value)
            yield Quantity(match.start(), end, (frozenset({measured}),), frozenset(implied))


def _measured(text: str, end: int, value: str) -> tuple[Key, int]:
    """The key of a number, with the unit that follows it at once, and where both end."""
    unit = _UNIT_NEXT.match(text, end)
    return ((value, _unit(unit["unit"])), unit.end()) if unit else ((value,), end)


def _with_units(text: str, start: int, end: int, value: str) -> set[Key]:
    """The keys of a number with each unit that stands near it: a column's head, a list's end."""
    before = re.split(r"[.;]\s", text[max(0, start - 40) : start])[-1]
    after = re.split(r"[.;](?:\s|$)", text[end : end + 60])[0]
    near = _UNIT.findall(" ".join([*before.split()[-4:], "|", *after.split()[:6]]))
    return {(value,)} | {(value, _unit(unit)) for unit in near}


def _unit(word: str) -> str:
    word = word.lower().rstrip("s")
    return _UNITS.get(word, word)


def _value(number: str, scale: str | None) -> str:
    number = number.replace(",", "")
    if not number[0].isdigit():
        number = _value_of_words(number)
    value = Decimal(number) * _SCALES.get((scale or "").lower(), 1)
    return f"{value.normalize():f}"


def _bare(number: str) -> str:
    """A number without thousands commas and zero cents, else as written: 4.10 is not 4.1."""
    number = re.sub(r"(?:st|nd|rd|th|d)$", "", number.lower())
    if re.fullmatch(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?", number):
        number = number.replace(",", "")
    return re.sub(r" (?=\()", "", number.removesuffix(".00"))


def _value_of_words(words: str) -> str:
    """The value of a number in words: two hundred and five is 205."""
    whole = part = 0
    for word in re.findall(r"[a-z]+", words.lower()):
        if word == "hundred":
            part = (part or 1) * 100
        elif word in _SCALES:
            whole += (part or 1) * _SCALES[word]
            part = 0
        else:
            part += _VALUES.get(word, 0)
    return str(whole + part)


_PLAIN = str.maketrans({"–": "-", "—": "-", "\xa0": " ", "’": "'"})
_VALUES = {
    word: value
    for value, word in enumerate(
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
        "fifteen sixteen seventeen eighteen nineteen".split()
    )
} | {
    word: value * 10
    for value, word in enumerate("twenty thirty forty fifty sixty seventy eighty ninety".split(), 2)
}
_SCALES = {
    **{"thousand": 1_000, "k": 1_000, "million": 1_000_000, "m": 1_000_000},
    **{"billion": 1_000_000_000, "bn": 1_000_000_000},
}
_CURRENCIES = {
    **{"$": "$", "us$": "$", "usd": "$", "dollar": "$", "€": "€", "eur": "€", "euro": "€"},
    **{"£": "£", "gbp": "£", "pounds sterling": "£"},
}
_UNITS = {
    **{"feet": "foot", "ft": "foot", "hr": "hour", "yr": "year", "mo": "month", "min": "minute"},
    **{"lb": "pound", "inche": "inch", "age": "year", "aged": "year", "wk": "week"},
}
# From a number's first digit on, and not without end: a page of digits is read once, not
# once a digit.
_DIGITS = r"(?<!\d)\d{1,30}(?:,\d{3}){0,10}(?:\.\d{1,30})?"
_WORD = (
    r"(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|"
    r"sixteen|seventeen|eighteen|nineteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|"
    r"hundred|thousand|million|billion)"
)
_IN_WORDS = rf"\b{_WORD}(?:(?:[ -]|(?<=hundred) and |(?<=thousand) and ){_WORD})*\b"
_WORDS = re.compile(_IN_WORDS, re.IGNORECASE)
_FRACTION = re.compile(r"[ -](?:half|halves|third|quarter|fourth|fifth|tenth)s?\b", re.IGNORECASE)
_SCALE = r"(?:\s?(?P<scale>thousand|million|billion|bn|k|m)\b)?"
_CURRENCY_BEFORE = re.compile(
    rf"(?P<sign>US\$|\$|€|£|\b(?:USD|EUR|GBP)\b)\s?(?P<value>{_DIGITS}){_SCALE}", re.IGNORECASE
)
_CURRENCY_AFTER = re.compile(
    rf"(?P<value>{_DIGITS}|{_IN_WORDS}){_SCALE}\s"
    r"(?P<sign>dollars|euros|pounds sterling|USD|EUR|GBP)\b",
    re.IGNORECASE,
)
_PERCENT = re.compile(rf"(?P<value>{_DIGITS}|{_IN_WORDS})(?:\s?%|[ -]per ?cent\b)", re.IGNORECASE)
_NUMBER = re.compile(
    rf"(?P<value>{_DIGITS}) (?P<scale>thousand|million|billion)\b"
    r"|\d+(?:[.,:/-]\d+)*(?P<ordinal>(?:st|nd|rd|th|d)\b)?"
    r"(?: ?\((?:[a-z]|[ivx]+)\)|\([a-z0-9]{1,3}\))*",
    re.IGNORECASE,
)
_MARKER = re.compile(r"(?:^|[.;:,]\s|\b(?:and|or|that)\s)\s*\($")
_UNIT_WORD = (
    r"(?:minute|hour|day|week|month|year|mile|acre|inch|inche|pound|ton|gallon)s?"
    r"|foot|feet|ft|hrs?|yrs?|mos?|min|lbs?|wks?"
)
_UNIT = re.compile(rf"\b(?:{_UNIT_WORD}|aged?)\b", re.IGNORECASE)
_UNIT_NEXT = re.compile(
    r"[\s-]+(?:\(\d+\)\s*)?(?:(?:business|calendar|consecutive|working|court|full|whole|more|"
    rf"additional|further|square|cubic|linear)\s+)*(?P<unit>{_UNIT_WORD})\b",
    re.IGNORECASE,
)
_ONE_UNIT = re.compile(rf"\ban?\s(?P<unit>{_UNIT_WORD})\b", re.IGNORECASE)
_MONTH = (
    r"(?P<month>january|february|march|april|may|june|july|august|september|october|november|"
    r"december|(?:jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec)\b\.?)"
)
_DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"
_ISO = re.compile(r"\b(?P<iso>)(?P<year>\d{4})-(?P<month>\d{2})-(?P<day>\d{2})\b")
_NUMERIC = re.compile(
    r"(?<![\d/.-])(?P<month>\d{1,2})(?P<by>[/-])(?P<day>\d{1,2})(?P=by)(?P<year>\d{4}|\d{2})(?![\d/-])"
)
_MONTH_FIRST = re.compile(
    rf"\b{_MONTH}\s{_DAY}\b(?:\s?-\s?(?P<last>\d{{1,2}})\b)?(?:,?\s(?P<year>\d{{4}})\b)?",
    re.IGNORECASE,
)
_DAY_FIRST = re.compile(
    rf"\b{_DAY}\s(?:day\s)?(?:of\s)?{_MONTH}(?:,?\s(?P<year>\d{{4}})\b)?", re.IGNORECASE
)
_MONTH_YEAR = re.compile(rf"\b{_MONTH},?\s(?:of\s)?(?P<year>\d{{4}})\b", re.IGNORECASE)
_DECADE = re.compile(r"\b(?P<decade>\d{3})0'?s\b")
