from io import BytesIO
from pathlib import Path

import pytest

from retrieval.documents import Document
from ui.uploads import UnusableName, drop, file_name, keep, matter_name


class File(BytesIO):
    """A file as the browser sends it, which is never asked for all of itself at once."""

    def __init__(self, name: str, content: bytes) -> None:
        super().__init__(content)
        self.name = name

    def read(self, size: int | None = -1, /) -> bytes:
        assert size is not None and 0 < size <= 1024**2
        return super().read(size)


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


@pytest.mark.parametrize("inside", ["", "/lease.txt", "/inner/lease.txt"])
def test_deleted_document_takes_its_upload_with_it(tmp_path: Path, inside: str) -> None:
    sent, other = keep(tmp_path, "m", [File("sent.zip", b"1"), File("other.txt", b"2")])
    path = f"{sent}{inside}"
    drop(tmp_path, Document("a" * 64, "m", path, Path(path).name, 1, 1, 1))
    assert (sent.exists(), other.exists()) == (False, True)


def test_deleted_document_from_elsewhere_is_left_where_it_lies(tmp_path: Path) -> None:
    file = tmp_path / "lease.txt"
    file.write_bytes(b"1")
    drop(tmp_path / "home", Document("a" * 64, "m", str(file), "lease.txt", 1, 1, 1))
    assert file.exists()
