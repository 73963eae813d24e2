"""What a model wrote, without what it must not carry: links, images, HTML, foreign addresses.

A document may tell the model to write a link or to load an image, and a reader's program would
follow it. Before an answer is shown, checked, kept or exported, a link becomes its text, an image
its description, HTML tags go, and so does every address that stands in no passage given.
"""

import re
from collections.abc import Callable, Mapping, Sequence

LONGEST = 2_000
"""Characters that a link or a tag may take while a stream waits for its end."""


class OutputFilter:
    """Cleans a text that comes in pieces; ``taken_out`` counts what was removed, by kind."""

    def __init__(self, passages: Sequence[str]) -> None:
        self._known = frozenset(
            _bare(match.group()) for text in passages for match in _ADDRESS.finditer(text)
        )
        self._waiting = ""
        self.taken_out: dict[str, int] = {}

    def feed(self, piece: str) -> str:
        """Gives what can be shown by now: all but a last word or construct that goes on."""
        self._waiting += piece
        end = _settled(self._waiting)
        ready, self._waiting = self._waiting[:end], self._waiting[end:]
        return self.clean(ready)

    def rest(self) -> str:
        """Gives what is left when the text has ended."""
        ready, self._waiting = self._waiting, ""
        return self.clean(ready)

    def clean(self, text: str) -> str:
        """Gives a text without links, images, HTML, hidden characters and foreign addresses."""
        before = None
        while text != before:  # what is taken out may join what stood around it
            before = text
            for kind, pattern, left in _TAKEN_OUT:
                text = self._without(kind, pattern, left, text)
            text = self._without("address", _ADDRESS, self._if_known, text)
        return text

    def _without(
        self, kind: str, pattern: re.Pattern[str], left: Callable[[re.Match[str]], str], text: str
    ) -> str:
        def counted(match: re.Match[str]) -> str:
            kept = left(match)
            if kept != match.group():
                self.taken_out[kind] = self.taken_out.get(kind, 0) + 1
            return kept

        return pattern.sub(counted, text)

    def _if_known(self, match: re.Match[str]) -> str:
        address = match.group()
        if _bare(address) in self._known:
            return address
        return address[len(address.rstrip(_CLOSING)) :]  # the stop of its sentence stays


def told(taken_out: Mapping[str, int]) -> str:
    """Gives in words what was taken out: ``2 links, 1 address``; empty where nothing was."""
    return ", ".join(
        f"{count} {kind if count == 1 or kind == 'HTML' else _PLURAL.get(kind, kind + 's')}"
        for kind, count in taken_out.items()
    )


def _settled(text: str) -> int:
    """Up to where a growing text is final: its last blank outside of an unfinished construct."""
    end = max(text.rfind(" "), text.rfind("\n")) + 1
    for opening in _OPENING.finditer(text, max(0, len(text) - LONGEST)):
        if opening.start() >= end:
            break
        goes_to = _end(text, opening.start())
        if goes_to is None or goes_to > end:
            return opening.start()
    return end


def _end(text: str, start: int) -> int | None:
    """Where the link, image or tag ends that may open there; None where that is not known yet."""
    construct = _CONSTRUCT.match(text, start)
    if construct is None:
        return _end_of(_TAG_WHOLE, text, start)
    behind, image = construct["behind"], text[start] == "!"
    if behind == "(":
        return _end_of(_TARGET_WHOLE, text, construct.start("behind"))
    if behind == ":":
        return _end_of(_DEFINED, text, construct.end())
    if image and (behind.endswith("[") or text[construct.start("behind") :].isspace()):
        return _end_of(_REFERENCE, text, construct.end())
    return construct.start("behind")


def _end_of(pattern: re.Pattern[str], text: str, start: int) -> int | None:
    found = pattern.match(text, start)
    return found.end() if found else None


def _bare(address: str) -> str:
    """An address as it is compared: without the stop of its sentence, in lower case."""
    return address.rstrip(_CLOSING).lower()


def _shown(match: re.Match[str]) -> str:
    return match["shown"]


def _nothing(match: re.Match[str]) -> str:
    return ""


_PLURAL = {"address": "addresses"}
_CLOSING = ".,;:!?)]}>'\"”’"
_TARGET = (
    r"\(\s*(?:<[^<>\n]*>|(?:[^()\s]|\([^()\s]*\))*)(?:\s+(?:\"[^\"]*\"|'[^']*'|\([^()]*\)))?\s*\)"
)
_SOMEWHERE = r"(?=\([^()]*[:/.#])"
_SHOWN = r"\[(?P<shown>(?:[^\[\]]|\[[^\[\]]*\])*)\]"
# A tag's name follows its bracket at once; 3 < 5 is none.
_TAG = r"<(?:!--.*?-->|[A-Za-z/!?][^<>]*>)"
_TAKEN_OUT: tuple[tuple[str, re.Pattern[str], Callable[[re.Match[str]], str]], ...] = (
    (
        "hidden character",
        re.compile(
            "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u202a-\u202e\u2060-\u2069\ud800-\udfff\ufeff"
            "\U000e0000-\U000e007f]"
        ),
        _nothing,
    ),
    ("image", re.compile(rf"!{_SHOWN}\s?(?:{_TARGET}|\[[^\[\]]*\])"), _shown),
    ("image", re.compile(r"!(?=\[)"), _nothing),
    # A citation stays one: [1](http://…) is [1]; and [1](b) is no link.
    ("link", re.compile(rf"(?P<shown>\[\d{{1,3}}\]){_SOMEWHERE}{_TARGET}"), _shown),
    ("link", re.compile(rf"{_SHOWN}{_SOMEWHERE}{_TARGET}"), _shown),
    (
        "link",
        re.compile(r"\[[^\[\]\n]+\]:\s*<?(?:[a-z][a-z0-9+.-]{1,20}:|www\.)\S+", re.I),
        _nothing,
    ),
    ("HTML", re.compile(_TAG, re.DOTALL), _nothing),
    ("HTML", re.compile(r"<(?=[A-Za-z/!?])"), _nothing),
)
# In small letters, or the next sentence of a text without blanks would be one.
_TOP = (
    "(?-i:com|net|org|info|biz|xyz|io|ru|cn|uk|de|app|dev|site|online|top|shop|store|club|link|"
    "click|live|fun|onion|zip|example|test|invalid|localhost|COM|NET|ORG|XYZ)"
)
_GOES_ON = r"[^\s<>\"“”]+"
_ADDRESS = re.compile(
    rf"\b[a-z][a-z0-9+.-]{{1,20}}://{_GOES_ON}"
    rf"|\b(?:javascript|data|vbscript|mailto|file|tel):{_GOES_ON}"
    rf"|\bwww\.{_GOES_ON}"
    r"|[\w.+-]+@[\w-]+(?:\.[\w-]+)+"
    rf"|\b(?:[a-z0-9-]+\.)+{_TOP}\b(?:[/?#:]{_GOES_ON})?"
    rf"|\b\d{{1,3}}(?:\.\d{{1,3}}){{3}}(?::\d+)?/{_GOES_ON}",
    re.IGNORECASE,
)
_OPENING = re.compile(r"!?\[|<(?=[A-Za-z/!?]|$)")
_TAG_WHOLE = re.compile(_TAG, re.DOTALL)
_TARGET_WHOLE = re.compile(_TARGET)
_DEFINED = re.compile(r"\s*\S+(?=\s)")
_REFERENCE = re.compile(r"[^\[\]]*\]")
_CONSTRUCT = re.compile(rf"!?{_SHOWN}(?P<behind>\(|:|\s?\[|[\s\S])")
