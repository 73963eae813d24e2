"""The commands on the audit log."""

from typing import Annotated

import typer

from ui.options import JsonFlag
from ui.printing import out, print_json
from ui.settings import library_settings

app = typer.Typer()
audit_app = typer.Typer(help="The audit log: who did what, in a chain of hashes.")
app.add_typer(audit_app, name="audit")


@audit_app.callback()
def audit() -> None:
    """The audit log: who did what, in a chain of hashes."""


@audit_app.command("verify")
def verify_log(
    head: Annotated[
        str, typer.Option(help="A head that was noted before: it must still be in the log.")
    ] = "",
    as_json: JsonFlag = False,
) -> None:
    """Check that no entry of the audit log was changed, taken out, moved or cut off."""
    from serving.audit import verify

    found = verify(library_settings().home, head.strip().lower())
    if as_json:
        print_json({"entries": found.entries, "head": found.hash, "whole": True})
        return
    entries = "1 entry" if found.entries == 1 else f"{found.entries:,} entries"
    out.print(f"{entries}, each follows from the one before; head {found.hash}", soft_wrap=True)
