"""The connection to an engine: to the address named and nowhere else, and with an end to waiting.

No proxy of the environment is taken: what is asked is privileged, and the engine is on this
machine or in this network. The read timeout of a request bounds its first token, whatever else a
server sends meanwhile to seem alive, and then each pause within the answer.
"""

import atexit
import contextlib
import functools
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx2


@functools.cache
def client(ca_file: Path | None = None) -> httpx2.Client:
    """Gives this process's HTTP client, which threads may share.

    ``ca_file`` has the certificates of a house's own authority (PEM); None for the system's.

    Raises:
        OSError, ssl.SSLError: the file cannot be read, or holds no certificates.
    """
    verify = ssl.create_default_context(cafile=None if ca_file is None else str(ca_file))
    made = httpx2.Client(transport=FirstTokenTransport(verify=verify), trust_env=False)
    atexit.register(made.close)
    return made


def patience(first_token: float, connect: float) -> httpx2.Timeout:
    """Gives the timeouts of a request in seconds: to connect, and to the first token."""
    return httpx2.Timeout(first_token, connect=connect, pool=connect)


class FirstTokenTransport(httpx2.HTTPTransport):
    """Ends a stream of events whose first one does not come within the read timeout."""

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Sends a request. Raises httpx2.ReadTimeout, also while the answer is read."""
        seconds = request.extensions.get("timeout", {}).get("read")
        asked = time.monotonic()
        response = super().handle_request(request)
        kind = response.headers.get("content-type", "")
        if seconds is None or not kind.startswith("text/event-stream"):
            return response
        network = response.extensions["network_stream"]
        left = max(0.0, asked + seconds - time.monotonic())
        assert isinstance(response.stream, httpx2.SyncByteStream)
        response.stream = _Watched(response.stream, network.get_extra_info("socket"), left)
        return response


class _Watched(httpx2.SyncByteStream):
    """A stream of events that is cut where the first does not come in time."""

    def __init__(self, stream: httpx2.SyncByteStream, line: socket.socket, seconds: float) -> None:
        self._stream = stream
        self._line = line
        self._late = False
        self._timer = threading.Timer(seconds, self._cut)
        self._timer.daemon = True
        self._timer.start()

    def __iter__(self) -> Iterator[bytes]:
        last = b""
        try:
            for piece in self._stream:
                if b"data:" in last + piece:
                    self._timer.cancel()
                last = piece[-4:]
                yield piece
        except httpx2.TransportError as error:
            if self._late:
                raise httpx2.ReadTimeout("no token came in time") from error
            raise
        if self._late:  # an answer without a length just ends where it is cut
            raise httpx2.ReadTimeout("no token came in time")

    def close(self) -> None:
        """Lets go of the connection."""
        self._timer.cancel()
        self._stream.close()

    def _cut(self) -> None:
        self._late = True
        # Wakes whoever reads; to close it would not.
        with contextlib.suppress(OSError):
            self._line.shutdown(socket.SHUT_RDWR)
