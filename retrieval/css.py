"""As much of CSS as says whether a text is seen: the rules of a page's own ``<style>``.

Selectors of elements, classes and ids, alone, together, and below each other are understood. A rule
with any other selector, or for some screens only, is passed over.
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

RULES_LIMIT = 5_000
"""Rules that are looked at; a page written by people has fewer."""

Declared = dict[str, str]
"""Properties with their values, in small letters."""

_COMMENT = re.compile(r"/\*.*?\*/|<!--|-->", re.DOTALL)
_SIMPLE = re.compile(r"(?P<tag>[a-z][\w-]*|\*)?(?P<marks>(?:[.#][\w-]+)*)$", re.IGNORECASE)
_SEEN = re.compile(
    "display|visibility|opacity|font(?:-size)?|color|background(?:-color|-image)?|text-indent"
    "|position|left|top|right|clip(?:-path)?|(?:max-)?(?:height|width)|overflow"
)


@dataclass(frozen=True, slots=True)
class _Rule:
    compounds: tuple[tuple[str, frozenset[str]], ...]
    """The element's tag and marks (``.class``, ``#id``), then those of what it stands in."""
    weight: tuple[int, int, int]
    """Ids, classes and tags in its selector, as the cascade weighs them."""
    declared: Declared


class Rules:
    """The rules of a page's style sheets, found by what their last selector names."""

    def __init__(self, sheets: list[str]) -> None:
        self._by_name: defaultdict[str, list[_Rule]] = defaultdict(list)
        count = 0
        for sheet in sheets:
            for rule in _rules(sheet):
                count += 1
                if count > RULES_LIMIT:
                    return
                tag, marks = rule.compounds[0]
                self._by_name[min(marks) if marks else tag].append(rule)

    def declared(self, element: Any) -> Declared:
        """Gives what the rules say of an element, the weightier ones over the others."""
        if not self._by_name:
            return {}
        names = {"*", element.tag, *_marks(element)}
        rules = [rule for name in names for rule in self._by_name.get(name, ())]
        found: Declared = {}
        for rule in sorted(rules, key=lambda rule: rule.weight):
            if _matches(rule, element):
                _lay_over(found, rule.declared)
        return found


def declarations(block: str) -> Declared:
    """Gives the properties of a block of CSS that have to do with being seen."""
    found: Declared = {}
    for one in block.split(";"):
        name, colon, value = one.partition(":")
        name = name.strip().lower()
        if colon and _SEEN.fullmatch(name):
            _lay_over(found, {name: " ".join(value.lower().split())})
    return found


def cascaded(rules: Declared, inline: Declared) -> Declared:
    """Gives the value of each property, without ``!important``, an element's own over the rules."""
    found = dict(rules)
    _lay_over(found, inline)
    return {name: value.partition("!")[0].strip() for name, value in found.items()}


def _lay_over(found: Declared, more: Declared) -> None:
    for name, value in more.items():
        if "!" in value or "!" not in found.get(name, ""):
            found[name] = value


def _rules(sheet: str) -> Iterator[_Rule]:
    for selectors, block in _blocks(_COMMENT.sub(" ", sheet)):
        declared = declarations(block)
        if not declared:
            continue
        for selector in selectors.split(","):
            parts = [_SIMPLE.match(part) for part in selector.replace(">", " ").split()]
            if not parts or not all(parts):
                continue
            compounds = [
                (
                    (part["tag"] or "*").lower(),
                    frozenset(re.findall(r"[.#][\w-]+", part["marks"])),
                )
                for part in reversed(parts)
                if part is not None
            ]
            marks = [mark for _, own in compounds for mark in own]
            ids = sum(mark.startswith("#") for mark in marks)
            tags = sum(tag != "*" for tag, _ in compounds)
            yield _Rule(tuple(compounds), (ids, len(marks) - ids, tags), declared)


def _blocks(sheet: str) -> Iterator[tuple[str, str]]:
    """The selectors and the block of each rule that stands in no other."""
    depth, start, selectors = 0, 0, ""
    for brace in re.finditer("[{}]", sheet):
        if brace[0] == "{":
            if depth == 0:
                selectors = sheet[start : brace.start()].rpartition(";")[2].strip()
                start = brace.end()
            depth += 1
        elif depth:
            depth -= 1
            if depth == 0:
                if selectors and not selectors.startswith("@"):
                    yield selectors, sheet[start : brace.start()]
                start = brace.end()


def _marks(element: Any) -> set[str]:
    marks = {f".{name}" for name in element.get("class", "").split()}
    return marks | ({f"#{element.get('id')}"} if element.get("id") else set())


def _matches(rule: _Rule, element: Any) -> bool:
    holders = iter((element, *element.iterancestors()))
    for number, compound in enumerate(rule.compounds):
        if not any(
            _fits(compound, holder) for holder in ([next(holders)] if number == 0 else holders)
        ):
            return False
    return True


def _fits(compound: tuple[str, frozenset[str]], element: Any) -> bool:
    tag, marks = compound
    return tag in ("*", element.tag) and marks <= _marks(element)
