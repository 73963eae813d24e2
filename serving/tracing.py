"""Traces for OpenTelemetry where they are configured; elsewhere nothing is loaded.

Configured means: ``OTEL_EXPORTER_OTLP_ENDPOINT`` names a collector and ``casewright[otel]`` is
installed. A span says what ran, for how long, which model, counts and hashes; ``serving.spans``
makes them.
"""

import importlib.util
import os
from collections.abc import Iterator
from contextlib import contextmanager

ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"
TRACES_ENDPOINT = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"
INSTALLED_WITH = "pip install 'casewright[otel]'"


def wanted() -> bool:
    """Whether a collector is named."""
    return bool(os.environ.get(TRACES_ENDPOINT) or os.environ.get(ENDPOINT))


def installed() -> bool:
    """Whether what makes and sends spans is installed."""
    try:
        return importlib.util.find_spec("opentelemetry.exporter.otlp.proto.http") is not None
    except ModuleNotFoundError:  # one of the packages above it
        return False


@contextmanager
def traced(name: str) -> Iterator[None]:
    """Makes a span of the block, under which what LangChain runs in it makes its own.

    An error leaves its class on the span, never its message.
    """
    if not (wanted() and installed()):
        yield
        return
    from serving import spans

    with spans.traced(name, spans.tracer()):
        yield


def note(name: str, value: str | int | float) -> None:
    """Puts a figure on the span that is open: a count, a time, a word of the code, a hash."""
    if wanted() and installed():
        from serving import spans

        spans.note(name, value)
