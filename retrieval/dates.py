"""Dates as lawyers write them: March 14, 2019; the 3rd day of May, 2020; 5/4/98."""

import re
from datetime import date

_MONTHS = "January February March April May June July August September October November December"
MONTH = rf"(?P<month>{'|'.join(_MONTHS.split())})"
_WEEKDAY = r"(?:(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day,?\s+)?"
DATE = (
    rf"{_WEEKDAY}(?:{MONTH}\s+(?P<day>\d{{1,2}})(?:st|nd|rd|th)?\s*,?\s+(?P<year>\d{{4}})"
    rf"|(?:the\s+)?(?P<day2>\d{{1,2}})\s?(?:s\s?t|n\s?d|r\s?d|t\s?h)?\s+(?:day\s+of\s+)?"
    rf"{MONTH.replace('month', 'month2')}\s*,?[\s-]*(?P<year2>\d{{4}})"
    r"|(?P<m>\d{1,2})/(?P<d>\d{1,2})/(?P<y>\d{4}|\d{2}))(?!\d)"
)


def iso(match: re.Match[str]) -> str | None:
    """Gives the day that ``DATE`` matched, ISO 8601; None where there is no such day."""
    found = match.groupdict()
    if found["m"]:
        year = int(found["y"])
        parts = (year if year > 99 else year + (2000 if year < 70 else 1900), int(found["m"]))
        day = int(found["d"])
    else:
        month = (found["month"] or found["month2"]).capitalize()
        parts = (int(found["year"] or found["year2"]), _MONTHS.split().index(month) + 1)
        day = int(found["day"] or found["day2"])
    try:
        return date(*parts, day).isoformat()
    except ValueError:
        return None
