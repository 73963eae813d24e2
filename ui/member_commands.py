"""The commands on members: who may see which matter where people sign in to the app."""

from typing import Annotated

import typer

from ui import members
from ui.options import JsonFlag, MatterName, Refused
from ui.printing import print_json, print_table
from ui.recording import record
from ui.settings import library_settings, open_library

app = typer.Typer()
members_app = typer.Typer(help="Who may see which matter, where people sign in to the app.")
app.add_typer(members_app, name="members")

Address = Annotated[str, typer.Argument(help="An e-mail address, as the provider gives it.")]
Remove = Annotated[bool, typer.Option("--remove", help="Take it back.")]


@members_app.callback(invoke_without_command=True)
def list_members(context: typer.Context, as_json: JsonFlag = False) -> None:
    """List the administrators and the members of each matter."""
    if context.invoked_subcommand is not None:
        return
    kept = members.read(library_settings().home)
    rows = [("administrator", name) for name in sorted(kept.admins)]
    rows += [(matter, name) for matter, who in sorted(kept.matters.items()) for name in sorted(who)]
    if as_json:
        print_json([{"of": of, "name": name} for of, name in rows])
        return
    print_table(["of", "name"], [[*row] for row in rows])


@members_app.command("add")
def add(matter: MatterName, address: Address, remove: Remove = False) -> None:
    """Make somebody a member of a matter, or take it back."""
    library = open_library()
    library.documents(matter)
    members.change(library.home, lambda now: now.with_member(matter, _known(address), not remove))
    event = "member removed" if remove else "member added"
    record(library.home, event, matter=matter, member=members.folded(address))


@members_app.command("admin")
def admin(address: Address, remove: Remove = False) -> None:
    """Make somebody an administrator, or take it back."""
    home = library_settings().home
    members.change(home, lambda now: now.with_admin(_known(address), not remove))
    event = "administrator removed" if remove else "administrator added"
    record(home, event, member=members.folded(address))


def _known(address: str) -> str:
    """The address, where it is one. Raises Refused."""
    if "@" not in address:
        raise Refused(f"{address}: not an e-mail address; give the one that they sign in with")
    return address
