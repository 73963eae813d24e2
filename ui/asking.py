"""Settings -> the engine that answers, and how it is asked, for both faces."""

from collections.abc import Sequence
from pathlib import Path

from retrieval.scope import EVERYWHERE, Scope
from serving import adapters
from serving.adapters import Adapter
from serving.engine import Engine
from serving.how import How
from serving.llamacpp import LlamaCpp
from serving.models import Base, identify, resolve
from serving.settings import ModelSettings
from serving.vllm_address import VllmAddress
from serving.vllm_client import Vllm


def engine_for(
    home: Path,
    settings: ModelSettings,
    server: VllmAddress | None,
    *,
    adapter: str | None = None,
    base_only: bool = False,
    keep_prompt: bool = True,
) -> tuple[Engine, str | None]:
    """Gives the engine that answers, and the name of the adapter to ask (None: the base).

    It is a vLLM ``server``, or llama.cpp in this process, which is loading. Without a name, the
    promoted adapter answers; without one, the base model. Without ``keep_prompt`` what is written
    depends on nothing that was asked before, as a measurement wants it.

    Raises:
        ModelUnavailable: an unknown, altered or ill-fitting model or adapter.
    """
    chosen = None
    if not base_only:
        chosen = adapters.find(home, adapter) if adapter else adapters.promoted(home)
    known = [] if chosen is None else [chosen]
    engine: Engine
    if server is not None:
        there = identify(settings.base, settings.base_sha256)
        _verified(known, there)
        engine = Vllm(server, there, known)
    else:
        here = resolve(settings.base, settings.base_sha256)
        _verified(known, here)
        engine = LlamaCpp(
            here,
            known,
            context=settings.context,
            threads=settings.threads,
            keep_prompt=keep_prompt,
        )
    return engine, None if chosen is None else chosen.name


def _verified(known: Sequence[Adapter], base: Base) -> None:
    for one in known:
        adapters.verify(one, base)


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
