"""OpenTelemetry spans of what LangChain runs: times, model names, counts and hashes.

Never an input, an output, an error's message, a matter or a path: a span leaves the machine for
wherever the collector is. Packages that trace LangChain record prompts and leave them out on
request; this handler has nothing to leave out. ``SpanHandler`` goes into any chain's callbacks;
within ``traced`` it is there by itself.
"""

import hashlib
import logging
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.messages import BaseMessage
from langchain_core.tracers.context import register_configure_hook
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import OTELResourceDetector, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Span, SpanKind, Status, StatusCode, Tracer

if TYPE_CHECKING:
    from langchain_core.documents import Document
    from langchain_core.outputs import ChatGenerationChunk, GenerationChunk, LLMResult

NAME = "casewright"
COLLECTOR_SECONDS = 2.0
"""How long a collector may take: a command waits for it at its end, once."""


@cache
def tracer() -> Tracer:
    """Gives what makes spans and sends them, in batches, to the collector that is configured.

    The variables are OpenTelemetry's own (``OTEL_EXPORTER_OTLP_*``, ``OTEL_SERVICE_NAME``,
    ``OTEL_RESOURCE_ATTRIBUTES``). The detectors of a process are left out: they tell its command
    line, which has the question in it.
    """
    # A collector that is down is the operator's to notice, not a line in a lawyer's terminal.
    logging.getLogger("opentelemetry").setLevel(logging.CRITICAL)
    named = OTELResourceDetector().detect()
    provider = TracerProvider(resource=Resource({"service.name": NAME}).merge(named))
    timeout = None if os.environ.get("OTEL_EXPORTER_OTLP_TIMEOUT") else COLLECTOR_SECONDS
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(timeout=timeout)))
    return provider.get_tracer(NAME)


@contextmanager
def traced(name: str, by: Tracer) -> Iterator[None]:
    """Makes a span of the block; LangChain's runs in the block make theirs under it."""
    span = by.start_span(f"{NAME} {name}")
    handler = _here.set(SpanHandler(by))
    try:
        # Neither records an exception by itself: its message may name a file.
        with trace.use_span(span, record_exception=False, set_status_on_exception=False):
            yield
    except BaseException as error:
        _failed(span, error)
        raise
    finally:
        _here.reset(handler)
        span.end()


def note(name: str, value: str | int | float) -> None:
    """Puts a figure on the span that is open."""
    trace.get_current_span().set_attribute(f"{NAME}.{name}", value)


class SpanHandler(BaseCallbackHandler):
    """LangChain's callbacks -> spans without text."""

    def __init__(self, by: Tracer | None = None) -> None:
        self._tracer = by or tracer()
        self._spans: dict[UUID, Span] = {}
        self._begun: set[UUID] = set()

    def on_chat_model_start(
        self,
        serialized: dict[str, Any],
        messages: list[list[BaseMessage]],
        *,
        run_id: UUID,
        parent_run_id: UUID | None = None,
        **kwargs: Any,
    ) -> None:
        """Opens the span of a chat model."""
        asked = [message.text for batch in messages for message in batch]
        self._model_starts(asked, run_id, parent_run_id, kwargs)

    def on_llm_start(
        self,
        serialized: dict[str, Any],
        prompts: list[str],
        *,
        run_id: UUID,
        parent_run_id: UUID | None = None,
        **kwargs: Any,
    ) -> None:
        """Opens the span of a model that takes plain text."""
        self._model_starts(prompts, run_id, parent_run_id, kwargs)

    def on_llm_new_token(
        self,
        token: str | list[str | dict[str, Any]],
        *,
        chunk: "GenerationChunk | ChatGenerationChunk | None" = None,
        run_id: UUID,
        parent_run_id: UUID | None = None,
        **kwargs: Any,
    ) -> None:
        """Notes when the first token came."""
        if token and run_id in self._spans and run_id not in self._begun:
            self._begun.add(run_id)
            self._spans[run_id].add_event("first token")

    def on_llm_end(
        self,
        response: "LLMResult",
        *,
        run_id: UUID,
        parent_run_id: UUID | None = None,
        **kwargs: Any,
    ) -> None:
        """Closes a model's span with the tokens that it read and wrote."""
        made = [one for batch in response.generations for one in batch]
        figures: dict[str, str | int] = _measured("output", [one.text for one in made])
        usage = getattr(getattr(made[0], "message", None), "usage_metadata", None) if made else None
        if usage:
            figures["gen_ai.usage.input_tokens"] = int(usage["input_tokens"])
            figures["gen_ai.usage.output_tokens"] = int(usage["output_tokens"])
        self._ends(run_id, figures)

    def on_llm_error(
        self,
        error: BaseException,
        *,
        run_id: UUID,
        parent_run_id: UUID | None = None,
        **kwargs: Any,
    ) -> None:
        """Closes a model's span with the class of its error."""
        self._fails(run_id, error)

    def on_retriever_start(
        self,
        serialized: dict[str, Any],
        query: str,
        *,
        run_id: UUID,
        parent_run_id: UUID | None = None,
        **kwargs: Any,
    ) -> None:
        """Opens the span of a retriever."""
        self._starts("retriever", run_id, parent_run_id, _measured("query", [query]))

    def on_retriever_end(
        self,
        documents: "Sequence[Document]",
        *,
        run_id: UUID,
        parent_run_id: UUID | None = None,
        **kwargs: Any,
    ) -> None:
        """Closes a retriever's span with how many passages it gave."""
        self._ends(run_id, {f"{NAME}.passages": len(documents)})

    def on_retriever_error(
        self,
        error: BaseException,
        *,
        run_id: UUID,
        parent_run_id: UUID | None = None,
        **kwargs: Any,
    ) -> None:
        """Closes a retriever's span with the class of its error."""
        self._fails(run_id, error)

    def on_chain_start(
        self,
        serialized: dict[str, Any],
        inputs: dict[str, Any],
        *,
        run_id: UUID,
        parent_run_id: UUID | None = None,
        **kwargs: Any,
    ) -> None:
        """Opens the span of a chain or a step of one; its name is the caller's and stays here."""
        self._starts("chain", run_id, parent_run_id, {})

    def on_chain_end(
        self,
        outputs: dict[str, Any],
        *,
        run_id: UUID,
        parent_run_id: UUID | None = None,
        **kwargs: Any,
    ) -> None:
        """Closes a chain's span."""
        self._ends(run_id, {})

    def on_chain_error(
        self,
        error: BaseException,
        *,
        run_id: UUID,
        parent_run_id: UUID | None = None,
        **kwargs: Any,
    ) -> None:
        """Closes a chain's span with the class of its error."""
        self._fails(run_id, error)

    def _model_starts(
        self, asked: Sequence[str], run_id: UUID, parent: UUID | None, known: dict[str, Any]
    ) -> None:
        parameters = known.get("invocation_params") or {}
        model = Path(parameters.get("model") or parameters.get("model_name") or "unknown")
        # Of a path the last part: the folders above it may name a person.
        name = model.name if model.is_absolute() else str(model)
        named = {"gen_ai.operation.name": "chat", "gen_ai.request.model": name}
        self._starts(
            "chat",
            run_id,
            parent,
            {**named, f"{NAME}.messages": len(asked), **_measured("input", asked)},
            kind=SpanKind.CLIENT,
        )

    def _starts(
        self,
        name: str,
        run_id: UUID,
        parent: UUID | None,
        figures: dict[str, Any],
        *,
        kind: SpanKind = SpanKind.INTERNAL,
    ) -> None:
        above = None if parent is None else self._spans.get(parent)
        context = None if above is None else trace.set_span_in_context(above)
        self._spans[run_id] = self._tracer.start_span(name, context, kind=kind, attributes=figures)

    def _ends(self, run_id: UUID, figures: dict[str, str | int]) -> None:
        self._begun.discard(run_id)
        span = self._spans.pop(run_id, None)
        if span is not None:
            span.set_attributes(figures)
            span.end()

    def _fails(self, run_id: UUID, error: BaseException) -> None:
        if run_id in self._spans:
            _failed(self._spans[run_id], error)
        self._ends(run_id, {})


_here: ContextVar[SpanHandler | None] = ContextVar("casewright_spans", default=None)
register_configure_hook(_here, inheritable=True)


def _measured(what: str, texts: Sequence[str]) -> dict[str, str | int]:
    """The length of a text and its hash, as the audit log has that of a question."""
    text = "\n".join(texts)
    return {
        f"{NAME}.{what}_characters": len(text),
        f"{NAME}.{what}_sha256": hashlib.sha256(text.encode()).hexdigest(),
    }


def _failed(span: Span, error: BaseException) -> None:
    span.set_attribute("error.type", type(error).__name__)
    span.set_status(Status(StatusCode.ERROR))
