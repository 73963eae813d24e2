"""Deletions as both faces carry them out: with the upload, and with the audit log's entry.

Uploads go first: a deletion that is cut short is then begun again with nothing left beside it.
"""

from retrieval.deletion import Deletion
from retrieval.library import Library
from ui import uploads
from ui.recording import record


def delete_document(library: Library, matter: str, name: str) -> tuple[Deletion, str]:
    """Deletes a document; gives what was deleted and its certificate's hash in the audit log.

    Raises as ``Library.delete_document`` and ``record``.
    """
    uploads.drop(library.home, library.document(matter, name))
    done = library.delete_document(matter, name)
    return done, record(library.home, "deletion", **done.record())


def delete_matter(library: Library, matter: str) -> tuple[Deletion, str]:
    """Deletes a matter; gives what was deleted and its certificate's hash in the audit log.

    Raises as ``Library.delete_matter`` and ``record``.
    """
    library.documents(matter)  # an unknown matter's uploads are not touched
    uploads.drop_matter(library.home, matter)
    done = library.delete_matter(matter)
    return done, record(library.home, "deletion", **done.record())


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
