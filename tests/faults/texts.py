"""Texts for the properties: what a case file holds, what a file can hold, and what is meant ill."""

from hypothesis import strategies as st

ODD = (
    "\r\n", "\r", "\n", "\n\n", "\n \n", "\t", "\x00", "\x0b", "\x0c", "\x1b[31m", "\x85", "\u2028",
    "\u2029", "\u00a0", "\u200b", "\u200d", "\u202e", "\u202c", "\ufeff", "\ud800", "\udfff",
    "👨‍👩‍👧‍👦", "🏴\U000e0067\U000e0062\U000e007f", "e\u0301\u0302\u0303", "שלום", "السلام", "ﷺ",
    "ﬁ", "İ", "ß", "①", "Ⅷ", "½", "²", "٣", "𝟗", "〇", "\U0010ffff",
)  # fmt: skip
LEGAL = (
    "ARTICLE IV", "§ 4.2(b)", "Section 12.", "(a)", "(iv)", "1.", "Exhibit A", "WHEREAS", "Inc.",
    "SMITH v. JONES", "410 U.S. 113 (1973)", "42 U.S.C. § 1983", "No. 21-cv-1234", "$15,200.00",
    "$2.5 million", "thirty (30) days", "30%", "March 3, 2021", "3/3/21", "2021-03-03", "the 3rd",
    "From: a@x.example", "Subject: Re: rent", "Page 3 of 12", "- 4 -", "QUESTION PRESENTED",
    "BRIEF ANSWER", "FACTS", "DISCUSSION", "CONCLUSION", "[1]", "[2][3]", "[999]", "[0]", "[١]",
    "“the roof”", "“", "”", '"', "'", "not", "shall", "the", "Landlord", "pays", "rent", "by",
    "Q.", "A.", "p. 4", "and", "?", ".", ";", ":", ",", "|", " | ", "   ", "—", "**", "#", "- ",
    "[t]enant", "[REDACTED]", "Feb. 30, 2021", "0/0/0000", "99/99/9999", "January 0", "£", "€5",
    "one hundred", "half", "a dozen", "one thousand million", "0", "00", "1,,,2", "1.2.3.4.5",
    "10" * 40, "(" * 20, ")" * 20, "." * 30, "_" * 40, "x" * 700,
)  # fmt: skip
MARKUP = (
    "[", "]", "(", ")", "<", ">", "!", "![", "](", "[a](http://e.example)", "![x](y.png)", "<b>",
    "</b>", "<!--", "-->", "<img src=x>", "http://e.example/a?b=c", "https://", "www.e.example",
    "javascript:alert(1)", "a@b.example", "e.com", "10.0.0.1/x", "[a]: http://e.example", "[a][b]",
    "://", "=", "&amp;", "`", "~", "$x$", ":smile:", "=HYPERLINK(1)", "@SUM", "+1", "-1",
)  # fmt: skip

_CHARACTERS = st.text(max_size=40)


def _joined(pieces: tuple[str, ...], most: int) -> st.SearchStrategy[str]:
    piece = st.sampled_from(pieces) | _CHARACTERS
    between = st.sampled_from(["", " ", " ", " ", "\n"])
    return st.lists(st.tuples(piece, between), max_size=most).map(
        lambda pairs: "".join(a + b for a, b in pairs)
    )


def documents(most: int = 60) -> st.SearchStrategy[str]:
    """Gives texts of documents: legal words, odd characters, whatever Unicode has."""
    return _joined(LEGAL + ODD, most)


def answers(most: int = 40) -> st.SearchStrategy[str]:
    """Gives what a model may write, markup too."""
    return _joined(LEGAL + ODD + MARKUP, most)


def repeated() -> st.SearchStrategy[str]:
    """Gives long texts of few words, which is where a pattern goes back and forth."""
    pieces = LEGAL + ODD + MARKUP
    few = st.lists(st.sampled_from(pieces), min_size=1, max_size=3).map("".join)
    return st.tuples(few, st.integers(10, 600)).map(lambda pair: (pair[0] * pair[1])[:4_000])
