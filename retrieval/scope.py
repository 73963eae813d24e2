"""Where in a matter a question is asked: all of it, or some documents by name, kind or date."""

from collections.abc import Sequence
from dataclasses import dataclass

from retrieval.documents import Document, Kind
from retrieval.edits import day, known_kind
from retrieval.errors import CasewrightError


class EmptyScope(CasewrightError):
    """A restriction that no document of the matter meets, or that none can."""


@dataclass(frozen=True, slots=True)
class Scope:
    """A restriction on documents; what is left empty restricts nothing."""

    documents: tuple[str, ...] = ()
    """Each by its path, its id or its name; several may have one name."""
    kinds: tuple[Kind, ...] = ()
    since: str = ""
    """The first day, as 2019-03-14. A document without a date is in no range of dates."""
    until: str = ""
    """The last day."""

    def of(self, documents: Sequence[Document]) -> list[Document]:
        """Gives those of a matter's documents that a search may see.

        Raises:
            EmptyScope: a name that no document has, or no document meets the restriction.
        """
        for name in self.documents:
            if not any(name in _names(document) for document in documents):
                raise EmptyScope(
                    f"{name}: no document of the matter; name one by its path or its name, "
                    "`casewright documents MATTER` lists them"
                )
        found = [document for document in documents if self._holds(document)]
        if documents and not found:
            raise EmptyScope(
                "no document of the matter is of this kind and date; "
                "`casewright documents MATTER` lists them, ask with fewer restrictions"
            )
        return found

    def _holds(self, document: Document) -> bool:
        said = document.description
        dated = bool(said.date) and self.since <= str(said.date) <= (self.until or "9999")
        return (
            (not self.documents or any(name in _names(document) for name in self.documents))
            and (not self.kinds or said.kind in self.kinds)
            and (dated or not (self.since or self.until))
        )


EVERYWHERE = Scope()


def scope_of(
    *,
    documents: Sequence[str] = (),
    kinds: Sequence[str] = (),
    since: str = "",
    until: str = "",
) -> Scope:
    """Gives the scope that these words make.

    Raises:
        BadDescription: an unknown kind, or a date that is no day.
        EmptyScope: a range without a day.
    """
    first, last = (day(written) if written else "" for written in (since, until))
    if first and last and last < first:
        raise EmptyScope(f"{first} to {last}: no day lies between them; give the earlier first")
    return Scope(tuple(documents), tuple(map(known_kind, kinds)), first, last)


def _names(document: Document) -> tuple[str, str, str]:
    return document.path, document.id, document.name
