"""The commands of adapters: list, verify, promote."""

from typing import Annotated, Any

import typer

from serving import adapters as registry
from ui import train_command
from ui.options import JsonFlag
from ui.printing import out, print_json, print_table
from ui.settings import library_settings, model_settings

app = typer.Typer()
app.add_typer(train_command.app)
adapters_app = typer.Typer(
    help="List, verify and promote style adapters.", invoke_without_command=True
)
app.add_typer(adapters_app, name="adapters")


@adapters_app.callback()
def adapters(context: typer.Context, as_json: JsonFlag = False) -> None:
    """List the adapters."""
    if context.invoked_subcommand is not None:
        return
    found = registry.adapters(library_settings().home)
    if as_json:
        print_json([{**one.card, "promoted": one.promoted} for one in found])
        return
    print_table(
        ["adapter", "base", "held-out loss", "live"],
        [
            [
                one.name,
                one.card["base"]["name"],
                "{before:.3f} -> {after:.3f}".format(**one.card["held_out"]),
                "yes" if one.promoted else "",
            ]
            for one in found
        ],
    )


@adapters_app.command("verify")
def verify_adapter(name: Annotated[str, typer.Argument(help="The adapter's name.")]) -> None:
    """Check an adapter's files and its base model."""
    adapter = registry.find(library_settings().home, name)
    registry.verify(adapter, _base_model())
    out.print(f"{adapter.name}: files as registered, trained on this base model", markup=False)


@adapters_app.command("promote")
def promote_adapter(name: Annotated[str, typer.Argument(help="The adapter's name.")]) -> None:
    """Make an adapter the one that answers by default."""
    home = library_settings().home
    adapter = registry.find(home, name)
    registry.promote(home, adapter, _base_model())
    out.print(f"{adapter.name}: answers from now on", markup=False)


def _base_model() -> Any:
    from serving.models import resolve

    settings = model_settings()
    return resolve(settings.base, settings.base_sha256)
