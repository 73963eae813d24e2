"""Personal data in memoranda: what a model might repeat to someone whom it does not concern.

Found by form alone and told with its letters and digits covered, so that a report can be passed on.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Personal:
    """A piece of personal data at ``text[start:end]``."""

    kind: str
    start: int
    end: int
    covered: str
    """Its text with all but the first and last two letters and digits as dots."""


def personal(text: str) -> list[Personal]:
    """Gives e-mail addresses, phone, social security, account and card numbers, and addresses."""
    found: list[Personal] = []
    for kind, match in _matches(text):
        start, end = match.span("value")
        if all(end <= one.start or one.end <= start for one in found):
            found.append(Personal(kind, start, end, _covered(text[start:end])))
    return sorted(found, key=lambda one: one.start)


def _matches(text: str) -> Iterator[tuple[str, re.Match[str]]]:
    for kind, pattern in _FORMS:
        for match in pattern.finditer(text):
            if kind != "card number" or _luhn(match["value"]):
                yield kind, match


def _luhn(number: str) -> bool:
    """Whether the check digit of a card number is right (ISO/IEC 7812-1, annex B)."""
    digits = [int(digit) for digit in number if digit.isdigit()]
    doubled = (sum(divmod(2 * digit, 10)) for digit in digits[-2::-2])
    return (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0


def _covered(text: str) -> str:
    places = [at for at, character in enumerate(text) if character.isalnum()]
    hidden = set(places[2:-2])
    return "".join("•" if at in hidden else character for at, character in enumerate(text))


_STREET = (
    "street|st|avenue|ave|road|rd|lane|ln|drive|dr|boulevard|blvd|court|ct|place|pl|way|terrace|"
    "highway|hwy|parkway|pkwy|circle|square|alley|row"
)
_FORMS = (
    ("e-mail address", re.compile(r"(?P<value>\b[\w.+-]+@[\w-]+(?:\.[\w-]+)*\.[A-Za-z]{2,}\b)")),
    ("social security number", re.compile(r"(?<![\w-])(?P<value>\d{3}-\d{2}-\d{4})(?![\w-])")),
    (
        "card number",
        re.compile(r"(?<![\w-])(?P<value>\d{4}(?:[ -]?\d{4}){2}[ -]?\d{1,7})(?![\w-])"),
    ),
    (
        "phone number",
        re.compile(
            r"(?<![\w-])(?P<value>(?:\+?1[ .-])?(?:\(\d{3}\)\s?|\d{3}[.-])\d{3}[ .-]\d{4}"
            r"|\+\d{1,3}(?:[ .-]?\d{2,4}){3,4})(?![\w-])"
        ),
    ),
    (
        "account number",
        re.compile(
            r"\b(?i:account|acct|routing|iban|policy|passport|licen[cs]e|taxpayer|employer)\b\.?"
            r"(?:\s+(?i:identification|id|no\.?|number|ending|in|of))*\s*[:#]?\s*"
            r"(?P<value>[A-Z]{2}\d{2}(?: ?[A-Z\d]{4}){2,7}(?: ?[A-Z\d]{1,3})?"
            r"|(?:[A-Z]{1,4}[ -]?)?\d(?:[ -]?\d){5,25})\b"
        ),
    ),
    (
        "street address",
        re.compile(
            r"\b(?P<value>\d{1,5}[A-Z]?\s+(?:[NSEW]\.?\s+)?(?:(?!The\b)[A-Z][\w'’.-]*\s+){1,3}"
            rf"(?i:{_STREET})\b\.?)"
        ),
    ),
)
