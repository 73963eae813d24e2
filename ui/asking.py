"""Settings -> the engine that answers, with the adapter that was asked for."""

from pathlib import Path

from serving import adapters
from serving.engine import LlamaCpp
from serving.models import resolve
from serving.settings import ModelSettings


def engine_for(
    home: Path, settings: ModelSettings, *, adapter: str | None = None, base_only: bool = False
) -> tuple[LlamaCpp, str | None]:
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
