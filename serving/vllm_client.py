"""A vLLM server as an engine: the base model and its adapters under their names there.

The server is asked for its models first: an adapter's name carries its hash, and so does the
base's (``served_name``), so that what answers is what was meant.
"""

import hashlib
import hmac
import secrets
import ssl
from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import httpx2

from retrieval.errors import ModelUnavailable
from serving import connection
from serving.adapters import Adapter
from serving.breaker import Breaker
from serving.models import Base, served_name
from serving.prompts import TEMPLATE_DATE
from serving.vllm_address import VllmAddress

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel


class Vllm:
    """An engine on a vLLM server; nothing is asked of it before it is needed."""

    def __init__(self, server: VllmAddress, base: Base, adapters: Sequence[Adapter] = ()) -> None:
        self.server = server
        self.base = base
        self.adapters = tuple(adapters)
        self._salt = (server.api_key or secrets.token_hex(32)).encode()
        self._breaker = _breaker(server.url)

    def chat_model(
        self,
        adapter: Adapter | None,
        *,
        max_tokens: int,
        grammar: str | None = None,
        matter: str = "",
    ) -> "BaseChatModel":
        """Gives a streaming chat model, as ``serving.engine.Engine`` says.

        Raises:
            ModelUnavailable: the server is out of reach, or does not serve that model.
        """
        # Imported here: it takes a second, in which a caller has better to do.
        from serving.vllm_chat import Manner, VllmChat

        if adapter is not None and adapter not in self.adapters:
            raise ModelUnavailable(f"{adapter.name}: the engine was started without this adapter")
        server = self.server
        return VllmChat(
            Manner(server.url, server.first_token, server.connect, self._breaker),
            model=self.model_name(adapter),
            base_url=f"{server.url}/v1",
            api_key=server.api_key or "none",
            http_client=self._client,
            openai_proxy="",
            temperature=0.0,
            max_completion_tokens=max_tokens,
            streaming=True,
            stream_usage=True,
            max_retries=0,
            extra_body=self.extra(matter, grammar),
        )

    def extra(self, matter: str, grammar: str | None = None) -> dict[str, Any]:
        """Gives what a request holds beside OpenAI's own fields.

        vLLM keeps the work that it did on a prompt for the next one that begins alike; the salt
        keeps that within a matter. It cannot be guessed without the server's key.
        """
        salt = hmac.new(self._salt, matter.encode(), hashlib.sha256).hexdigest()
        return {
            "cache_salt": salt,
            "chat_template_kwargs": {"date_string": TEMPLATE_DATE},
            **({} if grammar is None else {"structured_outputs": {"grammar": grammar}}),
        }

    def model_name(self, adapter: Adapter | None) -> str:
        """Gives what the server calls an adapter, or the base (None).

        Raises:
            ModelUnavailable: as ``chat_model``.
        """
        wanted = [served_name(self.base), self.base.name] if adapter is None else [adapter.name]
        name = next((one for one in wanted if one in self.served), None)
        if name is None:
            known = ", ".join(self.served) or "none"
            raise ModelUnavailable(
                f"{self.server.url}: the vLLM server has no model {wanted[0]} (it has {known}); "
                "start it anew with `casewright serve`, or name another"
            )
        return name

    @cached_property
    def served(self) -> tuple[str, ...]:
        """The names that the server gives its models. Raises ModelUnavailable."""
        try:
            return tuple(str(one["id"]) for one in self._get("/v1/models").json()["data"])
        except (ValueError, KeyError, TypeError) as error:
            raise ModelUnavailable(
                f"{self.server.url}: it lists no models, so it is no vLLM server; correct VLLM_URL"
            ) from error

    def metrics(self) -> str:
        """Gives the server's metrics in Prometheus' text form. Raises ModelUnavailable."""
        return self._get("/metrics").text

    def close(self) -> None:
        """Does nothing: the server runs on, and an answer that nobody reads has ended."""

    @property
    def _client(self) -> httpx2.Client:
        try:
            return connection.client(self.server.ca_file)
        except (OSError, ssl.SSLError) as error:
            raise ModelUnavailable(
                f"{self.server.ca_file}: not the certificates of an authority "
                f"({type(error).__name__}); correct VLLM_CA_FILE"
            ) from error

    def _get(self, path: str) -> httpx2.Response:
        server = self.server
        key = server.api_key
        try:
            response = self._client.get(
                f"{server.url}{path}",
                headers={} if key is None else {"Authorization": f"Bearer {key}"},
                timeout=connection.patience(server.first_token, server.connect),
            )
        except httpx2.TransportError as error:
            raise ModelUnavailable(
                f"{server.url}: the vLLM server is out of reach ({type(error).__name__}); start "
                "it (`casewright serve`) or correct VLLM_URL"
            ) from error
        if response.status_code in (401, 403):
            raise ModelUnavailable(
                f"{server.url}: the vLLM server refused the key ({response.status_code}); set "
                "VLLM_API_KEY to the server's"
            )
        if response.status_code != 200:
            raise ModelUnavailable(
                f"{server.url}: the vLLM server failed ({response.status_code}) when asked for "
                f"{path}; look into its log, or correct VLLM_URL"
            )
        return response


_breakers: dict[str, Breaker] = {}


def _breaker(url: str) -> Breaker:
    """The one breaker of a server in this process, whoever asks it."""
    return _breakers.setdefault(url, Breaker(f"{url}: the vLLM server"))
