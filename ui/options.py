"""What several commands share: their options, and the refusal of a request."""

from typing import Annotated

import typer

from retrieval.errors import CasewrightError

JsonFlag = Annotated[bool, typer.Option("--json", help="Print JSON.")]
MatterName = Annotated[str, typer.Argument(help="The matter's name.")]


class Refused(CasewrightError):
    """A request that a command does not carry out as it was put."""
