"""The command's reference in the README, made from the command itself.

``python -m ui.reference`` writes it between the marks; a test fails when it is stale.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer

from ui.cli import app

START, END = "<!-- commands -->", "<!-- end of commands -->"


def reference() -> str:
    """Gives a Markdown table of all commands with their arguments, options and purpose."""
    rows = [f"| `casewright {usage}` | {purpose} |" for usage, purpose in _rows("", _command())]
    return "\n".join(["| command | what |", "|---|---|", *rows])


def written(readme: str) -> str:
    """Gives the README's text with the table between its marks made anew."""
    before, _, rest = readme.partition(START)
    _, _, after = rest.partition(END)
    return f"{before}{START}\n{reference()}\n{END}{after}"


def _command() -> Any:
    return typer.main.get_command(app)


def _rows(prefix: str, command: Any) -> Iterator[tuple[str, str]]:
    for name, sub in command.commands.items():
        if sub.hidden:  # for the app alone
            continue
        usage = " ".join([f"{prefix}{name}", *_arguments(sub)])
        purpose = (sub.help or "").split("\n")[0]
        if getattr(sub, "commands", None):
            if getattr(sub, "invoke_without_command", False):
                yield usage, purpose
            yield from _rows(f"{prefix}{name} ", sub)
        else:
            yield usage, purpose


def _arguments(command: Any) -> Iterator[str]:
    for parameter in command.params:
        if parameter.name == "help":
            continue
        if parameter.param_type_name == "argument":
            name = (parameter.metavar or parameter.name).upper()
            more = "..." if parameter.nargs != 1 else ""
            yield f"{name}{more}" if parameter.required else f"[{name}{more}]"
        else:
            value = "" if parameter.is_flag else f" {parameter.name.upper()}"
            shown = f"{parameter.opts[0]}{value}"
            yield shown if parameter.required else f"[{shown}]"


if __name__ == "__main__":
    file = Path(__file__).parent.parent / "README.md"
    file.write_text(written(file.read_text(encoding="utf-8")), encoding="utf-8")
