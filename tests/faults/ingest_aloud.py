"""Ingests a folder and says of each file, in a JSON line of its own, as soon as it is done."""

import json
import sys
from pathlib import Path

from retrieval import ingest
from retrieval.library import Library
from retrieval.packaged import file_sha256
from retrieval.verdicts import Progress

home, matter, folder = sys.argv[1:]
hashes = {str(file): file_sha256(file) for file in Path(folder).iterdir()}
ingest.WRITE_BATCH = 8  # several groups, so that some are acknowledged and some are not


def aloud(progress: Progress) -> None:
    if progress.ingested is not None:
        row = {
            "path": progress.ingested.path,
            "verdict": progress.ingested.verdict,
            "sha256": hashes[progress.ingested.path],
        }
        print(json.dumps(row), flush=True)


Library(Path(home)).ingest(matter, [Path(folder)], report=aloud)
