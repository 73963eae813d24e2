"""The README's table of commands is made from the command."""

from pathlib import Path

from ui.reference import written

README = Path(__file__).parent.parent / "README.md"


def test_commands_are_current() -> None:
    text = README.read_text(encoding="utf-8")
    assert written(text) == text, "run `python -m ui.reference`"
