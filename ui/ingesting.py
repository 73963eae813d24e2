"""An ingest with so many workers on this machine, or on Ray."""

from collections.abc import Callable, Sequence
from pathlib import Path

from retrieval.errors import CasewrightError
from retrieval.library import Library
from retrieval.verdicts import Ingested, Progress
from ui.counting import count_files, counted
from ui.options import Refused
from ui.recording import record, record_ingest


def ingest_with(
    workers: str,
    library: Library,
    matter: str,
    paths: Sequence[Path],
    *,
    ocr: bool,
    report: Callable[[Progress], None],
) -> list[Ingested]:
    """Ingests with ``workers``, a number or ``ray``; gives each file's verdict.

    The ingest is recorded in the audit log and counted, however it ends.

    Raises:
        Refused: neither a number from 1 to 64 nor ``ray``.
        WorkersUnavailable: Ray is not installed, cannot be reached, or lost a task.
        BrokenAudit: the audit log cannot be written.
    """
    with counted(library.home, "ingest") as counts:
        try:
            files = _ingested(workers, library, matter, paths, ocr=ocr, report=report)
        except CasewrightError as error:  # what was indexed by then stays
            record(library.home, "ingest", matter=matter, outcome=type(error).__name__)
            raise
        count_files(counts, files)
        record_ingest(library, matter, files)
    return files


def _ingested(
    workers: str,
    library: Library,
    matter: str,
    paths: Sequence[Path],
    *,
    ocr: bool,
    report: Callable[[Progress], None],
) -> list[Ingested]:
    if workers == "ray":
        from retrieval.workers_ray import cluster

        with cluster() as joined:
            return library.ingest(matter, paths, cluster=joined, ocr=ocr, report=report)
    if not workers.isdecimal() or not 1 <= int(workers) <= 64:
        raise Refused(f"--workers {workers}: not a number from 1 to 64, nor ray")
    return library.ingest(matter, paths, workers=int(workers), ocr=ocr, report=report)
