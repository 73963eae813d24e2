"""A matter of 5,000 passages: backed up, wiped, restored, moved to a server and back.

    make bench-backup                       (the server is a stand-in in this process)
    QDRANT_URL=http://localhost:6333 make bench-backup

After each step the passages have the same ids. Where the index was and is embedded, 100 questions
have the same passages in the same order, with the same scores to six places (sums of single
precision). A server compares with more bits than the embedded index, whatever was moved.
"""

import contextlib
import dataclasses
import hashlib
import shutil
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from retrieval.archive import Archive, writing
from retrieval.backup import save_matter
from retrieval.documents import Document, Passage
from retrieval.library import Library
from retrieval.manifest import Kept
from retrieval.migrate import migrate
from retrieval.restore import check_matter, restore_matter
from retrieval.search import search
from retrieval.settings import ServerSettings
from retrieval.store import Entry, ServerAddress
from tests.benchmarks.made_matter import (
    A_DOCUMENT,
    passage_id,
    passage_texts,
    passage_vectors,
    question_texts,
)
from tests.retrieval.qdrant_rest import QdrantRest

SIZE = 5_000
MATTER = "bench"
REAL = ServerSettings().address()

Answers = list[list[tuple[str, float]]]


def made(library: Library) -> None:
    """Makes the matter as an ingest would: originals, passages, manifest."""
    case_file = library.case_file(MATTER)
    case_file.folder.mkdir(parents=True)
    case_file.manifest.make()
    texts, vectors = passage_texts(SIZE), passage_vectors(SIZE)
    documents = []
    for number, generation in enumerate(case_file.manifest.next_generations(SIZE // A_DOCUMENT)):
        name, first = f"file-{number}.txt", number * A_DOCUMENT
        own = texts[first : first + A_DOCUMENT]
        content = "\n\n".join(own).encode()
        id_ = hashlib.sha256(content).hexdigest()
        assert case_file.originals.put([content], id_, name)
        documents.append(Document(id_, MATTER, name, name, 1, A_DOCUMENT, generation))
        start = 0
        entries = []
        for place, text in enumerate(own):
            passage = Passage(
                passage_id(first + place),
                MATTER,
                id_,
                name,
                name,
                1,
                start,
                start + len(text),
                text,
            )
            entries.append(Entry(passage, generation, vectors[first + place].tolist(), text))
            start += len(text) + 2
        case_file.store.add(entries)
    case_file.manifest.change(documents, kept={one.path: Kept(b"", {}) for one in documents})
    case_file.store.settle()


def answers(library: Library) -> Answers:
    return [
        [(one.passage.id, one.score) for one in search(library, MATTER, question, 8)]
        for question in question_texts()
    ]


@contextlib.contextmanager
def server() -> Iterator[tuple[ServerAddress, str]]:
    """A server's address and what it is."""
    if REAL is None:
        with QdrantRest() as rest:
            yield ServerAddress(rest.url, "casewright", timeout=60), "a stand-in in this process"
        return
    address = dataclasses.replace(REAL, collection=f"casewright-test-{uuid.uuid4().hex[:8]}")
    yield address, f"the server at {REAL.url}"
    from retrieval.store_connection import connect

    connection = connect(address, "nobody")
    with contextlib.suppress(Exception), connection.reached() as client:
        client.delete_collection(address.collection)
    connection.close()


def timed(what: str, started: float) -> None:
    print(f"{what}: {time.perf_counter() - started:.2f} s")


def compare(one: Answers, other: Answers) -> tuple[int, float]:
    """How many questions have the same passages in order, and the largest difference of scores."""
    same, worst = 0, 0.0
    for before, after in zip(one, other, strict=True):
        same += [id_ for id_, _ in before] == [id_ for id_, _ in after]
        worst = max(
            [worst, *(abs(a[1] - b[1]) for a, b in zip(before, after, strict=True))],
        )
    print(f"{same} of {len(one)} questions: the same passages in order; scores to {worst:.1e}")
    return same, worst


@pytest.mark.bench
@pytest.mark.timeout(1800)
def test_there_and_back(tmp_path: Path) -> None:
    with server() as (address, what):
        library = Library(tmp_path / "home", server=address)
        library._server = None  # made embedded
        made(library)
        library._server = address
        before = answers(library)
        ids = {one.point_id for one in library.store(MATTER).read(range(1, SIZE))}
        assert len(ids) == SIZE
        print()

        started = time.perf_counter()
        with writing(tmp_path / "bench.tar", 0) as writer:
            saved = save_matter(writer, library.case_file(MATTER))
            writer.finish({"matters": {MATTER: dataclasses.asdict(saved)}})
        timed(f"backup of {SIZE} passages ({saved.bytes / 1e6:.1f} MB), read back", started)
        with Archive(tmp_path / "bench.tar") as archive:
            started = time.perf_counter()
            check_matter(archive, MATTER)
            timed("restore --check", started)

            library.close()
            shutil.rmtree(tmp_path / "home" / "matters")
            library._stores.clear()
            library._server = None
            started = time.perf_counter()
            assert restore_matter(library, archive, MATTER).outcome == "restored"
            timed("restore, embedded", started)
        library._server = address
        assert {one.point_id for one in library.store(MATTER).read(range(1, SIZE))} == ids
        same, worst = compare(before, answers(library))
        assert same == len(before)
        assert worst < 1e-6

        started = time.perf_counter()
        assert migrate(library, MATTER, "server").moved
        timed(f"migrate to a server ({what})", started)
        assert not library.is_here(MATTER)
        assert {one.point_id for one in library.store(MATTER).read(range(1, SIZE))} == ids
        assert compare(before, answers(library))[1] < 5e-3
        started = time.perf_counter()
        assert migrate(library, MATTER, "embedded").moved
        timed("migrate back", started)
        assert {one.point_id for one in library.store(MATTER).read(range(1, SIZE))} == ids
        same, worst = compare(before, answers(library))
        assert same == len(before)
        assert worst < 1e-6
        library.close()
