"""Works on a matter, and says in a JSON line what is done as soon as it is done.

    python -m tests.faults.work_aloud HOME MATTER ingest FOLDER [FREE_BYTES]
    python -m tests.faults.work_aloud HOME MATTER delete PATH...
    python -m tests.faults.work_aloud HOME MATTER drop

The first line comes before the work begins. An error for the user is one line on stderr.
"""

import json
import sys
from pathlib import Path

from retrieval import ingest
from retrieval.errors import CasewrightError
from retrieval.library import Library
from retrieval.packaged import file_sha256
from retrieval.settings import ServerSettings
from retrieval.space import FREE_BYTES
from retrieval.verdicts import Progress

# Several groups, so that some are acknowledged and some are not.
ingest.GROUP = ingest.WRITE_BATCH = 8


def say(verdict: str, path: str = "", sha256: str = "") -> None:
    print(json.dumps({"verdict": verdict, "path": path, "sha256": sha256}), flush=True)


def ingest_aloud(library: Library, matter: str, folder: Path) -> None:
    hashes = {str(file): file_sha256(file) for file in folder.iterdir()}

    def aloud(progress: Progress) -> None:
        one = progress.ingested
        if one is not None:
            say(one.verdict, one.path, hashes[one.path])

    library.embedder.question("the model is loaded before the work begins")
    say("begins")
    library.ingest(matter, [folder], report=aloud)


def main(home: str, matter: str, work: str, *rest: str) -> None:
    server = ServerSettings().address()
    if work == "ingest":
        free_bytes = int(rest[1]) if len(rest) > 1 else FREE_BYTES
        ingest_aloud(
            Library(Path(home), server=server, free_bytes=free_bytes), matter, Path(rest[0])
        )
        return
    library = Library(Path(home), server=server)
    say("begins")
    for path in rest:
        (gone,) = library.delete_document(matter, path).documents
        say("deleted", path, gone.id)
    if work == "drop":
        library.delete_matter(matter)
        say("dropped")


try:
    main(*sys.argv[1:])
except CasewrightError as error:
    print(error, file=sys.stderr)
    sys.exit(1)
