"""What the rules of a page's own ``<style>`` declare of an element (tinycss2, cssselect2).

Only properties that have to do with being seen are kept. Rules for some screens only are passed
over, and so are selectors that are none.
"""

import re
from collections.abc import Iterable
from typing import Any

import cssselect2
import tinycss2
import tinycss2.color3

RULES_LIMIT = 5_000
"""Rules that are looked at; a page written by people has fewer."""

Declared = dict[str, str]
"""Properties with their values, in small letters, ``!important`` where it stands."""
Colour = tuple[int, int, int]

_SEEN = re.compile(
    "display|visibility|opacity|font(?:-size)?|color|background(?:-color|-image)?|text-indent"
    "|position|left|top|right|clip(?:-path)?|(?:max-)?(?:height|width)|overflow"
)


class Rules:
    """The rules of a page's style sheets."""

    def __init__(self, sheets: Iterable[str]) -> None:
        self._matcher = cssselect2.Matcher()
        count = 0
        for sheet in sheets:
            for rule in tinycss2.parse_stylesheet(sheet, skip_comments=True, skip_whitespace=True):
                count += 1
                if count > RULES_LIMIT:
                    return
                if rule.type == "qualified-rule":
                    self._add(rule)

    def declared(self, element: cssselect2.ElementWrapper) -> Declared:
        """Gives what the rules say of an element, the weightier ones over the others."""
        found: Declared = {}
        for _, _, pseudo, declared in self._matcher.match(element):
            if pseudo is None:
                _lay_over(found, declared)
        return found

    def _add(self, rule: Any) -> None:
        declared = declarations(rule.content)
        if not declared:
            return
        try:
            selectors = cssselect2.compile_selector_list(rule.prelude)
        except cssselect2.SelectorError:
            return
        for selector in selectors:
            self._matcher.add_selector(selector, declared)


def declarations(block: str | list[Any]) -> Declared:
    """Gives the properties of a block of CSS that have to do with being seen."""
    found: Declared = {}
    for one in tinycss2.parse_blocks_contents(block, skip_comments=True, skip_whitespace=True):
        if one.type == "declaration" and _SEEN.fullmatch(one.lower_name):
            value = " ".join(tinycss2.serialize(one.value).lower().split())
            _lay_over(found, {one.lower_name: value + (" !important" if one.important else "")})
    return found


def cascaded(rules: Declared, inline: Declared) -> Declared:
    """Gives the value of each property, without ``!important``, an element's own over the rules."""
    found = dict(rules)
    _lay_over(found, inline)
    return {name: value.partition("!")[0].strip() for name, value in found.items()}


def colour(value: str, ground: Colour | None) -> Colour | None:
    """Gives a colour as it is seen on what is behind it; None where it is told in another way.

    Of several words, as a background has, the first that is a colour.
    """
    for token in tinycss2.parse_component_value_list(value, skip_comments=True):
        parsed = tinycss2.color3.parse_color(token)
        if parsed is not None and parsed != "currentColor":
            return _mixed(parsed, ground)
    return None


def _mixed(parsed: Any, ground: Colour | None) -> Colour | None:
    opacity = parsed.alpha
    if opacity == 0:
        return ground
    behind = ground if ground is not None else (0, 0, 0)
    if ground is None:
        opacity = 1
    red, green, blue = (
        round(opacity * 255 * above + (1 - opacity) * below)
        for above, below in zip((parsed.red, parsed.green, parsed.blue), behind, strict=True)
    )
    return red, green, blue


def _lay_over(found: Declared, more: Declared) -> None:
    for name, value in more.items():
        if "!" in value or "!" not in found.get(name, ""):
            found[name] = value
