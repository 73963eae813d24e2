"""Deletions as both faces carry them out: with the upload, and with the audit log's entry.

Uploads go first: a deletion that is cut short is then begun again with nothing left beside it.
"""

from retrieval.deletion import Deletion
from retrieval.library import Library
from ui import jobs, members, uploads
from ui.recording import record


def delete_document(
    library: Library, matter: str, name: str, *, by: str = ""
) -> tuple[Deletion, str]:
    """Deletes a document; gives what was deleted and its certificate's hash in the audit log.

    Raises as ``Library.delete_document`` and ``record``.
    """
    uploads.drop(library.home, library.document(matter, name))
    done = library.delete_document(matter, name)
    jobs.forget_matter(library.home, matter, ("chronology", "review"))  # their tables quote it
    return done, record(library.home, "deletion", by=by, **done.record())


def delete_matter(library: Library, matter: str, *, by: str = "") -> tuple[Deletion, str]:
    """Deletes a matter; gives what was deleted and its certificate's hash in the audit log.

    What works on it is stopped. Its members are forgotten: a later matter of its name has none.

    Raises as ``Library.delete_matter``, ``members.change`` and ``record``.
    """
    library.documents(matter)  # an unknown matter's uploads are not touched
    jobs.forget_matter(library.home, matter)
    uploads.drop_matter(library.home, matter)
    done = library.delete_matter(matter)
    if members.read(library.home).of(matter):
        members.change(library.home, lambda now: now.without(matter))
    return done, record(library.home, "deletion", by=by, **done.record())


def certificate(done: Deletion, entry: str) -> str:
    """Gives the certificate in a line for people."""
    documents = "1 document" if len(done.documents) == 1 else f"{len(done.documents)} documents"
    later = "" if done.erased else "; the Qdrant server erases the passages' bytes in its own time"
    line = (
        f"certificate {entry[:16]}: {documents}, {done.passages} passages and {done.originals} "
        f"originals ({done.bytes:,} bytes) removed; checked at {done.at}, nothing found{later}"
    )
    if done.still_in is not None:
        line += f"; the e-mail {done.still_in.name} stays, and its original holds the attachment"
    return line
