"""One matter's case file: its manifest, its originals and its index, and how they are kept in step.

Under ``<home>/matters/<id>/``:

    manifest.sqlite  which documents there are, and which generation of each is active
    originals/       the files as they came, named by the hash of their bytes
    shard/           the index, where it lies on this machine
    unpacked/        what lies in archives and e-mails, while an ingest reads it
    coming/          the index, while it is moved here from a server
    migrating        while it is moved, either way: a server may hold passages that are not in use
    evaluations/     what models wrote on it to be measured (``training.evaluate``)
"""

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

from retrieval.documents import Document
from retrieval.errors import IndexUnavailable
from retrieval.locks import sweeping
from retrieval.manifest import Manifest
from retrieval.originals import Originals
from retrieval.store import Store

SHARD = "shard"


class CaseFile:
    """The case file of a matter in its folder; ``free_bytes`` of its disk stay free."""

    def __init__(
        self,
        folder: Path,
        matter_id: str,
        store: Store,
        free_bytes: int,
        server: Callable[[], Store] | None = None,
    ) -> None:
        """``server`` gives what a server holds of the matter, where one is named."""
        self.matter_id = matter_id
        self.home = folder.parents[1]
        self.folder = folder
        self.store = store
        self.manifest = Manifest(folder, matter_id)
        self.originals = Originals(folder / "originals", matter_id, free_bytes)
        self.unpacked = folder / "unpacked"
        self.shard = folder / SHARD
        self.coming = folder / "coming"
        self.migrating = folder / "migrating"
        self._server = server
        self.evaluations = folder / "evaluations"

    def sweep(self, *, wait: bool = True) -> None:
        """Removes what the manifest does not name: replaced, deleted, or left by a crash.

        Waits for who reads the whole matter, as a backup does; or, without ``wait``, leaves it for
        the next time.

        Raises:
            IndexUnavailable: the index lacks what the manifest names, as another one would.
        """
        documents = self.manifest.documents()
        active = {document.generation for document in documents}
        held = self.store.generations()
        if lost := [one for one in documents if one.passages and one.generation not in held]:
            raise lost_from_index(self.matter_id, lost)
        with sweeping(self.home, self.matter_id, wait=wait) as alone:
            if alone:
                self.store.delete(held - active)
                self.originals.sweep(documents)
        self.clear_unpacked()
        if self._server is not None or not self.shard.exists():
            self.clear_cut_migration()

    def clear_cut_migration(self) -> None:
        """Removes what a killed migration left of the index that is not in use.

        Raises:
            IndexUnavailable: that is on a server which is not named, or does not answer.
        """
        for left in (self.coming, self.shard.with_name(f"{SHARD}.aside")):
            if left.exists():
                shutil.rmtree(left)
        if not self.migrating.exists():
            return
        if self.shard.exists():
            if self._server is None:
                raise IndexUnavailable(
                    f"{self.matter_id}: a migration was cut short, and its server may hold "
                    "passages still; set QDRANT_URL and try again, or, if that server is gone for "
                    f"good, remove {self.migrating}"
                )
            self._server().drop()
        self.migrating.unlink()

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
