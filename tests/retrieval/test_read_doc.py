"""Old Word documents, by a converter on the PATH, and RTF."""

import shutil
import subprocess
from pathlib import Path

import pytest

from retrieval.errors import UnreadableFile
from retrieval.read import read_text
from retrieval.read_doc import rtf_text

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600


def converter(folder: Path, name: str, script: str) -> None:
    """A program of that name which is a shell script."""
    file = folder / name
    file.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    file.chmod(0o755)


@pytest.fixture
def document(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A .doc file, on a machine with no converter."""
    programs = tmp_path / "programs"
    programs.mkdir()
    monkeypatch.setenv("PATH", str(programs))
    file = tmp_path / "-old letter.doc"
    file.write_bytes(OLE)
    return file


def test_without_a_converter_the_verdict_says_what_to_install(document: Path) -> None:
    with pytest.raises(UnreadableFile, match="install antiword, catdoc or LibreOffice"):
        read_text(document)


@pytest.mark.parametrize(
    ("name", "script"),
    [
        ("antiword", r'test "$1 $2 $3 $4" = "-w 0 -m UTF-8" && printf "Loyer d\303\273\n"'),
        ("catdoc", r'test "$1 $2 $3" = "-w -d utf-8" && printf "Loyer d\303\273\r\n"'),
        ("soffice", r'printf "\357\273\277Loyer d\303\273\n" > document.txt; echo converted'),
    ],
)
def test_the_converter_is_given_a_copy_and_its_text_is_taken(
    document: Path, name: str, script: str
) -> None:
    converter(document.parent / "programs", name, script)
    assert read_text(document).text == "Loyer dû\n"


def test_a_failing_converter_is_named(document: Path) -> None:
    converter(document.parent / "programs", "antiword", "exit 1")
    with pytest.raises(UnreadableFile, match="cannot be converted by antiword"):
        read_text(document)


@pytest.mark.skipif(
    shutil.which("soffice") is None,
    reason="no LibreOffice on this machine, which writes .doc and reads it",
)
def test_a_real_document(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("Rent is due.\n", encoding="utf-8")
    subprocess.run(
        ["soffice", "--headless", "--convert-to", "doc", "letter.txt"], cwd=tmp_path, check=True
    )
    assert read_text(tmp_path / "letter.doc").text.strip() == "Rent is due."


@pytest.mark.parametrize(
    ("source", "text"),
    [
        (rb"{\rtf1\ansi Rent is \b due\b0 .\par Now.}", "Rent is due.\nNow."),
        (rb"{\rtf1\ansi\ansicpg1252 \'93Loyer\'94 d\u251?.}", "“Loyer” dû."),
        (rb"{\rtf1{\fonttbl{\f0 Times;}}{\*\generator x;}One\cell Two\row}", "One|Two\n"),
        (rb"{\rtf1 Rent{\footnote See Ex. 4.} is due.}", "Rent[footnote] See Ex. 4. is due."),
        (rb"{\rtf1{\header DRAFT\par}Rent}", "\nDRAFT\nRent"),
    ],
    ids="plain signs table footnote header".split(),
)
def test_rtf(source: bytes, text: str) -> None:
    assert rtf_text(source) == text
