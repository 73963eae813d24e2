"""Completions by a vLLM server, through the addresses that its proxy leaves open."""

import secrets
from collections.abc import Mapping, Sequence
from typing import Any

import httpx2

from retrieval.errors import ModelUnavailable
from serving import connection
from serving.adapters import Adapter
from serving.completion import SECONDS, Written
from serving.prompts import TEMPLATE_DATE, Message
from serving.vllm_client import Vllm

_ID = "token_id:"


class VllmCompletions:
    """What ``serving.completion.Completions`` says, of a server."""

    name = "vLLM"

    def __init__(self, engine: Vllm) -> None:
        self._engine = engine

    def prompt_tokens(self, messages: Sequence[Message]) -> list[int]:
        """Gives the tokens of a chat prompt; one token is written behind it."""
        body = {
            "model": self._engine.model_name(None),
            "messages": list(messages),
            "chat_template_kwargs": {"date_string": TEMPLATE_DATE},
            "max_tokens": 1,
            "return_token_ids": True,
        }
        return list(self._post("chat/completions", body)["prompt_token_ids"])

    def write(
        self, adapter: Adapter | None, prompt: Sequence[int], most: int, best: int
    ) -> list[Written]:
        """Gives what it writes behind a prompt."""
        body = {
            "model": self._engine.model_name(adapter),
            "prompt": list(prompt),
            "max_tokens": most,
            "temperature": 0,
            "logprobs": best,
            "return_token_ids": True,
            "return_tokens_as_token_ids": True,
            "cache_salt": secrets.token_hex(16),
        }
        (choice,) = self._post("completions", body)["choices"]
        places = choice["logprobs"]["top_logprobs"]
        return [
            Written(token, {int(name.removeprefix(_ID)): value for name, value in place.items()})
            for token, place in zip(choice["token_ids"], places, strict=True)
        ]

    def _post(self, path: str, body: Mapping[str, Any]) -> Any:
        server = self._engine.server
        key = server.api_key
        try:
            response = connection.client(server.ca_file).post(
                f"{server.url}/v1/{path}",
                json=body,
                headers={} if key is None else {"Authorization": f"Bearer {key}"},
                timeout=connection.patience(SECONDS, server.connect),
            )
            response.raise_for_status()
            return response.json()
        except (httpx2.HTTPError, ValueError) as error:
            status = error.response.status_code if isinstance(error, httpx2.HTTPStatusError) else ""
            raise ModelUnavailable(
                f"{server.url}: the vLLM server did not write a completion "
                f"({status or type(error).__name__}); look into its log"
            ) from None
