"""Text of a Word document that is not seen in print: hidden, white on white, too small.

A run's looks come from itself, its character style, its paragraph's style, the styles that these
are based on, and the document's defaults (ECMA-376, part 1, 17.7).
"""

import re
from functools import cache, cached_property
from typing import Any

from docx.oxml.ns import qn

from retrieval.hidden import SMALLEST, characters

WHITE = 240
"""Channel of a colour, of 255, from which it is white to a reader."""

_DEPTH = 12
"""Styles based on each other that are followed; a loop has no end."""
_NAMED = {"white": "FFFFFF", "black": "000000", "yellow": "FFFF00", "lightGray": "C0C0C0"}
_NOT_READ = (
    *(qn("w:del"), qn("w:moveFrom")),
    "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback",
)
_BEHIND = "{http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing}anchor"
_VML = "{urn:schemas-microsoft-com:vml}"


class Looks:
    """What the runs of a document look like, by its styles."""

    def __init__(self, styles: Any, stories: list[Any]) -> None:
        """``styles`` is the root of its styles, ``stories`` those of its body and margins."""
        self._styles = {style.get(qn("w:styleId")): style for style in styles.iter(qn("w:style"))}
        self._default = styles.find(f"{qn('w:docDefaults')}/{qn('w:rPrDefault')}/{qn('w:rPr')}")
        self._paragraph = next(
            (
                name
                for name, style in self._styles.items()
                if style.get(qn("w:type")) == "paragraph"
                and style.get(qn("w:default")) in ("1", "true")
            ),
            None,
        )
        # On what is drawn behind the text, white may be seen anywhere.
        self._plain_paper = not any(_draws_behind(story) for story in stories)
        self._of_style = cache(self._of_style_uncached)

    def leave_out_hidden(self, story: Any) -> int:
        """Empties the runs of a story that are not seen; gives how many characters they had."""
        count = 0
        for run in story.iter(qn("w:r")):
            own = run.find(qn("w:rPr"))
            paragraph = run.getparent()
            while paragraph is not None and paragraph.tag != qn("w:p"):
                paragraph = paragraph.getparent()
            style = _value(paragraph, "w:pPr", "w:pStyle") or self._paragraph
            if own is None and not self._may_hide(style):
                continue
            if self._is_hidden(run, own, paragraph, style):
                count += _emptied(run)
        return count

    def _may_hide(self, style: str | None) -> bool:
        return any(self._of_style(style, name) is not None for name in ("w:vanish", "w:color")) or (
            self._points(None, None, style) < SMALLEST
        )

    def _is_hidden(self, run: Any, own: Any, paragraph: Any, style: str | None) -> bool:
        character = _value(own, "w:rStyle")
        vanish = None if own is None else own.find(qn("w:vanish"))
        if vanish is not None:
            gone = _is_on(vanish)
        else:  # it is a toggle: two styles that have it take each other back
            levels = (self._of_style(name, "w:vanish") for name in (character, style))
            gone = sum(level is not None and _is_on(level) for level in levels) == 1
        if gone or self._points(own, character, style) < SMALLEST:
            return True
        colour = self._property("w:color", own, character, style)
        return (
            colour is not None
            and _is_white(colour.get(qn("w:val")))
            and self._plain_paper
            and self._is_on_white(run, own, paragraph, character, style)
        )

    def _points(self, own: Any, character: str | None, style: str | None) -> float:
        size = self._property("w:sz", own, character, style)
        value = "20" if size is None else size.get(qn("w:val"), "20")
        return float(value) / 2 if re.fullmatch(r"[\d.]+", value) else 10.0

    def _is_on_white(
        self, run: Any, own: Any, paragraph: Any, character: str | None, style: str | None
    ) -> bool:
        """Whether what lies behind a run is surely white: its own shade, or what it stands in."""
        highlight = self._property("w:highlight", own, character, style)
        if highlight is not None and highlight.get(qn("w:val")) != "none":
            return _is_white(_NAMED.get(highlight.get(qn("w:val"))))
        shades = [
            self._property("w:shd", own, character, style),
            None if paragraph is None else paragraph.find(f"{qn('w:pPr')}/{qn('w:shd')}"),
            self._of_style(style, "w:shd", "w:pPr"),
        ]
        for holder in run.iterancestors(qn("w:txbxContent"), qn("w:tc"), qn("w:tbl")):
            if holder.tag == qn("w:tc"):
                shades.append(holder.find(f"{qn('w:tcPr')}/{qn('w:shd')}"))
            elif holder.tag == qn("w:tbl"):
                shades.append(holder.find(f"{qn('w:tblPr')}/{qn('w:shd')}"))
        nearest = next((fill for shade in shades if (fill := _fill(shade))), None)
        if nearest is not None:
            return _is_white(nearest)
        # A box has a colour of its own, or lies on a picture; a table's style shades some cells.
        return not any(
            holder.tag == qn("w:txbxContent")
            or _value(holder, "w:tblPr", "w:tblStyle") in self._shading_tables
            for holder in run.iterancestors(qn("w:txbxContent"), qn("w:tbl"))
        )

    @cached_property
    def _shading_tables(self) -> set[str]:
        """Styles of tables that shade some of the cells."""
        return {
            name
            for name in self._styles
            if any(
                next(style.iter(qn("w:shd")), None) is not None for style in self._with_bases(name)
            )
        }

    def _property(self, name: str, own: Any, character: str | None, style: str | None) -> Any:
        """What a run says of itself, else its styles, else the document."""
        found = None if own is None else own.find(qn(name))
        for one in (character, style):
            if found is None:
                found = self._of_style(one, name)
        if found is None and self._default is not None:
            found = self._default.find(qn(name))
        return found

    def _of_style_uncached(self, style: str | None, name: str, part: str = "w:rPr") -> Any:
        for one in self._with_bases(style):
            found = one.find(f"{qn(part)}/{qn(name)}")
            if found is not None:
                return found
        return None

    def _with_bases(self, style: str | None) -> list[Any]:
        chain: list[Any] = []
        while style in self._styles and len(chain) < _DEPTH:
            chain.append(self._styles[style])
            style = _value(chain[-1], "w:basedOn")
        return chain


def _value(element: Any, *path: str) -> str | None:
    """The value of what lies down a path; None where nothing does."""
    found = None if element is None else element.find("/".join(map(qn, path)))
    value = None if found is None else found.get(qn("w:val"))
    return None if value is None else str(value)


def _is_on(toggle: Any) -> bool:
    return toggle.get(qn("w:val"), "1") not in ("0", "false", "off")


def _is_white(colour: str | None) -> bool:
    """Whether a colour is white to a reader; "auto" is what can be read on what is behind it."""
    if colour is None or not re.fullmatch("[0-9A-Fa-f]{6}", colour):
        return False
    return min(bytes.fromhex(colour)) >= WHITE


def _fill(shade: Any) -> str | None:
    """The colour of a shade; None where it has none, "?" for a pattern."""
    if shade is None:
        return None
    pattern = shade.get(qn("w:val"), "clear")
    if pattern in ("clear", "nil"):
        fill = shade.get(qn("w:fill"), "auto")
        return None if fill == "auto" else str(fill)
    return str(shade.get(qn("w:color"), "?")) if pattern == "solid" else "?"


def _draws_behind(story: Any) -> bool:
    """Whether a story has a picture or a shape behind its text; a watermark's letters are none."""
    if any(one.get("behindDoc") in ("1", "true") for one in story.iter(_BEHIND)):
        return True
    if story.find(qn("w:background")) is not None:
        return True
    return any(
        "z-index:-" in shape.get("style", "") and shape.find(f"{_VML}textpath") is None
        for kind in ("shape", "rect", "group", "roundrect")
        for shape in story.iter(_VML + kind)
    )


def _emptied(run: Any) -> int:
    """Empties a run, unless it is not read anyway; gives how many characters that took."""
    if any(holder.tag in _NOT_READ for holder in run.iterancestors()):
        return 0
    count = 0
    for text in run.iterchildren(qn("w:t")):
        if characters(text.text or ""):
            count += characters(text.text)
            text.text = ""
    return count
