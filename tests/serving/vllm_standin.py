"""A vLLM server that does as it is told: one act a request, then the last act again and again."""

import json
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Act = Callable[["Handler"], None]
MODELS = ("smollm2-135m-b179c9523d", "smollm2-135m")


@dataclass
class Standin:
    """What the server was told to do, and what it saw."""

    acts: Sequence[Act] = ()
    key: str = ""
    asked: list[dict[str, Any]] = field(default_factory=list)
    gone: threading.Event = field(default_factory=threading.Event)
    """Set when a client left while it was written to."""
    seen: bool = False
    """Whether anybody came."""
    metrics: str = ""
    url: str = ""


class Handler(BaseHTTPRequestHandler):
    """One connection; the stand-in is the server's."""

    protocol_version = "HTTP/1.1"
    standin: Standin

    def parse_request(self) -> bool:
        self.standin.seen = True
        return super().parse_request()

    def do_GET(self) -> None:
        if self.path == "/v1/models":
            self.json({"data": [{"id": name} for name in MODELS]})
        elif self.path == "/metrics" and self.standin.metrics:
            self.send_response(200)
            self.send_header("Content-Length", str(len(self.standin.metrics)))
            self.end_headers()
            self.wfile.write(self.standin.metrics.encode())
        else:
            self.status(404)

    def do_POST(self) -> None:
        content = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.path not in ("/v1/chat/completions", "/v1/completions"):
            self.status(404)
            return
        body = json.loads(content)
        standin = self.standin
        standin.asked.append({**body, "authorization": self.headers["Authorization"]})
        acts = standin.acts
        act = acts[min(len(standin.asked), len(acts)) - 1]
        try:
            act(self)
        except OSError:
            standin.gone.set()

    def status(self, code: int, message: str = "no") -> None:
        self.json({"error": {"message": message, "code": code}}, code)

    def json(self, content: Any, code: int = 200) -> None:
        body = json.dumps(content).encode()
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def begin(self) -> None:
        """The head of a stream of events; its end is the connection's."""
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream; charset=utf-8")
        self.send_header("Connection", "close")
        self.end_headers()
        self.close_connection = True

    def event(self, text: str, reason: str | None = None) -> None:
        choice = {"index": 0, "delta": {"content": text}, "finish_reason": reason}
        self.data(json.dumps({"id": "1", "object": "chat.completion.chunk", "choices": [choice]}))

    def data(self, text: str) -> None:
        self.raw(f"data: {text}\n\n".encode())

    def raw(self, content: bytes) -> None:
        self.wfile.write(content)
        self.wfile.flush()

    def log_message(self, *arguments: Any) -> None:
        """Says nothing."""


def answer(*pieces: str, reason: str | None = "stop", pause: float = 0.0) -> Act:
    """Streams the pieces, then why they end; without a reason the stream is cut."""

    def act(handler: Handler) -> None:
        handler.begin()
        for piece in pieces:
            handler.event(piece)
            time.sleep(pause)
        if reason is not None:
            handler.event("", reason)
            handler.data("[DONE]")

    return act


def fails(code: int, message: str = "no") -> Act:
    """Answers with a status."""
    return lambda handler: handler.status(code, message)


def hangs(seconds: float) -> Act:
    """Takes the request and says nothing."""
    return lambda handler: time.sleep(seconds)


def seems_alive(seconds: float) -> Act:
    """Begins a stream and keeps it open with comments, without a token."""

    def act(handler: Handler) -> None:
        handler.begin()
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            handler.raw(b": still here\n\n")
            time.sleep(0.05)

    return act


def resets(*pieces: str) -> Act:
    """Streams the pieces, then drops the connection as a machine that dies does."""

    def act(handler: Handler) -> None:
        handler.begin()
        for piece in pieces:
            handler.event(piece)
        time.sleep(0.1)  # what is not read yet by then is lost with the connection
        handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        handler.connection.close()

    return act


def sends(*lines: bytes) -> Act:
    """Streams these lines as they are."""

    def act(handler: Handler) -> None:
        handler.begin()
        for line in lines:
            handler.raw(line)

    return act


@contextmanager
def standing_in(*acts: Act) -> Iterator[Standin]:
    """Runs the stand-in on a loopback port."""
    standin = Standin(acts)
    handler = type("Handler", (Handler,), {"standin": standin})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    standin.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield standin
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
