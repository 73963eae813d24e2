"""Text of an HTML page that a browser does not show, or not so that it is seen.

Looked at are attributes, each element's own style and the page's own style sheets (``css``).
"""

import re
from dataclasses import dataclass, replace
from typing import Any

import cssselect2

from retrieval.css import Colour, Declared, Rules, cascaded, colour, declarations
from retrieval.hidden import SMALLEST, characters

ALIKE = 16
"""Difference of two colours up to which one is not seen on the other, of 255."""
OFF = -900.0
"""Pixels to the left or above from which nothing is on the screen."""

_NOT_SHOWN = ("template", "datalist", "noembed", "noframes")
_NOT_READ = ("script", "style", "head", "title", "meta", "link")
_ON_SCREEN = re.compile("screen|all", re.IGNORECASE)
_LENGTH = re.compile(r"(-?\d*\.?\d+)(px|pt|em|rem|%|cm|in|mm|vw|vh)?")
_PIXELS = {"px": 1.0, "": 1.0, "pt": 4 / 3, "em": 16.0, "rem": 16.0, "cm": 37.8, "mm": 3.78,
           "in": 96.0, "vw": 12.0, "vh": 8.0, "%": 10.0}  # fmt: skip
_HINTS = re.compile(
    r"hidden|template|datalist|noembed|noframes|display|visibility|opacity|font|color|indent"
    r"|position|clip|overflow",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class _Looks:
    """What an element hands on to those in it."""

    colour: Colour | None = (0, 0, 0)
    """None where it cannot be told."""
    ground: Colour | None = (255, 255, 255)
    """What is behind it; None where that is a picture, or cannot be told."""
    size: float = 16.0
    """Pixels."""
    visible: bool = True
    indent: float = 0.0
    """Pixels that its first line is moved to the right."""


def leave_out_hidden(html: str, tree: Any) -> int:
    """Empties the elements of a page that are not seen; gives how many characters they had.

    ``tree`` is the page as lxml parsed it from ``html``.
    """
    if not _HINTS.search(html):
        return 0
    sheets = [one for one in tree.iter("style") if _ON_SCREEN.search(one.get("media", "all"))]
    rules = Rules([sheet.text_content() for sheet in sheets])
    # What a style sheet elsewhere makes the background of a page is not known.
    linked = any("stylesheet" in one.get("rel", "").lower() for one in tree.iter("link"))
    count = 0
    # A list and not a call within a call: elements stand in each other by the thousand.
    page = cssselect2.ElementWrapper.from_html_root(tree)
    left = [(page, _Looks(ground=None if linked else (255, 255, 255)))]
    while left:
        wrapped, around = left.pop()
        element = wrapped.etree_element
        if element.tag in _NOT_READ:
            continue
        style = cascaded(rules.declared(wrapped), _own(element))
        if element.tag in _NOT_SHOWN or _is_gone(element, style):
            count += characters("".join(_read(element)))
            _empty(element)
            continue
        looks = _looks(style, around)
        if not _is_seen(looks):
            count += _emptied(element)
        left += [(child, looks) for child in wrapped.iter_children()]
    return count


def _own(element: Any) -> Declared:
    """An element's own style, and what older pages say in attributes."""
    declared: Declared = {}
    if element.get("bgcolor"):
        declared["background-color"] = element.get("bgcolor").lower()
    if element.get("background"):
        declared["background-image"] = "url"
    if element.tag == "font" and element.get("color"):
        declared["color"] = element.get("color").lower()
    if element.tag == "body" and element.get("text"):
        declared["color"] = element.get("text").lower()
    return declared | declarations(element.get("style", ""))


def _is_gone(element: Any, style: Declared) -> bool:
    """Whether an element is not shown with all that stands in it."""
    display = style.get("display", "")
    if display == "none" or (element.get("hidden") is not None and not display):
        return True
    if _number(style.get("opacity", "1")) <= 0.02:
        return True
    if style.get("position") in ("absolute", "fixed", "relative"):
        if any(_pixels(style.get(side, "0")) <= OFF for side in ("left", "top", "right")):
            return True
        if re.search(r"rect\((?:[01](?:px)?[ ,]*){4}\)", style.get("clip", "")):
            return True
    if re.search(r"inset\((?:50|100)%\)|circle\(0", style.get("clip-path", "")):
        return True
    return style.get("overflow") == "hidden" and any(
        re.fullmatch(r"0(?:px|pt|em|%)?", style.get(side, ""))
        for side in ("height", "max-height", "width", "max-width")
    )


def _looks(style: Declared, around: _Looks) -> _Looks:
    looks = around
    if "visibility" in style:
        looks = replace(looks, visible=style["visibility"] not in ("hidden", "collapse"))
    if "color" in style and style["color"] not in ("inherit", "currentcolor"):
        looks = replace(looks, colour=colour(style["color"], looks.ground))
    ground = style.get("background-image", "none")
    if ground != "none":
        looks = replace(looks, ground=None)
    for name in ("background-color", "background"):
        value = style.get(name, "")
        if "url" in value or "gradient" in value:
            looks = replace(looks, ground=None)
        elif value and not re.match("transparent|none|inherit|initial|unset", value):
            looks = replace(looks, ground=colour(value, looks.ground))
    size = style.get("font-size") or _of_shorthand(style.get("font", ""))
    if size:
        looks = replace(looks, size=_size(size, looks.size))
    if "text-indent" in style:
        looks = replace(looks, indent=_pixels(style["text-indent"]))
    return looks


def _is_seen(looks: _Looks) -> bool:
    if not looks.visible or looks.size * 3 / 4 < SMALLEST or looks.indent <= OFF:
        return False
    if looks.colour is None or looks.ground is None:
        return True
    differences = (abs(a - b) for a, b in zip(looks.colour, looks.ground, strict=True))
    return max(differences) > ALIKE


def _size(value: str, around: float) -> float:
    length = _LENGTH.fullmatch(value)
    if length is None:  # a word: small, larger, inherit
        return around
    number, unit = float(length[1]), length[2] or "px"
    if unit in ("em", "%"):
        return around * number / (100 if unit == "%" else 1)
    return number * _PIXELS[unit]


def _of_shorthand(font: str) -> str:
    found = re.search(r"(?:^| )(\d*\.?\d+(?:px|pt|em|rem|%)?)(?=[ /])", font)
    return found[1] if found else ""


def _pixels(value: str) -> float:
    length = _LENGTH.fullmatch(value)
    return float(length[1]) * _PIXELS[length[2] or ""] if length else 0.0


def _number(value: str) -> float:
    try:
        return float(value.rstrip("%")) / (100 if value.endswith("%") else 1)
    except ValueError:
        return 1.0


def _read(element: Any) -> list[str]:
    """The texts in an element that would be read."""
    texts = [element.text or ""]
    for one in element.iterdescendants():
        if isinstance(one.tag, str) and not any(
            holder.tag in _NOT_READ for holder in (one, *one.iterancestors())
        ):
            texts.append(one.text or "")
        texts.append(one.tail or "")
    return texts


def _empty(element: Any) -> None:
    """Takes out all that is in an element, and leaves its place."""
    for child in list(element):
        element.remove(child)
    element.text = None


def _emptied(element: Any) -> int:
    """Takes the text of an element that stands in no other; gives how many characters it had."""
    count = characters(element.text or "")
    if count:
        element.text = None
    for child in element:
        if characters(child.tail or ""):
            count += characters(child.tail)
            child.tail = None
    return count
