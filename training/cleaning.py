"""Cleans the text of old memoranda: page headings, file numbers, footnotes, broken lines."""

import re


def cleaned(text: str) -> str:
    """Gives the text without page headings, footnotes and closing, a paragraph a line.

    A word that was divided at the end of a line is joined again.
    """
    paragraphs: list[str] = []
    broken = False
    for paragraph in re.split(r"\n\s*\n", _CLOSING.split(text)[0]):
        all_lines = [line.strip() for line in paragraph.split("\n")]
        lines = [line for line in all_lines if not _PAGE_MARK.match(line)]
        joined = _DIVIDED.sub(r"\1", "\n".join(lines))
        joined = " ".join(joined.split())
        if not joined:
            broken = broken or len(lines) < len(all_lines)
            continue
        if _FOOTNOTE.match(joined):
            broken = True
            continue
        joined = _FOOTNOTE_SIGN.sub("", joined)
        # A page's end broke the sentence; its heading or footnotes stood in between.
        if broken and paragraphs and joined[0].islower() and paragraphs[-1][-1] not in ".?!:":
            paragraphs[-1] += " " + joined
        else:
            paragraphs.append(joined)
        broken = False
    return "\n".join(paragraphs)


_PAGE_MARK = re.compile(
    r"(?:(?:our )?files?|re|advice letter)\s*(?:nos?\.?)?:?\s*[A-Z1]-?\d{2}-?\d+.*"
    r"|page\s*(?:no\.?)?\s*\d+.*"
    r"|-?\s*\d{1,3}\s*-?$"
    r"|_{5,}",
    re.IGNORECASE,
)
_FOOTNOTE = re.compile(
    r"(?:[¹²³⁴⁵⁶⁷⁸⁹*†_]|\d{1,2} (?=The |All |Section|Government|See |Regulation|If |For |We |In ))"
)
_CLOSING = re.compile(
    r"If you have (?:any )?(?:other|further|additional)?\s*questions|\bSincerely,"
)
_FOOTNOTE_SIGN = re.compile(r"[¹²³⁴⁵⁶⁷⁸⁹⁰]+")
_DIVIDED = re.compile(r"([a-z]{2,})-\n(?=[a-z]{2,})")
