"""``casewright metrics``: what was done and how long it took, for Prometheus."""

from typing import Annotated

import typer

from ui.settings import library_settings

app = typer.Typer()


@app.command()
def metrics(
    serve: Annotated[
        str, typer.Option(help="Answer Prometheus at this HOST:PORT until interrupted.")
    ] = "",
) -> None:
    """Print the counts and times of all runs for Prometheus, or serve them; no text in them."""
    from ui import exposition

    home = library_settings().home
    if serve:
        exposition.serve(home, serve)
    else:
        typer.echo(exposition.text(home), nl=False)
