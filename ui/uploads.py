"""Files that users upload: under which name they are kept, and where.

A matter's uploads lie in ``<home>/uploads/<matter>/``, so that a file uploaded again under its
name replaces the document that it was.
"""

import re
import shutil
import unicodedata
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from retrieval.documents import Document
from retrieval.errors import CasewrightError

NAME_BYTES = 180
PIECE = 1024**2


class UnusableName(CasewrightError):
    """A name that nothing can be made from."""


class Upload(Protocol):
    """A file as the browser sends it."""

    @property
    def name(self) -> str:
        """The name that the browser gave; anything may stand in it."""

    def read(self, size: int = -1, /) -> bytes:
        """Gives the next bytes, at most ``size``."""


def matter_name(text: str) -> str:
    """Gives the matter's name that was meant: what cannot stand in one becomes a hyphen.

    Raises:
        UnusableName: no letter or digit is left.
    """
    ascii_text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    name = re.sub(r"[^A-Za-z0-9_.-]+", "-", ascii_text).lstrip("-_.")[:64].rstrip("-_.")
    if not name:
        raise UnusableName("the matter has no name; give it one with a letter or a digit")
    return name


def file_name(text: str) -> str:
    """Gives a safe file name: the base name alone, no leading dot, no control characters.

    Raises:
        UnusableName: nothing is left.
    """
    base = re.split(r"[/\\]", text)[-1]
    shown = "".join(one for one in base if unicodedata.category(one)[0] != "C").strip()
    name = shown.lstrip(". ")
    stem, suffix = Path(name).stem, Path(name).suffix
    while len((stem + suffix).encode()) > NAME_BYTES and stem:
        stem = stem[:-1]
    if not stem:
        raise UnusableName(f"{text!r}: not a name for a file; rename it and add it again")
    return stem + suffix


def keep(home: Path, matter: str, files: Sequence[Upload]) -> list[Path]:
    """Writes uploaded files to the matter's folder; gives their paths.

    Of files with one name in the same upload, the second gets a number: both are kept.
    """
    folder = home / "uploads" / matter
    folder.mkdir(parents=True, exist_ok=True)
    kept: list[Path] = []
    for file in files:
        name = file_name(file.name)
        target, number = folder / name, 2
        while target in kept:
            target = folder / f"{Path(name).stem} ({number}){Path(name).suffix}"
            number += 1
        # In pieces: asked for all of it, what Streamlit holds would be there twice.
        with target.open("wb") as written:
            while piece := file.read(PIECE):
                written.write(piece)
        kept.append(target)
    return kept


def drop(home: Path, document: Document) -> None:
    """Removes the upload that a deleted document came from or in, if it was one.

    The other members of an archive lose nothing by it: the matter keeps their originals.
    """
    path, folder = Path(document.path), home / "uploads" / document.matter_id
    if folder in path.parents:
        (folder / path.relative_to(folder).parts[0]).unlink(missing_ok=True)


def drop_matter(home: Path, matter: str) -> None:
    """Removes the uploads of a deleted matter."""
    shutil.rmtree(home / "uploads" / matter, ignore_errors=True)
