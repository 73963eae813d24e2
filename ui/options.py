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
MatterName = Annotated[str, typer.Argument(help="The matter's name.")]


class Refused(CasewrightError):
    """A request that a command does not carry out as it was put."""
