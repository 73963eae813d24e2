"""How the place of a passage is shown beside a citation: ``lease.pdf, p. 4, § 4.2(b)``."""

import re

SEPARATOR = " > "
"""Between the levels of a section's path: ``ARTICLE IV > 4.2 > (b)``."""

_NUMBER = re.compile(r"(?:(?:section|sec\.|clause)\s|§\s?)?(\d[\d.]*)", re.IGNORECASE)
_PART = re.compile(r"(?:schedule|exhibit|annex|appendix|attachment)\s", re.IGNORECASE)


def cited(path: str) -> str:
    """Gives a section's path as a citation has it: ``§ 4.2(b)``, ``art. IV``, or its heading."""
    levels = path.split(SEPARATOR) if path else []
    numbers = [_NUMBER.fullmatch(level) for level in levels]
    at = next((index for index, number in enumerate(numbers) if number), None)
    if at is None or (number := numbers[at]) is None:
        return ", ".join(re.sub(r"(?i)^article\s", "art. ", level) for level in levels)
    items = (f"({level.strip('().')})" for level in levels[at + 1 :])
    parts = [level for level in levels[:at] if _PART.match(level)]
    return ", ".join([*parts, f"§ {number[1]}{''.join(items)}"])
