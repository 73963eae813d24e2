"""What a document is: its title, parties, date and kind, read off its opening by rules.

They go into the header of its passages, and the user may change them. What the opening leaves
ambiguous stays empty: a wrong party or date in every header costs more than none.
"""

import re
from email.utils import parsedate_to_datetime

from retrieval import parties
from retrieval.dates import DATE, MONTH, iso
from retrieval.documents import Description, DocumentText, Kind

OPENING = 6_000
"""Characters from the start in which title, kind and date are looked for."""


def describe(name: str, document: DocumentText) -> Description:
    """Gives the description of a document with this file name."""
    lines = _opening(document.text)
    if name.lower().endswith(".eml") or _is_email(lines):
        return _email(lines)
    head = "\n".join(lines)
    title = _title(lines)
    kind = _kind(name, title or "", head)
    if kind == "docket":
        title, who = _docket(head)
    elif kind in {"pleading", "order", "deposition"}:
        who = parties.of_case(head)
        if title is None and who:
            title = " v. ".join(who)
    elif kind in CONTRACTS:
        who = parties.of_contract(document.text)
    else:
        who = ()
    return Description(title, who, _date(kind, lines), kind)


def _docket(head: str) -> tuple[str | None, tuple[str, ...]]:
    caption = re.search(r"([^\n|]+? v\.? [^\n]+?)(?:\s{2,}|\s*Date|\. |\n|$)", head[:3000])
    if caption is None:
        number = re.search(r"^.*(?:Petition|Proceeding|Case|CASE) #:\s*\S+", head, re.MULTILINE)
        return (" ".join(number[0].split()) if number else None), ()
    words = " ".join(caption[1].removeprefix("Case title:").split())
    words = re.split(r"(?<=[a-z]{4})\. ", words)[-1]
    return words, parties.of_case(words)


CONTRACTS = {"lease", "agreement", "amendment", "NDA", "merger agreement"}
"""The kinds of document that name their parties in a preamble."""

_DEEDS = (
    "AGREEMENT|LEASE|AMENDMENT|CONTRACT|UNDERTAKING|PLAN OF MERGER|PRIVACY POLICY|PRIVACY STATEMENT"
    "|PRIVACY NOTICE|ADDENDUM|LICENSE|INDENTURE|GUARANTY|DEED"
)
_COURT_PAPERS = (
    "ORDER|OPINION|JUDGMENT|COMPLAINT|MOTION|PETITION|ANSWER|BRIEF|DEPOSITION|DECLARATION"
    "|AFFIDAVIT|STIPULATION|SUBPOENA|INTERROGATORIES|RESPONSE|REPLY|APPLICATION"
)
_OTHERS = (
    "NOTICE|MEMORANDUM|FILE NOTE|REPORT|INVOICE|LEDGER|STATEMENT|RECONCILIATION|MESSAGE EXPORT"
    "|TICKET HISTORY|TERMS|POLICY|RULES"
)
_NOUN = re.compile(rf"\b(?:{_DEEDS}|{_COURT_PAPERS}|{_OTHERS})S?\b", re.IGNORECASE)
# A heading run together with the first sentence: "SPONSORSHIP AGREEMENT This Sponsorship ...".
_RUN_IN = re.compile(
    rf"(?P<title>[^\n.;]{{0,140}}?\b(?:{_DEEDS})S?)[\s-]{{1,80}}(?:This|THIS|by and|BY AND)\b", re.I
)
_LEGEND = re.compile(
    r"\s*(?:EX-[\d.]+\s*)?(?:\d+\s+)?(?:EXHIBIT|ANNEX|SCHEDULE|APPENDIX)\s+[A-Z]?[\d.\-()A-Z]{0,8}(?=\s|$)[:\s]*"
    r"|\s*(?:confidential(?: treatment requested)?|execution (?:version|copy)|table of contents"
    r"|conformed copy|draft)\s*$",
    re.IGNORECASE,
)
_MADE = re.compile(
    r"\b(?:dated|made|entered\s+into|effective|executed|Effective\s+Date)\b(?:\s+(?:and|entered|into"
    r"|as|of|on|this|effective|is|dated|date|made|executed|the(?=\s+_)))*\s*[:,]?[\s(]*"
    rf"(?P<what>{DATE}|[_\[•]|on\s*,|,|the\s+date\b|(?:the\s+)?\d*(?:st|nd|rd|th)?\s*_"
    r"|(?:the\s+)?(?:\d+\w\w|_+)?\s*day\s+of|"
    rf"{MONTH.replace('month', 'blank')}\s+[_\[•\d])",
    re.IGNORECASE,
)
_FILED = re.compile(rf"\b(?:Date\s+Filed|Filed|FILED|Decided|Dated|Date)\b\s*:?\s*{DATE}")
_UPDATED = re.compile(
    r"\b(?:last\s+(?:updated|modified|revised)|updated|revised|effective(?:\s+date)?)\b"
    rf"(?:\s+(?:on|as\s+of|is|date))?\s*:?\s*{DATE}",
    re.IGNORECASE,
)
_DAY = re.compile(rf"\W*(?:Date(?:d| of report)?\W{{0,6}}|As of |- )?{DATE}\.?", re.IGNORECASE)
_TAKEN = re.compile(rf"\b(?:taken|held|on)\b[^\n]{{0,60}}?{DATE}", re.IGNORECASE)

_ISSUED = re.compile(rf"\b(?:issued|run|printed)\b[\s:]*(?:on\s+)?{DATE}", re.IGNORECASE)


def _opening(text: str) -> list[str]:
    """The first lines that hold words, without lone numbers and rules."""
    lines = (line.strip(" \t\r\xa0\ufeff\f") for line in text[:OPENING].split("\n"))
    return [line for line in lines if re.search(r"[^\W\d_]", line)]


def _is_email(lines: list[str]) -> bool:
    heads = {line.split(":")[0].lower() for line in lines[:8] if ":" in line}
    return {"from", "to", "subject"} <= heads and not re.search(
        r"memo", " ".join(lines[:3]), re.IGNORECASE
    )


def _email(lines: list[str]) -> Description:
    fields: dict[str, str] = {}
    for line in lines[:12]:
        key, found, value = line.partition(":")
        if found and key.lower() in {"from", "to", "date", "sent", "subject"}:
            fields.setdefault(key.lower(), value.strip())
    people = [
        re.sub(r"\s*<[^>]*>|[\"']", "", person).strip()
        for key in ("from", "to")
        for person in re.split(r"[;,]\s*(?=[^,;]*(?:@|$))", fields.get(key, ""))
    ]
    sent: str | None
    try:
        sent = parsedate_to_datetime(fields.get("date", "")).date().isoformat()
    except ValueError:
        match = re.search(DATE, fields.get("sent", fields.get("date", "")))
        sent = iso(match) if match else None
    title = fields.get("subject") or None
    return Description(title, tuple(dict.fromkeys(p for p in people if p)), sent, "e-mail")


def _title(lines: list[str]) -> str | None:
    for index, line in enumerate(lines[:30]):
        run_in = _RUN_IN.match(_LEGEND.sub("", line, count=1))
        if run_in and not re.search(r"\bthis\b", run_in["title"], re.IGNORECASE):
            return _tidy(run_in["title"])
        if line.startswith("# "):
            return _tidy(line[2:])
        if line.endswith(":") or line.startswith(("*", "(")):
            continue
        plain = _LEGEND.sub("", line, count=1).strip(" .:-*_")
        subject = re.match(r"(?:re|subject)\s*:\s*(.{4,150})", line, re.IGNORECASE)
        if subject and not any(char in subject[1] for char in "[]"):
            return _tidy(re.split(r"(?<=\w{3})\. ", subject[1])[0])
        spaced = re.fullmatch(r"(?:[A-Z] ){2,}[A-Z]", plain)
        plain = plain.replace(" ", "") if spaced else plain
        if not _NOUN.search(plain) or not _heading(plain) or re.match(r"(?i)table of", plain):
            continue
        title = _tidy(_joined(lines, index, plain))
        if title is not None and _NOUN.search(title):
            return title
    return None


def _joined(lines: list[str], index: int, plain: str) -> str:
    """A title broken over lines, put together: capitals with capitals."""
    parts = [plain]
    if plain.isupper():
        before = lines[index - 1] if index else ""
        if before.isupper() and _part_of_title(before) and (len(plain.split()) == 1 or index <= 1):
            parts.insert(0, before)
        for after in lines[index + 1 : index + 4]:
            hangs = re.search(r"(?:\b(?:AND|OF|TO|FOR|THE|IN)|’|')$", parts[-1]) is not None
            if not after.isupper() or not (
                hangs or re.match(r"(?:AND|OF|TO|FOR|APPLICATION|AGREEMENT)\b", after)
            ):
                break
            parts.append(after)
    return " ".join(parts)


def _part_of_title(line: str) -> bool:
    return not (
        _LEGEND.match(line)
        or re.search(
            r"COURT|DIVISION|_{3}|DEFENDANT|PLAINTIFF|\bV\.|\bINC\.|\bLLC\b|^NO\b|CIRCUIT", line
        )
    )


def _heading(line: str) -> bool:
    """A line of capitals or of capitalised words, without a sentence in it."""
    words = re.findall(r"[^\W\d_][\w’'-]*", line)
    small = [word for word in words if word[0].islower()]
    short = {"of", "and", "the", "to", "for", "in", "a", "an", "on", "by", "with", "or"}
    return (
        1 <= len(words) <= 16
        and set(small) <= short
        and not re.search(r"[a-z]\.\s|[;]|\d{5}|@", line)
    )


def _tidy(raw: str) -> str | None:
    title = " ".join(_LEGEND.sub("", re.sub(r"\s{3,}.*", "", raw.strip()), count=1).split())
    title = re.sub(rf"^{DATE}\s*|\s*\([“\"][^)]*\)|\s{{2,}}.*|\s*\|.*", "", title).strip(" .:-*_#")
    return title if 3 <= len(title) <= 160 else None


def _kind(name: str, title: str, head: str) -> Kind:  # noqa: PLR0911 - a ladder of rules
    top = head[:1500]
    court = re.search(
        r"\b(?:IN THE|UNITED STATES|SUPREME|SUPERIOR|CIRCUIT|DISTRICT)\b[^\n]{0,60}\bCOURT\b"
        r"|\bCourts? of Appeals?\b|\bCOURT OF\b",
        top,
        re.IGNORECASE,
    )
    for kind, pattern, where in _RULES:
        text = {"title": title, "top": top, "name": name + "\n" + title}[where]
        if re.search(pattern, text):
            return kind
    if court and not re.search(r"(?i)\bnotice\b", title):
        for kind, pattern in _OF_COURTS:
            if re.search(pattern, title) or (not title and re.search(pattern, head)):
                return kind
    for kind, pattern in _BY_TITLE:
        if re.search(pattern, title):
            return kind
    if re.search(r"(?m)^Dear\b", head):
        return "letter"
    if len(re.findall(r"(?i)\bprivacy (?:policy|notice|statement)\b", head)) >= 2:
        return "privacy policy"
    if re.search(r"(?i)\bthis (?:[\w-]+ ){0,5}agreement\b", top):
        return "agreement"
    return "other"


_RULES: tuple[tuple[Kind, str, str], ...] = (
    ("docket", r"DOCKET FOR CASE|(?:Petition|Proceeding) #:|(?m:^Docket:)|\bDocket Text\b", "top"),
    ("docket", r"(?i)^docket\b(?!ing)", "title"),
    ("deposition", r"(?i)\bDEPOSITION OF\b|\btranscript of\b", "title"),
    ("messages", r"(?i)\bmessage export|text messages?\b|_messages", "name"),
    ("amendment", r"(?i)\bamendment\b|\bamending agreement\b|\baddendum\b", "title"),
    ("NDA", r"(?i)non-?\s?disclosure|confidentiality (?:\w+ )*(?:agreement|undertaking)", "title"),
    ("merger agreement", r"(?i)plan of (?:merger|reorganization)|merger agreement", "title"),
    ("privacy policy", r"(?i)privacy (?:policy|statement|notice)", "title"),
    ("lease", r"(?i)\blease(?: agreement)?$|^lease\b", "title"),
    ("agreement", r"(?i)\bagreement\b|\bcontract\b|\bundertaking\b|\bterms\b|\blicense$", "title"),
)
_OF_COURTS: tuple[tuple[Kind, str], ...] = (
    ("order", r"(?i)\border\b|\bopinion\b|\bjudgment\b|certiorari"),
    ("pleading", r"(?i)complaint|motion|petition|answer|brief|declaration|affidavit|response"
                 r"|reply|stipulation|application|memorandum of law|in support"),
    ("order", r"(?i)\b(?:circuit|district) judges?\b|\bwe (?:affirm|reverse|remand)\b|per curiam"),
)  # fmt: skip
_BY_TITLE: tuple[tuple[Kind, str], ...] = (
    ("memorandum", r"(?i)memorandum|file note|\bmemo\b"),
    ("letter", r"(?i)\bnotice\b"),
    ("report", r"(?i)\breport\b"),
    ("ledger", r"(?i)ledger|invoice|reconciliation|statement of account"),
)


def _date(kind: Kind, lines: list[str]) -> str | None:  # noqa: PLR0911 - a rule for each kind
    head = "\n".join(lines)
    if kind in CONTRACTS:
        made = _MADE.search(head[:4000])
        if made is not None and kind == "amendment":
            # The date of what is amended stands near, and is not this document's.
            before = head[max(0, made.start() - 120) : made.start()].lower()
            if "amendment" not in before or "between" in before:
                return None
        if made is not None:
            return iso(made) if re.fullmatch(DATE, made["what"], re.IGNORECASE) else None
        return _agreed([iso(day) for line in lines[:15] if (day := _DAY.fullmatch(line))])
    if kind == "privacy policy":
        return _agreed([iso(match) for match in _UPDATED.finditer(head)])
    alone = [iso(day) for line in lines[:25] if (day := _DAY.fullmatch(line))]
    if kind in {"letter", "memorandum", "report", "ledger", "other", "messages"}:
        if not alone and kind == "ledger":
            alone = [iso(day) for day in [_ISSUED.search(head[:1500])] if day]
        return alone[0] if alone else None
    if kind == "deposition":
        return _agreed([iso(match) for match in _TAKEN.finditer(head[:2000])])
    if kind == "docket":
        filed = re.search(rf"Date\s+[Ff]iled:\s*{DATE}", head)
        return iso(filed) if filed else None
    return _agreed([iso(match) for match in _FILED.finditer(head)] or alone[:1])


def _agreed(dates: list[str | None]) -> str | None:
    """The one date that all say, or None."""
    return dates[0] if dates and len(set(dates)) == 1 else None
