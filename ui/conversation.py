"""A question asked after others of its matter: how it is asked now, and what is recorded of it."""

import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from retrieval.library import Library
    from serving.followup import Rewritten


def asked_as(library: "Library", matter: str, typed: str, earlier: Sequence[str]) -> "Rewritten":
    """Gives a question as it is asked after the ``earlier`` ones, oldest first.

    Raises UnknownMatter.
    """
    from serving.followup import Rewritten, standalone

    if not earlier:
        return Rewritten(typed)
    described = [(one.name, one.description) for one in library.documents(matter)]
    names = [name for name, _ in described]
    names += [said.title for _, said in described if said.title]
    names += [party for _, said in described for party in said.parties]
    return standalone(typed, earlier, names)


def origin(typed: str, earlier: Sequence[str]) -> dict[str, Any]:
    """Gives what a receipt and the audit log hold of a follow-up: a hash and a number, no text.

    ``follow_up`` is the number of questions before; a question without any gives nothing.
    """
    if not earlier:
        return {}
    sha256 = hashlib.sha256(typed.encode()).hexdigest()
    return {"follow_up": len(earlier), "typed_sha256": sha256}
