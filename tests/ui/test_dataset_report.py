"""The report on training examples: one page that loads nothing and runs nothing."""

import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from serving.prompts import Excerpt
from training.examples import Example
from training.report import checked
from training.tokens import Length, Lengths, Mask
from ui.dataset_report import page

MEMORANDUM = "\n\n".join(
    f"{heading}\nThe weir is broken [1]."
    for heading in ("QUESTION PRESENTED", "BRIEF ANSWER", "FACTS", "DISCUSSION", "CONCLUSION")
)
HOSTILE = (
    "</td><script>alert(1)</script><img src=x onerror=alert(2)>",
    "'\"><svg onload=alert(3)>",
    "<style>body{display:none}</style>",
    "&lt;b&gt; &amp;",
    "a\u202eb\u200bc\x00d\ufeff",
)
TAGS = set(
    "html head meta title style body main h1 h2 p div b span table tr th td svg line text rect "
    "details summary".split()
)


class Page(HTMLParser):
    """Collects the tags, the attributes and the text of a page."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.text = ""
        self.feed(source)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_data(self, data: str) -> None:
        self.text += data


def _page(text: str) -> str:
    example = Example(
        id=f"id {text}",
        matter=f"matter {text}",
        area=text,
        split="train",
        answerable=True,
        question=text,
        passages=(Excerpt(text, 1, f"The weir is broken. {text}"),),
        memorandum=f"{MEMORANDUM} Halcyon Foods {text} [1].",
    )
    length = Length(example.id, 7, 9, "3 tokens, from FACTS on")
    mask = Mask(example.id, ((text, False), (text, True)))
    examples = [replace(example, id=f"{example.id}{n}", matter=str(n)) for n in range(5)]
    report = checked(
        Path(f"{text.replace('/', '')}.jsonl"),
        [example, *examples],
        Lengths(13, (length,), (mask,)),
        force=True,
    )
    return page(report, f"{text}.jsonl")


@pytest.mark.parametrize("text", HOSTILE)
def test_text_of_examples_is_shown_as_text(text: str) -> None:
    source = _page(text)
    read = Page(source)
    assert read.tags <= TAGS
    assert not {name for name in read.attributes if name.startswith("on")}
    plain = re.sub("[\x00\u200b\u202e\ufeff]", lambda m: f"[U+{ord(m.group()):04X}]", text)
    assert read.text.count(plain) >= 5
    assert not re.search("[\x00\u200b\u202e\ufeff]", source)


def test_nothing_is_loaded_from_elsewhere() -> None:
    source = _page("a weir")
    assert not Page(source).attributes & {"src", "href", "srcset", "action", "data"}
    assert "url(" not in source
    assert "default-src 'none'" in source


def test_findings_lengths_mask_and_phrases_are_there() -> None:
    read = Page(_page("a weir"))
    assert "“Halcyon” does not stand in the prompt" in read.text
    assert "3 tokens, from FACTS on" in read.text
    assert "16 tokens, more than data.max_tokens (13)" in read.text
    assert "7 tokens read, 9 learned" in read.text
    assert {"svg", "rect"} <= read.tags
