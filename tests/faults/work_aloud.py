"""Works on a matter, and says in a JSON line what is done as soon as it is done.

    python -m tests.faults.work_aloud HOME MATTER ingest FOLDER [FREE_BYTES]
    python -m tests.faults.work_aloud HOME MATTER delete PATH...
    python -m tests.faults.work_aloud HOME MATTER drop
    python -m tests.faults.work_aloud HOME MATTER backup FILE
    python -m tests.faults.work_aloud HOME MATTER restore FILE
    python -m tests.faults.work_aloud HOME MATTER migrate server|embedded

The first line comes before the work begins. An error for the user is one line on stderr.
"""

import json
import sys
from dataclasses import asdict
from pathlib import Path

from retrieval import ingest
from retrieval import migrate as migration
from retrieval.archive import Archive, writing
from retrieval.backup import save_matter
from retrieval.errors import CasewrightError
from retrieval.library import Library
from retrieval.migrate import migrate
from retrieval.packaged import file_sha256
from retrieval.restore import restore_matter
from retrieval.settings import ServerSettings
from retrieval.space import FREE_BYTES
from retrieval.verdicts import Progress

# Several groups, so that some are acknowledged and some are not.
ingest.GROUP = ingest.WRITE_BATCH = migration.LOT = 8


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


def keep_aloud(library: Library, matter: str, work: str, what: str) -> None:
    """Backs up into a file, restores from one in the place of what is there, or migrates."""
    say("begins")
    if work == "backup":
        with writing(Path(what), 0) as writer:
            saved = save_matter(writer, library.case_file(matter))
            writer.finish({"matters": {matter: asdict(saved)}})
    elif work == "restore":
        with Archive(Path(what)) as archive:
            restore_matter(library, archive, matter, replacing=True)
    else:
        migrate(library, matter, "server" if what == "server" else "embedded")
    say(work)


def main(home: str, matter: str, work: str, *rest: str) -> None:
    server = ServerSettings().address()
    if work == "ingest":
        free_bytes = int(rest[1]) if len(rest) > 1 else FREE_BYTES
        ingest_aloud(
            Library(Path(home), server=server, free_bytes=free_bytes), matter, Path(rest[0])
        )
        return
    library = Library(Path(home), server=server)
    if work in ("backup", "restore", "migrate"):
        keep_aloud(library, matter, work, rest[0])
        return
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
