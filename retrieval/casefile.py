"""One matter's case file: its manifest, its originals and its index, and how they are kept in step.

Under ``<home>/matters/<id>/``:

    manifest.sqlite  which documents there are, and which generation of each is active
    originals/       the files as they came, named by the hash of their bytes
    shard/           the index, where it lies on this machine
    unpacked/        what lies in archives and e-mails, while an ingest reads it
    evaluations/     what models wrote on it to be measured (``training.evaluate``)
"""

import shutil
from collections.abc import Sequence
from pathlib import Path

from retrieval.documents import Document
from retrieval.errors import IndexUnavailable
from retrieval.manifest import Manifest
from retrieval.originals import Originals
from retrieval.store import Store


class CaseFile:
    """The case file of a matter in its folder; ``free_bytes`` of its disk stay free."""

    def __init__(self, folder: Path, matter_id: str, store: Store, free_bytes: int) -> None:
        self.matter_id = matter_id
        self.folder = folder
        self.store = store
        self.manifest = Manifest(folder, matter_id)
        self.originals = Originals(folder / "originals", matter_id, free_bytes)
        self.unpacked = folder / "unpacked"
        self.evaluations = folder / "evaluations"

    def sweep(self) -> None:
        """Removes what the manifest does not name: replaced, deleted, or left by a crash.

        Raises:
            IndexUnavailable: the index lacks what the manifest names, as another one would.
        """
        documents = self.manifest.documents()
        active = {document.generation for document in documents}
        held = self.store.generations()
        if lost := [one for one in documents if one.passages and one.generation not in held]:
            raise lost_from_index(self.matter_id, lost)
        self.store.delete(held - active)
        self.originals.sweep(documents)
        self.clear_unpacked()

    def clear_unpacked(self) -> None:
        """Removes the copies of members."""
        if self.unpacked.exists():
            shutil.rmtree(self.unpacked)

    def clear_evaluations(self) -> None:
        """Removes what models wrote of it to be measured: any of it may tell of any document."""
        if self.evaluations.exists():
            shutil.rmtree(self.evaluations)


def lost_from_index(matter_id: str, documents: Sequence[Document]) -> IndexUnavailable:
    """Gives the error that the index has no passage of these documents of a matter."""
    which = documents[0].name + (f" and {len(documents) - 1} more" if documents[1:] else "")
    return IndexUnavailable(
        f"{matter_id}: the index has no passage of {which}; if it was kept elsewhere, correct "
        "QDRANT_URL and QDRANT_COLLECTION, else delete the matter and ingest its files again"
    )
