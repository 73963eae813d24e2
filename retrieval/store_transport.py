"""How requests reach a Qdrant server, and how soon it shows that there is none any more.

A server that is slow has the seconds of ``QDRANT_TIMEOUT``; one that is gone is told of within
three. So a request that was not answered soon is followed by a question for a sign of life on a
connection of its own; where that is answered the request is sent again and waited for. Every
request that Casewright sends may be sent twice: points are written under their own ids, and what
is deleted stays deleted.
"""

import ssl
from typing import Any

import httpx

CONNECT_SECONDS = 2.0
SOON_SECONDS = 1.5
"""What is answered within this is answered; a search takes milliseconds."""
SIGN_SECONDS = 1.0


class NoSignOfLife(httpx.ReadTimeout):
    """The server takes no connection any more, or answers nothing on it."""


class WatchfulTransport(httpx.HTTPTransport):
    """A transport that tells a server that is gone from one that is slow."""

    def __init__(self, url: str, certificates: ssl.SSLContext) -> None:
        # As qdrant-client has it: on this machine a connection costs nothing, and keeping one may.
        near = httpx.URL(url).host in ("localhost", "127.0.0.1")
        limits = httpx.Limits(max_keepalive_connections=0 if near else 20)
        super().__init__(verify=certificates, trust_env=False, limits=limits)
        self._url = url

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Sends a request; raises NoSignOfLife where nothing answers any more."""
        patience = float(request.extensions["timeout"]["read"])
        try:
            return self._answer(request, min(SOON_SECONDS, patience))
        except (httpx.ReadTimeout, httpx.WriteTimeout):
            if patience <= SOON_SECONDS:
                raise
        self._look_for_life(request)
        return self._answer(request, patience)

    def _look_for_life(self, request: httpx.Request) -> None:
        sign = httpx.Request("GET", f"{self._url}/", headers=_key(request), extensions={})
        try:
            answer = self._answer(sign, SIGN_SECONDS)
        except httpx.TransportError as error:
            raise NoSignOfLife(str(error), request=request) from None
        if answer.status_code >= httpx.codes.INTERNAL_SERVER_ERROR:  # a proxy before a dead server
            raise NoSignOfLife(f"answered {answer.status_code}", request=request)

    def _answer(self, request: httpx.Request, seconds: float) -> httpx.Response:
        """The whole answer, its body too, with so many seconds for each part of it."""
        limits: dict[str, Any] = dict.fromkeys(("read", "write", "pool"), seconds)
        limits["connect"] = min(seconds, CONNECT_SECONDS)
        request.extensions = {**request.extensions, "timeout": limits}
        response = super().handle_request(request)
        response.read()
        return response


def _key(request: httpx.Request) -> dict[str, str]:
    names = ("host", "api-key")
    return {name: request.headers[name] for name in names if name in request.headers}
