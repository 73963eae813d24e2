"""Who stands in a document: the parties of a contract's preamble or a case's caption.

Names are taken as they stand, and only where the form of the words leaves no doubt; a blank or a
placeholder ("[entity]", "____") is nobody.
"""

import re
from collections.abc import Iterator

REACH = 60_000
"""Characters from the start in which a preamble is looked for (it may follow a table of
contents)."""

_SUFFIX = (
    r"(?:Inc|INC|Incorporated|L\.?L\.?C|Ltd|LTD|Limited|LIMITED|L\.?P|LLP|L\.L\.P|N\.?A|Corp|CORP"
    r"|Co|S\.?A|PLC|plc|P\.?C|GmbH|B\.V|N\.V|AG|Jr|Sr)\b\.?"
)
_NAME = re.compile(
    rf"(?P<name>[A-Z0-9][^,(;:\n\[\]_\"“”]{{1,80}}?(?:,\s*{_SUFFIX})*)"
    r"(?=\s*[,(;\n\"“]|\s*$|\s+(?:having|located|with|whose|of\s+\d|on\s+behalf|a\s|an\s|d/b/a|dba"
    r"|f/k/a|for\s+the|as\s)|\.(?:\s|$))"
)
_BETWEEN = re.compile(
    r"\b(?:between|among|BETWEEN|AMONG|Between|Among)\b(?:\s+and\s+among\b)?\s*:?"
)
_DEED = re.compile(r"agreement|lease|amendment|contract|undertaking|dated|entered|made", re.I)
# (“Landlord”), (the "Company"), (together with its successors, "Lessor"), (COMWARE)
_TERM = re.compile(r"\((?P<inside>[^()]{0,150}?[\"“”'‘][^\"“”()]{1,60}[\"”“'’][^()]{0,80})\)")
_NOT_A_PARTY = re.compile(
    r"\b(?:agreement|amendment|date|parties|collectively|lease|contract|undertaking)\b", re.I
)
_LEAD = re.compile(
    r"(?:\s|[,;.:]|-{2,}|\b(?:and|by|the|on|one|other|first|second|hand|part|among|between|together|with"
    r"|The(?=\s+undersigned)|each|both|either|\(?[ivx12]{1,3}\)|AND|And)\b)+"
)
_DESCRIBES = re.compile(
    r"\s*,?\s*(?:the|an?|having|located|whose|which|with|organized|under|at|of|existing)\s"
)
_AND = re.compile(r"[,;]\s*and\s|\n\s*and\s+")
_CONNECTORS = frozenset(
    "of and the de la for in on & van von der du at to by und y et al al. an a dba d/b/a".split()
)
_VERSUS = re.compile(r"(?:^|(?<=\s))(?:v\.|vs\.|v(?=\s*$)|versus|-v-)(?=\s|$)", re.M)
_ROLE = (
    r"plaintiffs?|defendants?|petitioners?|respondents?|appell(?:ant|ee)s?|debtors?|claimants?"
    r"|counterclaim|cross-?claim|and|third-party"
)
_ROLES = re.compile(rf"[\s,—–-]*\b(?:(?:{_ROLE})\b[\s,./—–-]*)+$", re.I)
_COURT = re.compile(
    r"\b(?:court|division|circuit|district of|case|action|docket|petition|syllabus|opinion)\b"
    r"|\bnos?\.\s|_{5,}|-{5,}|={5,}",
    re.I,
)


def of_contract(text: str) -> tuple[str, ...]:
    """Gives the parties named by "between A ("x") and B ("y")", in order; perhaps none."""
    head = text[:REACH]
    for match in _BETWEEN.finditer(head):
        if not _DEED.search(head, max(0, match.start() - 500), match.start()):
            continue
        segment = re.split(
            r"\bWITNESSETH|\bRECITALS?\b|\bWHEREAS\b|\n\s*\n\s*\n\s*\n", head[match.end() :][:2500]
        )[0]
        names = tuple(_defined(segment))
        if names:
            return names
    return _on_the_cover(head)


def of_case(text: str) -> tuple[str, ...]:
    """Gives the first party on each side of the first "A v. B" of a caption, or none."""
    lines = [_left_column(line) for line in text[:6000].split("\n")]
    for index, line in enumerate(lines):
        match = _VERSUS.search(line)
        # "Doe v. Roe, 1 U. S. 2" is an authority, not this case.
        if match is None or re.search(r"\bSee\b|\d+ [A-Z][\w. ]{0,20} ?\d+", line):
            continue
        before, after = line[: match.start()].strip(), line[match.end() :].strip()
        above, below = _block(lines[:index][::-1])[::-1], _block(lines[index + 1 :])
        left = _side([before] if before else above)
        right = _side(below if not after or _COURT.search(after) else [after, *below])
        if left and right:
            return left, right
    return ()


def clean_name(raw: str) -> str | None:
    """Gives a name in one line, or None where it does not look like one."""
    name = " ".join(raw.split()).strip(" ,;:-–—*")
    words = [word for word in re.split(r"[\s/-]+", name) if re.search(r"[^\W\d_]", word)]
    if not words or len(name) > 100 or re.search(r"[_\[\]•<>]|COMPANY NAME|\.{3}", name):
        return None
    if re.match(r"\d+\.\d", name) or words[-1] in _CONNECTORS:
        return None
    if any(word[0].islower() and word not in _CONNECTORS for word in words):
        return None
    return name if re.search(r"[^\W\d_]{2}", name) else None


def _defined(segment: str) -> Iterator[str]:
    """The names before each defined term that is a party's."""
    at = 0
    seen: set[str] = set()
    for term in _TERM.finditer(segment):
        chunk = segment[at : term.start()]
        if len(chunk) > 600 or re.search(r"\.\s+[A-Z][a-z]+ [a-z]+ [a-z]+", chunk):
            break
        if _NOT_A_PARTY.search(term["inside"]):
            # (each a "Party", together the "Parties") closes the list.
            if re.search(r"\b(?:parties|collectively)\b", term["inside"], re.I) and seen:
                break
            at = term.end()
            continue
        if at and _DESCRIBES.match(chunk):
            # What follows the name before: the next name comes behind the last "and".
            chunk = chunk[max((m.end() for m in _AND.finditer(chunk)), default=len(chunk)) :]
        lead = _LEAD.match(chunk)
        start = lead.end() if lead else 0
        name = _NAME.match(chunk[start:])
        value = clean_name(name["name"]) if name else None
        # A second term of the same party, or of an address, has no name before it.
        if value is not None and value not in seen and not re.match(r"\s*[,)]?\s*$", chunk):
            seen.add(value)
            yield value
        at = term.end()


def _on_the_cover(head: str) -> tuple[str, ...]:
    """Names alone on their lines below "by and among", as on a cover page."""
    match = re.search(r"^\s*(?:by and )?(?:between|among)(?: and among)?:?\s*$", head, re.I | re.M)
    if match is None:
        return ()
    names = []
    for line in head[match.end() : match.end() + 600].split("\n"):
        words = line.strip().rstrip(",")
        if not words or words.lower() in {"and", "-and-", "&"}:
            continue
        name = clean_name(words)
        if name is None or re.match(r"(?i)dated|table of|[A-Z][a-z]+ \d", words):
            break
        names.append(name)
    return tuple(names) if 2 <= len(names) <= 6 else ()


def _left_column(line: str) -> str:
    """The left half of a caption drawn with a rule of brackets down the middle."""
    return re.split(r"(?:^|\s)[\])§](?=\s|$)|\s{3,}|:\s*$", line.strip())[0].strip()


def _block(lines: list[str]) -> list[str]:
    """The lines of one side, nearest first, up to a blank behind text or to the court's own."""
    block: list[str] = []
    for line in lines:
        if _COURT.search(line) or len(block) > 5:
            break
        if line and (not re.fullmatch(rf"[\s,.]*(?:(?:{_ROLE})[\s,.—–-]*)+", line, re.I)):
            block.append(line)
        elif block:
            break
    return block


def _side(lines: list[str]) -> str | None:
    text = _ROLES.sub("", " ".join(line for line in lines if line).strip())
    text = re.split(
        r";|,? and DOES|\bet al\b|\bET AL\b|, (?:in|as|by|on|a|an|individually)\b", text
    )[0]
    text = _ROLES.sub("", text).strip(" ,")
    return clean_name(text)
