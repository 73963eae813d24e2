"""The Markdown form: footnotes, sources, receipt; and no text gets a power of Markdown's."""

from collections.abc import Callable

import pytest

from retrieval.documents import Passage
from serving.memo_markdown import as_markdown
from tests.serving.made_answers import answered, broken_off

MakePassage = Callable[..., Passage]

MEMORANDUM = (
    "BRIEF ANSWER\nRent is $15,200.00 [1]. It was $99 [2].\n\nIt leaked [2].\n\n"
    "CONCLUSION\nWe act for Petrakis."
)


@pytest.fixture
def given(passage: MakePassage) -> list[Passage]:
    return [passage("Rent is $15,200.00,\nmonthly."), passage("The roof [sic] *leaked*.")]


def test_markdown(given: list[Passage]) -> None:
    assert as_markdown(answered(MEMORANDUM, given)).decode() == (
        "# Memorandum\n\n**Question:** Who pays \\<b\\>?\n\n"
        "*2 of 4 sentences verified against the passages that they cite. What is marked "
        "unverified was not, and must be checked by hand.*\n\n"
        "## Brief Answer\n\n"
        "Rent is \\$15,200.00.[^1] "
        "It was \\$99.[^2] **[unverified: “\\$99” does not stand in \\[2\\]]**\n\n"
        "It leaked.[^3]\n\n"
        "## Conclusion\n\n"
        "We act for Petrakis. **[unverified: states a fact and cites no passage]**\n\n"
        "## Sources\n\n"
        "| | source | file | notes | text |\n|---|---|---|---|---|\n"
        "| 1 | lease.txt, p. 1 | lease.txt | 1 | Rent is \\$15,200.00, monthly. |\n"
        "| 2 | lease.txt, p. 1 | lease.txt | 2, 3 | The roof \\[sic\\] \\*leaked\\*. |\n\n"
        "## Receipt\n\n| | |\n|---|---|\n"
        "| Matter | oven |\n"
        "| Written | 2024-06-26T09:30:00+00:00 |\n"
        "| Model | smollm2-135m (SHA-256 bbbbbbbbbbbbbbbb) |\n"
        "| Adapter | memo-0123abcd |\n"
        "| Prompt | SHA-256 cccccccccccccccc |\n"
        "| Question | SHA-256 dddddddddddddddd |\n"
        "| Index generation | 3 |\n"
        "| Passages given | 2 |\n"
        "| Taken out | nothing |\n"
        "| Sentences | 2 verified, 1 unsupported, 1 uncited |\n\n"
        "[^1]: lease.txt, p. 1.\n"
        "[^2]: lease.txt, p. 1.\n"
        "[^3]: lease.txt, p. 1.\n"
    )


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("[click](http://evil.example)", "\\[click\\](http:\u2060//evil.example)"),
        ("![x](//evil.example/x.png)", "\\!\\[x\\](//evil.example/x.png)"),
        ("[9]: http://evil.example", "\\[9\\]: http:\u2060//evil.example"),
        ("See www.evil.example.", "See www\u2060.evil.example."),
        ("Ask a@evil.example.", "Ask a@\u2060evil.example."),
        ("<img src=x onerror=y>", "\\<img src=x onerror=y\\>"),
        ("[^1]: a note", "\\[\\^1\\]: a note"),
        ("a | b", "a \\| b"),
        ("- not a list", "\\- not a list"),
        ("12. not a list", "12\\. not a list"),
        ("# not a heading", "not a heading"),
        ("~~not~~ `so` &lt; $x$", "\\~\\~not\\~\\~ \\`so\\` \\&lt; \\$x\\$"),
    ],
)
def test_text_gets_no_power_of_markdown(given: list[Passage], text: str, written: str) -> None:
    line = as_markdown(answered(text, given)).decode().splitlines()[6]
    assert line.startswith(written)


def test_text_of_documents_stays_in_its_cell(passage: MakePassage) -> None:
    hostile = passage("a | [b](http://x.example)\n\n# c\n<b>")
    (line,) = [
        one
        for one in as_markdown(answered("x", [hostile])).decode().splitlines()
        if one.startswith("| 1 |")
    ]
    assert line.endswith("| a \\| \\[b\\](http:\u2060//x.example) \\# c \\<b\\> |")


@pytest.mark.parametrize("text", ["", "THE TENANT", "Rent\x00 is\x02 due.\ufffe"])
def test_odd_text_is_written(passage: MakePassage, text: str) -> None:
    written = as_markdown(answered(text, [passage(text)], question=f"Why {text}"))
    assert written.startswith(b"# Memorandum")
    assert b"\x00" not in written


def test_memorandum_that_broke_off_says_so(given: list[Passage]) -> None:
    lines = as_markdown(broken_off("Rent is $15", given)).decode().splitlines()
    assert lines[4] == "*Incomplete and not verified: the model stopped*"
    assert lines[6] == "Rent is \\$15 **[unverified: not checked]**"
