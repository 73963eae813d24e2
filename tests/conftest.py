"""What the tests share: temporary homes and small libraries. Costly ones are made once."""

import contextlib
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import retrieval
from retrieval.documents import Passage
from retrieval.library import Library
from serving.house import House, house
from serving.llamacpp import LlamaCpp
from serving.models import DEFAULT_BASE, resolve

SAMPLE_MATTER = Path(retrieval.__file__).parent / "sample_matter"

LEASE = (
    "LEASE AGREEMENT\n\nThe initial term begins on June 1, 2019 and expires on May 31, 2024. "
    "Base Rent is $15,200.00 a month, due on the first day of each month.\n"
)
NOTE = (
    "FILE NOTE\r\n\r\nThe roof leaked on September 11, 2023. Ms. Petrakis said that the patch "
    "of March 2 had failed.\r\nThe cooler stayed dry.\r\n"
)
DOCKET = "<html><body><h1>Docket</h1><p>Discovery closes on September 20, 2024.</p></body></html>\n"

OTHER_HOUSE = """
register = "Write in the third person, without contractions."

[headings]
"QUESTION PRESENTED" = "ISSUE"
"BRIEF ANSWER" = "SHORT ANSWER"
"DISCUSSION" = "LAW AND OPINION"
"""


def write_files(folder: Path) -> Path:
    """Writes the three documents of the small matter into a folder and gives the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "lease.txt").write_bytes(LEASE.encode())
    (folder / "note.txt").write_bytes(NOTE.encode())
    (folder / "docket.html").write_bytes(DOCKET.encode())
    return folder


@pytest.fixture(autouse=True)
def no_server(monkeypatch: pytest.MonkeyPatch) -> None:
    """The index is embedded, whatever server the environment names for the store's contract."""
    for name in [name for name in os.environ if name.startswith("QDRANT_")]:
        monkeypatch.delenv(name)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty CASEWRIGHT_HOME; no other setting is taken from the environment.

    One thread for the engine: with more, its threads wait for each other on a busy machine.
    """
    folder = tmp_path / "home"
    for name in ("BASE", "BASE_SHA256", "CONTEXT", "MEMO_TOKENS", "GRAMMAR", "PASSAGES", "HOUSE"):
        monkeypatch.delenv(f"CASEWRIGHT_{name}", raising=False)
    monkeypatch.setenv("CASEWRIGHT_HOME", str(folder))
    monkeypatch.setenv("CASEWRIGHT_THREADS", "1")
    return folder


@pytest.fixture
def other_house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    """A house that calls three of the five parts otherwise, and has a register."""
    file = tmp_path / "house.toml"
    file.write_text(OTHER_HOUSE, encoding="utf-8")
    monkeypatch.setenv("CASEWRIGHT_HOUSE", str(file))
    house.cache_clear()
    yield house()
    house.cache_clear()


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Library:
    """A library with the matters ``oven`` (three documents) and ``other`` (one). Read only."""
    root = tmp_path_factory.mktemp("small")
    library = Library(root / "home")
    library.ingest("oven", [write_files(root / "files")])
    secret = root / "secret.txt"
    secret.write_text("The settlement offer of Halcyon Row is $91,250.\n", encoding="utf-8")
    library.ingest("other", [secret])
    return library


@pytest.fixture(scope="session")
def ingested(tmp_path_factory: pytest.TempPathFactory, small: Library) -> Path:
    """A folder with the small matter's files and a home where they were ingested."""
    folder = tmp_path_factory.mktemp("ingested")
    with contextlib.chdir(folder):
        library = Library(Path("home"))
        library.embedder = small.embedder
        library.ingest("oven", [write_files(Path("files"))])
    return folder


@pytest.fixture
def files() -> Path:
    """The files of the small matter by the path that ``library`` ingested them by."""
    return Path("files")


@pytest.fixture
def library(
    ingested: Path, small: Library, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Library:
    """The small matter, to be changed: a copy of what was ingested once."""
    subprocess.run(["cp", "-r", "--sparse=always", f"{ingested}/.", str(tmp_path)], check=True)
    monkeypatch.chdir(tmp_path)
    library = Library(home)
    library.embedder = small.embedder
    return library


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Library:
    """A library with the sample matter that ships. Read only."""
    library = Library(tmp_path_factory.mktemp("sample") / "home")
    library.ingest("quillfeather", [SAMPLE_MATTER / "documents"])
    return library


@pytest.fixture(scope="session")
def engine() -> Iterator[LlamaCpp]:
    """The packaged base model in llama.cpp; one thread, which a busy machine slows down least."""
    engine = LlamaCpp(resolve(DEFAULT_BASE), context=2048, threads=1)
    yield engine
    engine.close()


@pytest.fixture
def passage() -> Callable[..., Passage]:
    """Makes a passage from its text, with everything else made up."""

    def made(text: str, *, number: int = 1, matter_id: str = "oven") -> Passage:
        return Passage(
            id=f"00000000-0000-0000-0000-{number:012}",
            matter_id=matter_id,
            document_id="a" * 64,
            document="lease.txt",
            path="files/lease.txt",
            page=1,
            start=0,
            end=len(text),
            text=text,
        )

    return made
