"""A Word document of before 2007, or RTF -> its text.

The old format is read by a converter that is installed on the machine: no library in Python
reads it whole. The converter runs in the reading child, under its limits.
"""

import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from retrieval.errors import UnreadableFile
from retrieval.read_plain import decoded

_DROPPED = re.compile(r"\\(footnote|(?:header|footer)[lrf]?)(?![a-z]) ?")
"""Control words of groups that striprtf leaves out, and a reader does not."""

SECONDS = 30.0
"""Wall-clock seconds that a converter may take."""
CONVERTERS = ("antiword", "catdoc", "soffice")
"""Programs that are looked for on the PATH, the first one found is used."""


def converter() -> str | None:
    """Gives the path of the converter that will be used, if one is installed."""
    return next((path for name in CONVERTERS if (path := shutil.which(name))), None)


def doc_text(raw: bytes) -> str:
    """Gives the text of a .doc file.

    Raises:
        UnreadableFile: no converter is installed, or it cannot read the file.
    """
    found = converter()
    if found is None:
        raise UnreadableFile(
            "is a Word document of before 2007, which needs a converter; install antiword, "
            "catdoc or LibreOffice, or save it as .docx"
        )
    with tempfile.TemporaryDirectory() as folder:
        # A name of our own: one that starts with a dash would be taken for an option.
        file = Path(folder) / "document.doc"
        file.write_bytes(raw)
        try:
            text = _converted(found, file)
        except subprocess.SubprocessError as error:
            raise UnreadableFile(
                f"cannot be converted by {Path(found).name} ({type(error).__name__}); "
                "save it as .docx"
            ) from None
    return text.replace("\r\n", "\n").replace("\f", "\n")


def _converted(program: str, file: Path) -> str:
    output = file.with_suffix(".txt")
    options = {
        "antiword": ["-w", "0", "-m", "UTF-8", str(file)],
        "catdoc": ["-w", "-d", "utf-8", str(file)],
        "soffice": [
            *("--headless", "--norestore", f"-env:UserInstallation=file://{file.parent}/profile"),
            *("--convert-to", "txt:Text (encoded):UTF8", "--outdir", str(file.parent), str(file)),
        ],
    }
    done = subprocess.run(
        [program, *options[Path(program).name]],
        cwd=file.parent,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        timeout=SECONDS,
        check=True,
    )
    return decoded(output.read_bytes() if output.exists() else done.stdout).removeprefix("\ufeff")


def rtf_text(raw: bytes) -> str:
    """Gives the text of an RTF file. Raises UnreadableFile: it is none."""
    from striprtf.striprtf import rtf_to_text

    if not raw.startswith(b"{\\rtf"):
        raise UnreadableFile("is not RTF; save it again as .rtf or .docx")
    # RTF is ASCII; what lies above it is said by escapes, which name their character set.
    source = _DROPPED.sub(_kept, raw.decode("cp1252", errors="replace"))
    return str(rtf_to_text(source, errors="replace"))


def _kept(match: re.Match[str]) -> str:
    return "[footnote] " if match[1] == "footnote" else "\\par "
