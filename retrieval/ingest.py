"""How files become documents of a matter, told in the order in which it happens.

1. The files given are looked up, archives and e-mails unpacked, everything hashed (``sources``).
2. By its hash a source is new, changed, unchanged, or a duplicate of another document.
3. What is new or changed is read in child processes (``readers``), described and cut into passages
   (``prepare``), a few files ahead of the rest.
4. Its original is kept, it is compared with the other documents, and the cores begin to embed it.
5. Passages are written by groups of documents, each document as a new generation; meanwhile the
   cores embed the next group.
6. The group is made active by one transaction of the manifest: before it a search sees the old
   documents, after it the new ones.
7. At the end what was replaced is swept from index and disk.

A crash leaves either the old or the new generation of a document active; what else it left is
swept when the matter is next written to.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING

from retrieval.casefile import CaseFile
from retrieval.documents import Document, DocumentText
from retrieval.edits import Edits
from retrieval.embed import Embedder, headed
from retrieval.errors import CasewrightError, NeedsOcr, UnreadableFile
from retrieval.hidden import Hidden, told
from retrieval.manifest import Kept
from retrieval.near_duplicates import Signature, Signatures
from retrieval.passages import VERSION
from retrieval.prepare import Prepared, near, prepare
from retrieval.reader import Reader
from retrieval.readers import Readers, ahead
from retrieval.sources import Source, Sources
from retrieval.store import Entry
from retrieval.verdicts import Ingested, Progress, Verdict

if TYPE_CHECKING:
    from retrieval.embed import Vector

GROUP = 512
"""Passages of the documents that are made active together, at least."""
WRITE_BATCH = 2 * GROUP
"""Passages written at once, at most: bounds memory, and shows progress. Most groups are one batch:
opening the index takes as long as embedding ten passages."""


_Read = tuple[DocumentText, Prepared]


@dataclass(frozen=True, slots=True)
class _Draft:
    """A document that was read and is not yet written; its generation is not yet known."""

    document: Document
    prepared: Prepared
    header: "Iterator[Vector]"
    """The vector of its header, once it is made."""
    vectors: "Iterator[Vector]"
    """Those of its passages' texts, as they are made."""
    unread: int
    """Scanned pages that were left unread."""


_Group = list[tuple[Source, Ingested | _Draft]]


class Ingest:
    """One run over the sources of a matter, whose only writer it is."""

    def __init__(
        self,
        case_file: CaseFile,
        embedder: Embedder,
        readers: Readers,
        *,
        report: Callable[[Progress], None],
        edits: Mapping[str, Edits] | None = None,
    ) -> None:
        kept = case_file.manifest.kept()
        # Read again though unchanged: what the user has now set, by path, is part of a document,
        # so are the scanned pages that an ingest without OCR left unread, and vectors of another
        # make are compared with none of today's.
        self._afresh = {*(edits or ())}
        self._afresh |= {path for path, one in kept.items() if one.version != VERSION}
        if readers.ocr:
            self._afresh |= {path for path, one in kept.items() if one.unread}
        self._edits = {path: one.edits for path, one in kept.items()} | dict(edits or {})
        self._signatures = Signatures(
            {
                path: Signature.from_bytes(one.signature)
                for path, one in kept.items()
                if one.signature
            }
        )
        self._case_file = case_file
        self._embedder = embedder
        self._readers = readers
        self._report = report
        self._known: dict[str, Document] = {}
        self._paths: defaultdict[str, set[str]] = defaultdict(set)  # of the documents, by their id
        for document in case_file.manifest.documents():
            self._learn(document)
        self._to_come: dict[str, Source] = {}
        self._begun: set[str] = set()
        self._verdicts: list[Ingested] = []
        self.replaced = False
        """Whether a document's generation, or a document, gave way: there is something to sweep."""
        self.written = 0
        """Passages that went into the index."""
        self._files = self._bytes = self._bytes_done = 0

    def run(self, sources: Sources) -> list[Ingested]:
        """Gives the verdict on each source, in their order; then the members that are gone."""
        try:
            return self._run(sources)
        except BaseException:
            self._embedder.stop()  # else the process would go on embedding before it ends
            raise

    def _run(self, sources: Sources) -> list[Ingested]:
        gone = [_gone(self._known[path]) for path in sources.left_behind(self._known)]
        self._to_come = {source.path: source for source in sources.all}
        self._files = len(sources.all)
        self._bytes = sum(source.size for source in sources.all)
        before: _Group = []  # is written while the next is embedded
        group: _Group = []
        for source, reading in ahead(sources.all, self._begin_early, self._readers.workers + 1):
            del self._to_come[source.path]
            outcome = self._verdict(source) or self._draft(source, reading)
            self._learn_from(outcome)
            group.append((source, outcome))
            waiting = sum(draft.document.passages for draft in _drafts(group))
            if waiting >= GROUP or not waiting:
                self._write_group(before)
                before, group = group, []
        self._write_group(before)
        self._write_group(group)
        return self._verdicts + gone

    def _begin_early(self, source: Source) -> Future[_Read] | None:
        """Begins to read a source, unless it need not be, as far as can be said by now."""
        # Of several files with the same bytes only the first is read, unless it fails.
        if source.id in self._begun or self._verdict(source) is not None:
            return None
        self._begun.add(source.id)
        return self._begin(source)

    def _begin(self, source: Source) -> Future[_Read]:
        def read(reader: Reader) -> _Read:
            text = reader.read(source.file)
            edits = self._edits.get(source.path, {})
            return text, prepare(self._case_file.matter_id, source.id, source.path, text, edits)

        return self._readers.submit(read)

    def _verdict(self, source: Source) -> Ingested | None:
        """The verdict on a source that need not be read."""
        if source.fault:
            return self._refused(source, "refused", source.fault)
        known = self._known.get(source.path)
        if source.path in self._afresh:
            return None
        if known is not None and known.id == source.id:
            return Ingested(source.path, "unchanged", known.pages, known.passages, "")
        twins = [path for path in self._paths[source.id] if self._stays(path)]
        if twins:
            return Ingested(source.path, "duplicate", 0, 0, f"the same bytes as {min(twins)}")
        return None

    def _stays(self, path: str) -> bool:
        """Whether a document keeps its bytes in this run; what cannot be read changes nothing."""
        coming = self._to_come.get(path)
        return coming is None or coming.id in ("", self._known[path].id)

    def _draft(self, source: Source, reading: Future[_Read] | None) -> Ingested | _Draft:
        """Reads a source and keeps its original; or says why not."""
        path = source.path
        try:
            text, prepared = (reading or self._begin(source)).result()
            self._case_file.originals.keep(source.file, source.id, path)
        except UnreadableFile as error:
            verdict: Verdict = "needs OCR" if isinstance(error, NeedsOcr) else "refused"
            # The reader names a member by where its copy lies.
            reason = str(error).replace(str(source.file), path, 1)
            return self._refused(source, verdict, reason)
        except OSError as error:
            return self._refused(source, "refused", f"{path}: cannot be opened ({error.strerror})")
        document = Document(
            id=source.id,
            matter_id=self._case_file.matter_id,
            path=path,
            name=Path(path).name,
            pages=len(text.pages),
            passages=len(prepared.passages),
            generation=0,
            description=prepared.description,
            near=near(path, prepared, self._known, self._signatures),
            hidden=tuple(Hidden(one.number, one.hidden) for one in text.pages if one.hidden),
        )
        header = self._embedder.passages([prepared.header])
        vectors = self._embedder.passages([indexed.text for indexed in prepared.texts])
        return _Draft(document, prepared, header, vectors, len(text.unread))

    def _refused(self, source: Source, verdict: Verdict, reason: str) -> Ingested:
        if source.path in self._known:
            reason += "; the version read before stays in the matter"
        return Ingested(source.path, verdict, 0, 0, reason)

    def _learn_from(self, outcome: Ingested | _Draft) -> None:
        """Keeps up what documents there will be once the group is written."""
        if isinstance(outcome, _Draft):
            self._forget(outcome.document.path)
            self._learn(outcome.document)
            self._signatures.put(outcome.document.path, outcome.prepared.signature)
        elif outcome.verdict == "duplicate":
            self._forget(outcome.path)

    def _learn(self, document: Document) -> None:
        self._known[document.path] = document
        self._paths[document.id].add(document.path)

    def _forget(self, path: str) -> None:
        document = self._known.pop(path, None)
        if document is not None:
            self.replaced = True
            self._paths[document.id].discard(path)

    def _write_group(self, group: _Group) -> None:
        """Writes the drafts of a group, makes them active, and gives its verdicts."""
        drafts = _drafts(group)
        generations = self._case_file.manifest.next_generations(len(drafts)) if drafts else ()
        written = [
            replace(draft.document, generation=generation)
            for draft, generation in zip(drafts, generations, strict=True)
        ]
        headers = [next(draft.header) for draft in drafts]
        entries = chain.from_iterable(map(_entries, drafts, generations, headers))
        self._write(entries, generations, drafts, sum(source.size for source, _ in group))
        # A file that became a duplicate is a document no more: its twin is.
        doubles = [
            outcome.path
            for _, outcome in group
            if isinstance(outcome, Ingested) and outcome.verdict == "duplicate"
        ]
        if written or doubles:
            kept = {
                draft.document.path: Kept(
                    draft.prepared.signature.to_bytes(),
                    self._edits.get(draft.document.path, {}),
                    draft.unread,
                    VERSION,
                    draft.prepared.header,
                    header.astype("<f4").tobytes(),
                )
                for draft, header in zip(drafts, headers, strict=True)
            }
            self._case_file.manifest.change(activate=written, remove=doubles, kept=kept)
        self._bytes_done += sum(source.size for source, _ in group)
        for source, outcome in group:
            self._verdicts.append(_verdict_of(outcome))
            self._tell(source.path, self._verdicts[-1])

    def _write(
        self,
        entries: Iterator[Entry],
        generations: Sequence[int],
        drafts: Sequence[_Draft],
        size: int,
    ) -> None:
        """Writes the passages of drafts, ``size`` bytes of files, and sees that all are there."""
        of = sum(draft.document.passages for draft in drafts)
        if not of:
            return
        store, written = self._case_file.store, 0
        while batch := list(islice(entries, WRITE_BATCH)):
            store.add(batch)
            written += len(batch)
            self.written += len(batch)
            self._tell(batch[-1].passage.path, None, size * written / of)
        taken = store.count(*generations)
        if taken != of:
            raise CasewrightError(
                f"{self._case_file.matter_id}: the index took {taken} of {of} passages; "
                "nothing was changed, ingest the files again"
            )

    def _tell(self, path: str, ingested: Ingested | None, more: float = 0.0) -> None:
        """Reports, with so many bytes more done than those of the groups written."""
        self._report(
            Progress(
                files=len(self._verdicts),
                of=self._files,
                passages=self.written,
                share=(self._bytes_done + more) / self._bytes if self._bytes else 1.0,
                path=path,
                ingested=ingested,
            )
        )


def _drafts(group: _Group) -> list[_Draft]:
    return [outcome for _, outcome in group if isinstance(outcome, _Draft)]


def _entries(draft: _Draft, generation: int, header: "Vector") -> Iterator[Entry]:
    """What the index keeps of a document, as its vectors are made."""
    for passage, indexed, vector in zip(
        draft.prepared.passages, draft.prepared.texts, draft.vectors, strict=True
    ):
        yield Entry(passage, generation, headed(vector, header), indexed.words)


def _verdict_of(outcome: Ingested | _Draft) -> Ingested:
    if isinstance(outcome, Ingested):
        return outcome
    document, reasons = outcome.document, []
    if outcome.unread:
        reasons.append(
            f"{outcome.unread} of {document.pages} pages are scans and were left unread; "
            "ingest it again with OCR"
        )
    if document.hidden:
        reasons.append(told(document.hidden, document.pages))
    if document.near is not None:
        reasons.append(document.near.told)
    reason = f"{document.path}: {'; '.join(reasons)}" if reasons else ""
    hidden = sum(one.characters for one in document.hidden)
    return Ingested(document.path, "indexed", document.pages, document.passages, reason, hidden)


def _gone(document: Document) -> Ingested:
    return Ingested(
        document.path,
        "gone",
        document.pages,
        document.passages,
        f"{document.path}: its archive or e-mail no longer holds it; it stays until it is deleted",
    )
