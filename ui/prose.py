"""Text of models and documents on a page, and only ever as text.

``prose`` draws a tree of ``Node`` through a component that makes elements from a short list of
tags and fills them by ``textContent``: what a memorandum or a case file says can become no
markup, link, image, formula or script. ``plain`` is for the one-line messages that Streamlit
reads as Markdown.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import streamlit as st

from retrieval.errors import CasewrightError

ASSETS = Path(__file__).with_name("assets")

Tag = Literal["div", "h2", "h3", "p", "span", "mark", "button"]


@dataclass(frozen=True, slots=True)
class Node:
    """An element with its text and its children, drawn by ``prose``."""

    tag: Tag
    kind: str
    """Its class in ``assets/prose.css``."""
    text: str = ""
    children: tuple["Node", ...] = ()
    choose: int | None = None
    """What a click on this button chooses."""
    label: str = ""
    """What a screen reader says in place of the text, and a pointer shows over it."""
    copy: str = ""
    """What a click on this button copies."""

    def as_json(self) -> dict[str, Any]:
        """Gives the node as the component takes it."""
        return {
            "tag": self.tag,
            "kind": self.kind,
            "text": self.text,
            "children": [child.as_json() for child in self.children],
            "choose": self.choose,
            "label": self.label,
            "copy": self.copy,
        }


_component = st.components.v2.component(
    "casewright_prose",
    html="<article></article>",
    css=(ASSETS / "prose.css").read_text(encoding="utf-8"),
    js=(ASSETS / "prose.js").read_text(encoding="utf-8"),
)


def prose(
    nodes: Sequence[Node], *, key: str, on_choose: Callable[[int], None] = lambda chosen: None
) -> None:
    """Draws text. ``on_choose`` is called with the number of a button before the next run."""

    def chosen() -> None:
        number = st.session_state[key]["chosen"]
        if number is not None:
            on_choose(int(number))

    _component(key=key, data={"nodes": [node.as_json() for node in nodes]}, on_chosen_change=chosen)


def plain(text: str) -> str:
    """Gives text that Streamlit's Markdown shows as it stands, on one line.

    Punctuation is escaped; a word joiner (U+2060, invisible) stops addresses and ``:names:``
    from being found in the finished text, where escapes are gone.
    """
    escaped = re.sub(r"([!-/:-@\[-`{-~])", r"\\\1", " ".join(text.split()))
    return re.sub(r"(\\[:@](?=\S)|www(?=\\\.))", "\\1\u2060", escaped)


def say(error: CasewrightError) -> None:
    """Shows an error that the user can act on, as one plain line."""
    st.error(plain(str(error)))


def walk(nodes: Sequence[Node]) -> Iterator[Node]:
    """Gives the nodes with all below them, in the order of reading."""
    for node in nodes:
        yield node
        yield from walk(node.children)
