"""Text and HTML in whatever encoding -> text."""

import codecs
import re

from retrieval.errors import UnreadableFile
from retrieval.hidden import Seen

_BOMS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_WESTERN_SIGNS = frozenset("‘’‚“”„–—•…€£¥¢§©®™¶·°±¼½¾«»¿¡†‡\u00a0\u00ad")
_XML_DECLARATION = re.compile(r"^<\?xml [^>]+?\?>")
_META_CHARSET = re.compile(rb"<meta[^>]{0,200}charset\s*=\s*[\"']?\s*([\w.:-]{2,30})", re.I)


def decoded(raw: bytes, charset: str | None = None) -> str:
    """Gives text from bytes: UTF-8 where they are that, else as said, else as guessed.

    A byte order mark of UTF-8 stays, as the text of a text file is the file's.

    Raises:
        UnreadableFile: it is no text.
    """
    for mark, encoding in _BOMS:
        if raw.startswith(mark):
            return raw.decode(encoding, errors="replace")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        pass
    if charset is not None:
        try:
            return raw.decode(charset)
        except (LookupError, UnicodeDecodeError):
            pass
    if _is_western(raw):
        return raw.decode("cp1252")
    import charset_normalizer

    guess = charset_normalizer.from_bytes(raw).best()
    if guess is None:
        raise UnreadableFile("is not text in any known encoding; save it as UTF-8")
    return str(guess)


def _is_western(raw: bytes) -> bool:
    """Whether it reads well as Windows' western text: few letters with accents, usual signs.

    So little gives statistics nothing to go by: they take ``§ 12`` for Japanese.
    """
    try:
        text = raw.decode("cp1252")
    except UnicodeDecodeError:
        return False
    special = [character for character in text if not character.isascii()]
    accented = [character for character in special if character.isalpha()]
    return len(accented) * 20 <= len(text) and all(
        character in _WESTERN_SIGNS for character in special if not character.isalpha()
    )


def html_file_text(raw: bytes) -> Seen:
    """Gives what is seen of an HTML file, by the character set that its head names."""
    named = _META_CHARSET.search(raw[:4096])
    return html_text(decoded(raw, named[1].decode("ascii") if named else None))


def html_text(html: str) -> Seen:
    """Gives the text of HTML as a browser lays it out; scripts, styles, what it hides left out."""
    import lxml.etree
    import lxml.html
    from inscriptis.html_engine import Inscriptis

    from retrieval.hidden_html import leave_out_hidden

    html = _XML_DECLARATION.sub("", html.strip(), count=1)
    if not html:
        return Seen("")
    try:
        tree = lxml.html.document_fromstring(html)
    except lxml.etree.ParserError:  # nothing but comments, or white space of other kinds
        tree = lxml.html.document_fromstring(f"<pre>{html}</pre>")
    hidden = leave_out_hidden(html, tree)
    text = str(Inscriptis(tree).get_text())
    # A row of a table is padded to the longest one; the blanks at its end say nothing.
    return Seen("\n".join(line.rstrip(" \t") for line in text.split("\n")), hidden)
