from dataclasses import dataclass
from pathlib import Path

import pytest

from ui.uploads import UnusableName, file_name, keep, matter_name


@dataclass
class File:
    name: str
    content: bytes

    def getbuffer(self) -> memoryview:
        return memoryview(self.content)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("lease.pdf", "lease.pdf"),
        ("../../etc/passwd.txt", "passwd.txt"),
        ("C:\\files\\lease.pdf", "lease.pdf"),
        ("/absolute/lease.pdf", "lease.pdf"),
        (".hidden.txt", "hidden.txt"),
        ("..txt", "txt"),
        ("a\x00b\n.txt", "ab.txt"),
        ("Müller Ä.pdf", "Müller Ä.pdf"),
        ("x" * 300 + ".pdf", "x" * 176 + ".pdf"),
    ],
)
def test_file_name(given: str, kept: str) -> None:
    assert file_name(given) == kept


@pytest.mark.parametrize("given", ["", "..", "/", "a/", "\x00", "..."])
def test_file_name_refused(given: str) -> None:
    with pytest.raises(UnusableName):
        file_name(given)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("Smith v. Jones", "Smith-v.-Jones"),
        ("../other", "other"),
        ("Müller/2024", "Muller-2024"),
        ("a" * 99, "a" * 64),
    ],
)
def test_matter_name(given: str, kept: str) -> None:
    assert matter_name(given) == kept


@pytest.mark.parametrize("given", ["", "..", "???"])
def test_matter_name_refused(given: str) -> None:
    with pytest.raises(UnusableName):
        matter_name(given)


def test_files_of_one_name_are_both_kept(tmp_path: Path) -> None:
    paths = keep(tmp_path, "m", [File("a/lease.txt", b"1"), File("b/lease.txt", b"2")])
    assert [path.name for path in paths] == ["lease.txt", "lease (2).txt"]
    assert [path.read_bytes() for path in paths] == [b"1", b"2"]
