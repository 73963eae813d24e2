"""Spans of what LangChain runs: what they tell, and that no word of a matter is among it."""

import hashlib
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import RunnablePassthrough
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode

from retrieval.errors import CasewrightError, IndexUnavailable
from retrieval.library import Library
from retrieval.search import MatterRetriever
from serving import spans, tracing
from serving.spans import SpanHandler
from tests.serving.scripted import says

CANARY = "Petrakis"  # stands in the small matter
QUESTION = f"What did {CANARY} say of the patch?"


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> Iterator[InMemorySpanExporter]:
    """Where the spans of this process go in place of a collector."""
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setenv(tracing.ENDPOINT, "http://127.0.0.1:9")
    monkeypatch.setattr(spans, "tracer", lambda: provider.get_tracer("test"))
    yield exporter
    provider.shutdown()


def by_name(exporter: InMemorySpanExporter) -> dict[str, list[ReadableSpan]]:
    found: dict[str, list[ReadableSpan]] = {}
    for span in exporter.get_finished_spans():
        found.setdefault(span.name, []).append(span)
    return found


def all_told(exporter: InMemorySpanExporter) -> str:
    return "".join(span.to_json() for span in exporter.get_finished_spans())


def asks(library: Library, answer: str, breaks: BaseException | None = None) -> str:
    """A chain of one's own: the matter's retriever, a prompt, a model."""
    retriever = MatterRetriever(library=library, matter_id="oven", k=2)
    chain = (
        {"passages": retriever, "question": RunnablePassthrough()}
        | ChatPromptTemplate.from_template("{passages}\n\n{question}")
        | says(answer, breaks=breaks)
        | StrOutputParser()
    )
    return "".join(chain.with_config(run_name=CANARY).stream(QUESTION))


def test_a_chain_is_traced_without_a_word_of_it(small: Library, seen: InMemorySpanExporter) -> None:
    with tracing.traced("ask"):
        assert asks(small, f"{CANARY} said that it failed.") == f"{CANARY} said that it failed."
        tracing.note("sentences", 1)
    found = by_name(seen)
    (ask,), (retriever,), (chat,) = found["casewright ask"], found["retriever"], found["chat"]
    assert ask.parent is None
    assert ask.attributes == {"casewright.sentences": 1}
    assert retriever.attributes == {
        "casewright.query_characters": len(QUESTION),
        "casewright.query_sha256": hashlib.sha256(QUESTION.encode()).hexdigest(),
        "casewright.passages": 2,
    }
    assert chat.attributes is not None
    assert chat.attributes["casewright.messages"] == 1
    assert chat.attributes["casewright.output_characters"] == len(f"{CANARY} said that it failed.")
    assert [event.name for event in chat.events] == ["first token"]
    assert len({span.context.trace_id for span in seen.get_finished_spans() if span.context}) == 1
    known = {span.context.span_id for span in seen.get_finished_spans() if span.context}
    roots = [span for span in seen.get_finished_spans() if span.parent is None]
    assert roots == [ask]
    assert all(s.parent.span_id in known for s in seen.get_finished_spans() if s.parent)
    for word in (CANARY, "patch", "failed", "note.txt", "oven"):
        assert word not in all_told(seen)


def test_a_model_that_breaks_leaves_the_class_of_its_error(
    small: Library, seen: InMemorySpanExporter
) -> None:
    with pytest.raises(ConnectionError), tracing.traced("ask"):
        asks(small, "It", breaks=ConnectionError(f"cut at {CANARY}"))
    found = by_name(seen)
    for name in ("casewright ask", "chat", "chain"):
        failed = [span for span in found[name] if span.status.status_code is StatusCode.ERROR]
        assert failed, name
        for span in failed:
            assert span.attributes is not None
            assert span.attributes["error.type"] == "ConnectionError"
            assert span.status.description is None
            assert "exception" not in {event.name for event in span.events}
    assert CANARY not in all_told(seen)


def test_a_retriever_that_fails_leaves_the_class_of_its_error(
    library: Library, home: Path, seen: InMemorySpanExporter
) -> None:
    (home / "matters" / "oven" / "shard" / "edge_config.json").write_text("{", encoding="utf-8")
    with pytest.raises(IndexUnavailable), tracing.traced("ask"):
        asks(library, "It failed.")
    (retriever,) = by_name(seen)["retriever"]
    assert retriever.attributes is not None
    assert retriever.attributes["error.type"] == "IndexUnavailable"
    assert "chat" not in by_name(seen)
    assert "oven" not in all_told(seen)


def test_every_span_is_closed_and_none_is_kept(small: Library, seen: InMemorySpanExporter) -> None:
    handler = SpanHandler(spans.tracer())
    retriever = MatterRetriever(library=small, matter_id="oven", k=2)
    retriever.invoke(QUESTION, config={"callbacks": [handler]})
    with pytest.raises(CasewrightError):
        retriever.invoke("?!", config={"callbacks": [handler]})
    assert len(by_name(seen)["retriever"]) == 2
    assert handler._spans == {}


def test_without_an_endpoint_nothing_is_loaded() -> None:
    script = (
        "import sys; from serving.tracing import note, traced\n"
        "with traced('ask'): note('passages', 1)\n"
        "print([name for name in sys.modules if name.startswith(('opentelemetry', 'langchain'))])"
    )
    run = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True,
        env={"PATH": "", "PYTHONPATH": ":".join(sys.path)},
    )  # fmt: skip
    assert run.stdout == "[]\n"


class Collector(HTTPServer):
    """A collector that keeps what it is sent."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Received)
        self.bodies: list[bytes] = []
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Received(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        assert isinstance(self.server, Collector)
        assert self.path == "/v1/traces"
        self.server.bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(200)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def collector() -> Iterator[Collector]:
    server = Collector()
    yield server
    server.shutdown()
    server.server_close()


def searched(home: Path, endpoint: str) -> "subprocess.CompletedProcess[str]":
    """``casewright search`` in a process of its own, with a collector configured."""
    environment = {
        "PATH": "/usr/bin:/bin", "PYTHONPATH": ":".join(sys.path), "CASEWRIGHT_HOME": str(home),
        "OTEL_EXPORTER_OTLP_ENDPOINT": endpoint, "OTEL_SERVICE_NAME": "firm",
        # Asks for detectors that tell the command line; they are not asked.
        "OTEL_EXPERIMENTAL_RESOURCE_DETECTORS": "process,otel",
    }  # fmt: skip
    command = [sys.executable, "-m", "ui.cli", "search", "oven", QUESTION, "-k", "1"]
    return subprocess.run(
        command, capture_output=True, text=True, check=False, env=environment, timeout=120
    )


def test_a_collector_gets_the_spans_of_a_command_and_no_text(
    library: Library, home: Path, collector: Collector
) -> None:
    run = searched(home, collector.address)
    assert (run.returncode, run.stderr) == (0, "")
    (body,) = collector.bodies
    request = ExportTraceServiceRequest.FromString(body)
    (of_resource,) = request.resource_spans
    resource = {one.key: one.value.string_value for one in of_resource.resource.attributes}
    assert resource["service.name"] == "firm"
    names = [span.name for scope in of_resource.scope_spans for span in scope.spans]
    assert names == ["casewright search"]
    for word in (CANARY, "patch", "oven", str(home), "note.txt"):
        assert word.encode() not in body


def test_a_collector_that_is_down_fails_no_command(library: Library, home: Path) -> None:
    run = searched(home, "http://127.0.0.1:9")
    assert (run.returncode, run.stderr) == (0, "")
    assert CANARY in run.stdout
