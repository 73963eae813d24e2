import pytest

from ui.prose import plain


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("costs $5 and $6", r"costs \$5 and \$6"),
        ("[a](http://b.c)", "\\[a\\]\\(http\\:\u2060\\/\\/b\\.c\\)"),
        ("<b>x</b>", r"\<b\>x\<\/b\>"),
        ("see www.a.example", "see www\u2060\\.a\\.example"),
        ("a@b.example", "a\\@\u2060b\\.example"),
        (":red[x]", "\\:\u2060red\\[x\\]"),
        ("one\ntwo  three", "one two three"),
    ],
)
def test_plain(text: str, shown: str) -> None:
    assert plain(text) == shown
