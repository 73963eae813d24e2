"""The command that moves matters between this machine and a Qdrant server."""

from dataclasses import asdict
from functools import partial
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from ui.options import JsonFlag, Refused
from ui.printing import note, print_json, print_table
from ui.recording import recorded
from ui.settings import open_library, server_address

if TYPE_CHECKING:
    from ui.progress import Advance

app = typer.Typer()


@app.command()
def migrate(
    matters: Annotated[list[str] | None, typer.Argument(help="Matters; without, all.")] = None,
    to: Annotated[Literal["server", "embedded"], typer.Option(help="Where the index goes.")] = ...,  # type: ignore[assignment]
    as_json: JsonFlag = False,
) -> None:
    """Move the index of matters to the server at QDRANT_URL, or from it to this machine."""
    from retrieval.migrate import migrate as move
    from ui.progress import bar

    library = open_library()
    if server_address() is None:
        raise Refused("QDRANT_URL: names no server; set it to the one that matters go to, or leave")
    wanted = matters or [one.id for one in library.matters()]
    rows = []
    with bar("Moving", note) as advance:
        for name in wanted:
            with recorded(library.home, "migrate", matter=name, to=to) as fields:
                moved = move(library, name, to, partial(_told_of, advance, name))
                fields.update(moved=moved.moved, passages=moved.passages)
            rows.append(asdict(moved))
    if as_json:
        print_json(rows)
        return
    print_table(
        ["matter", "passages", ""],
        [
            [one["matter_id"], str(one["passages"]), "moved" if one["moved"] else "there already"]
            for one in rows
        ],
    )
    left = [one.id for one in library.matters() if library.is_here(one.id) != (to == "embedded")]
    if to == "embedded" and not left:
        note.print("no matter is on the server any more; unset QDRANT_URL")


def _told_of(advance: "Advance", matter: str, done: int, of: int) -> None:
    advance(done, of, matter)
