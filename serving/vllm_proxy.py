"""What stands before vLLM where others than this machine reach it: a short list of open doors.

vLLM asks for its key under ``/v1`` and leaves ``/invocations``, ``/tokenize`` and more to anyone
who reaches its port. So it stays on the loopback address, and this passes on what is listed, with
the key, and nothing else: no other path, method, query or header. What vLLM streams passes piece
by piece; a caller that leaves is gone for vLLM too, which then stops writing.
"""

import asyncio
import contextlib
import hmac
import ssl
import threading
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import anyio
import httpx2
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from serving.vllm_run import NotServed, listener

OPEN = {
    "/v1/chat/completions": "POST",
    "/v1/completions": "POST",
    "/v1/models": "GET",
    "/health": "GET",
    "/metrics": "GET",
}
WITHOUT_KEY = frozenset({"/health"})
PASSED = ("content-type", "content-length")
"""The headers of an answer that pass."""

MOST_BYTES = 8 * 2**20
"""Of a request; the longest prompt of a large model takes about one."""

CONNECT_SECONDS = 2.0


def proxy(upstream: str, key: str) -> Starlette:
    """Gives the application that passes the listed requests on to the server at ``upstream``."""
    wanted = f"Bearer {key}".encode()
    # How long an answer may take is the caller's to say: no timeout but to connect.
    client = httpx2.AsyncClient(
        base_url=upstream,
        timeout=httpx2.Timeout(None, connect=CONNECT_SECONDS),
        limits=httpx2.Limits(max_connections=None),
        trust_env=False,
    )

    async def pass_on(request: Request) -> Response:
        path = request.scope["route"].path
        given = request.headers.get("authorization", "").encode()
        if path not in WITHOUT_KEY and not hmac.compare_digest(given, wanted):
            return _refused(401, "the key is missing or wrong")
        body = await _body(request)
        if body is None:
            return _refused(413, f"the request is longer than {MOST_BYTES:,} bytes")
        asked = client.build_request(
            OPEN[path],
            path,
            content=body if OPEN[path] == "POST" else None,
            headers={
                "authorization": wanted.decode(),
                "accept-encoding": "identity",
                "content-type": request.headers.get("content-type", "application/json"),
            },
        )
        try:
            answer = await _sent(client, asked, request)
        except httpx2.TransportError as error:
            return _refused(502, f"vLLM does not answer ({type(error).__name__})")
        return _NobodyWaits() if answer is None else _Passed(answer)

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        async with client:
            yield

    app = Starlette(
        routes=[Route(path, pass_on, methods=[method]) for path, method in OPEN.items()],
        lifespan=lifespan,
    )
    app.router.redirect_slashes = False
    return app


class _Passed(StreamingResponse):
    """An answer of vLLM's, which is let go of however this one ends."""

    def __init__(self, answer: httpx2.Response) -> None:
        kept = {name: answer.headers[name] for name in PASSED if name in answer.headers}
        super().__init__(answer.aiter_raw(), answer.status_code, headers=kept)
        self._answer = answer

    async def stream_response(self, send: Send) -> None:
        try:
            await super().stream_response(send)
        finally:
            with anyio.CancelScope(shield=True):
                await self._answer.aclose()


class _NobodyWaits(Response):
    """What is answered to a caller that left."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Sends nothing."""


async def _sent(
    client: httpx2.AsyncClient, asked: httpx2.Request, request: Request
) -> httpx2.Response | None:
    """The answer, of which the head has come; None where the caller leaves before."""
    answer = asyncio.create_task(client.send(asked, stream=True))
    leaving = asyncio.ensure_future(request.receive())
    try:
        await asyncio.wait({answer, leaving}, return_when=asyncio.FIRST_COMPLETED)
        return answer.result() if answer.done() else None
    finally:
        leaving.cancel()
        if not answer.done():
            answer.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await answer


async def _body(request: Request) -> bytes | None:
    """The request's body; None where it is too long."""
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > MOST_BYTES:
            return None
        parts.append(part)
    return b"".join(parts)


def _refused(status: int, why: str) -> JSONResponse:
    return JSONResponse({"error": {"message": why, "code": status}}, status)


@dataclass(frozen=True, slots=True)
class Listening:
    """Where a proxy listens, and what it shows of itself."""

    host: str
    port: int
    certificate: Path | None = None
    """In PEM; with it and its key it speaks https, without http."""
    certificate_key: Path | None = None

    @property
    def url(self) -> str:
        """The address, for those on this network."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http{'s' if self.certificate else ''}://{host}:{self.port}"


@contextlib.contextmanager
def standing_before(upstream: str, key: str, at: Listening) -> Iterator[None]:
    """Runs the proxy in a thread while the block does.

    Raises:
        NotServed: the address cannot be listened on, or the certificate cannot be read.
    """
    try:
        config = uvicorn.Config(
            proxy(upstream, key),
            host=at.host,
            port=at.port,
            ssl_certfile=at.certificate,
            ssl_keyfile=at.certificate_key,
            log_level="warning",
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=5,
        )
        config.load()
        line = listener(at.host, at.port)
    except (OSError, ssl.SSLError) as error:
        raise NotServed(
            f"{at.certificate}: not a certificate with the key that is named "
            f"({type(error).__name__}); name both in PEM"
        ) from None
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [line]})
    thread.start()
    try:
        yield
    finally:
        server.should_exit = True
        thread.join()
        line.close()
