"""Settings -> the engine that answers, and how it is asked, for both faces."""

from pathlib import Path

from retrieval.scope import EVERYWHERE, Scope
from serving import adapters
from serving.engine import Engine
from serving.how import How
from serving.llamacpp import LlamaCpp
from serving.models import resolve
from serving.settings import ModelSettings


def engine_for(
    home: Path, settings: ModelSettings, *, adapter: str | None = None, base_only: bool = False
) -> tuple[Engine, str | None]:
    """Gives an engine that is loading, and the name of the adapter to ask (None: the base).

    Without a name, the promoted adapter answers; without one, the base model.

    Raises:
        ModelUnavailable: an unknown, altered or ill-fitting model or adapter.
    """
    base = resolve(settings.base, settings.base_sha256)
    chosen = None
    if not base_only:
        chosen = adapters.find(home, adapter) if adapter else adapters.promoted(home)
    if chosen is not None:
        adapters.verify(chosen, base)
    engine = LlamaCpp(
        base,
        [] if chosen is None else [chosen],
        context=settings.context,
        threads=settings.threads,
    )
    return engine, None if chosen is None else chosen.name


def how_to_ask(
    settings: ModelSettings,
    passages: int,
    adapter: str | None,
    *,
    retrieve: bool,
    anyway: bool,
    bound: bool = True,
    scope: Scope = EVERYWHERE,
) -> How:
    """Gives how a question is asked: as the settings say, and as this one was put.

    ``adapter`` is a full name, or None for the base model; ``passages`` the number to be found.
    """
    return How(
        adapter=adapter,
        k=passages,
        max_tokens=settings.memo_tokens,
        retrieve=retrieve,
        bound=settings.grammar and bound,
        anyway=anyway,
        retry=settings.retry,
        drop=settings.unsupported == "drop",
        scope=scope,
    )
