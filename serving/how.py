"""How a question is asked: by which model, from what, and held to what."""

from dataclasses import dataclass

from retrieval.scope import EVERYWHERE, Scope


@dataclass(frozen=True, slots=True)
class How:
    """How a question is asked of a matter."""

    adapter: str | None
    """The full name of an adapter that the engine has; None for the base model."""
    k: int
    """Passages that are found."""
    max_tokens: int
    """Tokens that the memorandum may take."""
    retrieve: bool = True
    """Whether the model is given the passages."""
    bound: bool = True
    """Whether the memorandum is held to ``serving.grammar``."""
    anyway: bool = False
    """Whether a model is asked where the evidence is weak."""
    retry: bool = False
    """Whether sentences without support are tried once more."""
    drop: bool = False
    """Whether sentences without support are left out where they would be marked."""
    scope: Scope = EVERYWHERE
    """The documents that are asked."""
