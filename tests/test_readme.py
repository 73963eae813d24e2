"""The README: its table of commands is made from the command, and its chain runs."""

import re
from pathlib import Path

import pytest

from retrieval.library import Library
from ui.reference import written

README = Path(__file__).parent.parent / "README.md"


def test_commands_are_current() -> None:
    text = README.read_text(encoding="utf-8")
    assert written(text) == text, "run `python -m ui.reference`"


def test_chain_of_ones_own_runs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "letter.txt").write_text(
        "May 7, 2023\n\nDear Ms. Smith:\n\nThe notice of default was sent on May 4, 2023.\n\n"
        "Sincerely,\nA. Jones\n",
        encoding="utf-8",
    )
    Library(tmp_path / "home").ingest("smith-v-jones", [tmp_path / "letter.txt"])
    (code,) = re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    names: dict[str, object] = {}
    exec(code.replace("/srv/casewright", str(tmp_path / "home")), names)
    assert capsys.readouterr().out.strip()
    found = names["retriever"].invoke("When was the notice sent?")  # type: ignore[attr-defined]
    assert "May 4, 2023" in found[0].page_content
