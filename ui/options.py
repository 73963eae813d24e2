"""What several commands share: their options, and the refusal of a request."""

from typing import Annotated

import typer

from retrieval.errors import CasewrightError

JsonFlag = Annotated[bool, typer.Option("--json", help="Print JSON.")]
DocumentNames = Annotated[
    list[str] | None, typer.Option("--document", help="Only in this one, by path or name; again.")
]
Kinds = Annotated[
    list[str] | None,
    typer.Option("--kind", help="Only in documents of this kind, as lease; again."),
]
Since = Annotated[str, typer.Option(help="Only in documents of this day or later: 2019-03-14.")]
Until = Annotated[str, typer.Option(help="Only in documents of this day or earlier.")]


class Refused(CasewrightError):
    """A request that a command does not carry out as it was put."""


def _readable(given: str | list[str] | None) -> str | list[str] | None:
    """Refuses bytes that are no text: an argument that is not UTF-8 holds them as surrogates."""
    for text in [given] if isinstance(given, str) else given or ():
        if any("\ud800" <= one <= "\udfff" for one in text):
            raise Refused("the question is not UTF-8; type it anew")
    return given


Query = Annotated[str | None, typer.Argument(help="The question.", callback=_readable)]
Question = Annotated[str, typer.Argument(help="The question, or several.", callback=_readable)]
Earlier = Annotated[
    list[str] | None,
    typer.Option(
        help="A question before, which this one follows; again, the oldest first.",
        callback=_readable,
    ),
]
MatterName = Annotated[str, typer.Argument(help="The matter's name.")]
