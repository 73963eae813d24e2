"""What may reach a terminal: letters, and nothing that a terminal obeys.

File names, documents and models can hold escape sequences, which would move the cursor, write over
what was printed, change the window's title or make a link; and marks that turn the direction of
writing round, so that ``exe.pdf`` is read where ``fdp.exe`` stands. In place of each stands ``�``.
"""

import json
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from rich.console import Console
from rich.segment import Segment

if TYPE_CHECKING:
    from rich.console import ConsoleOptions, RenderableType

_OBEYED = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\U000e0000-\U000e007f]"
)
"""All controls but tab and line feed, overrides of direction, tags, and what is no character."""


def harmless(text: str) -> str:
    """Gives text as a terminal may have it."""
    return _OBEYED.sub("\ufffd", text)


def harmless_json(written: str) -> str:
    """Gives JSON that says the same with such characters as escapes."""
    return _OBEYED.sub(lambda found: json.dumps(found.group())[1:-1], written)


class PlainConsole(Console):
    """A console on which what is printed cannot act; rich's own colours and bars still do."""

    def render(
        self, renderable: "RenderableType", options: "ConsoleOptions | None" = None
    ) -> Iterable[Segment]:
        """Gives what is printed, piece by piece."""
        for segment in super().render(renderable, options):
            if segment.control or not _OBEYED.search(segment.text):
                yield segment
            else:
                yield Segment(harmless(segment.text), segment.style)
