"""Ingests a folder and says of each file, in a JSON line of its own, as soon as it is done."""

import json
import sys
from pathlib import Path

from retrieval.library import Ingested, Library
from retrieval.packaged import file_sha256

home, matter, folder = sys.argv[1:]
hashes = {str(file): file_sha256(file) for file in Path(folder).iterdir()}


def aloud(ingested: Ingested, done: int, files: int) -> None:
    row = {"path": ingested.path, "verdict": ingested.verdict, "sha256": hashes[ingested.path]}
    print(json.dumps(row), flush=True)


Library(Path(home)).ingest(matter, [Path(folder)], report=aloud)
