"""A chat model on a vLLM server: LangChain's client, with the ends that a lawyer can wait for.

A request has one time to its first token. What fails fast before it is tried once more within
that time; behind it nothing is, or there would be two answers. A stream that ends without saying
why it ended was cut. Every error is one line, without what the server was sent.
"""

import time
from collections.abc import Generator, Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Any, cast

import httpx2
import openai
from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.messages import BaseMessage
from langchain_core.outputs import ChatGenerationChunk
from langchain_openai import ChatOpenAI
from pydantic import PrivateAttr

from retrieval.errors import ModelUnavailable
from serving.breaker import Breaker
from serving.connection import patience

ENDED = frozenset({"stop", "length"})
"""How an answer ends that the server wrote as far as it would; ``abort`` is none."""
TRIES = 2


@dataclass(frozen=True, slots=True)
class Manner:
    """How a server is asked: its address, how long is waited (seconds), and its breaker."""

    address: str
    first_token: float
    connect: float
    breaker: Breaker


class _Cut(Exception):
    """A stream that ended without an end."""


class VllmChat(ChatOpenAI):
    """A model of a vLLM server; raises ModelUnavailable and nothing else."""

    _manner: Manner = PrivateAttr()

    def __init__(self, manner: Manner, **fields: Any) -> None:
        super().__init__(**fields)
        self._manner = manner

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        manner = self._manner
        until = time.monotonic() + manner.first_token
        for attempt in range(1, TRIES + 1):
            manner.breaker.admit()
            begun = ended = False
            asked = {**kwargs, "timeout": patience(until - time.monotonic(), manner.connect)}
            try:
                stream = super()._stream(messages, stop, run_manager, **asked)
                with closing(cast("Generator[ChatGenerationChunk]", stream)) as chunks:
                    for chunk in chunks:
                        begun = begun or bool(chunk.text)
                        ended = ended or _reason(chunk) in ENDED
                        yield chunk
                if not ended:
                    raise _Cut
            # The client has an error for each of its layers, and raises some that are nobody's.
            except Exception as error:
                fault = _fault(error, self.model_name, manner, begun)
                if fault.server_s:
                    manner.breaker.failed()
                else:
                    manner.breaker.succeeded()
                soon = time.monotonic() < until
                if begun or not fault.server_s or not soon or attempt == TRIES:
                    raise ModelUnavailable(fault.told) from error
            else:
                manner.breaker.succeeded()
                return


@dataclass(frozen=True, slots=True)
class _Fault:
    told: str
    server_s: bool = True
    """Whether the server is ill, and might be well the next time."""


def _fault(error: Exception, model: str, manner: Manner, begun: bool) -> _Fault:
    """What went wrong, in one line that holds nothing of the request or of the answer."""
    where = manner.address
    if isinstance(error, openai.APIStatusError):
        return _refusal(error, model, where)
    if _timed_out(error):
        waited = "wrote nothing more for" if begun else "wrote nothing for"
        return _Fault(
            f"{where}: the model {waited} {manner.first_token:.0f} s; it may be busy, the passages "
            "found are still there, ask again"
        )
    if begun or isinstance(error, _Cut | openai.APIError):
        if isinstance(error, openai.APIConnectionError) and not begun:
            return _Fault(
                f"{where}: the vLLM server is out of reach; start it (`casewright serve`) or "
                "correct VLLM_URL"
            )
        return _Fault(
            f"{where}: the model stopped before the end; the passages found are still there, "
            "ask again"
        )
    return _Fault(
        f"{where}: what came is no answer of a vLLM server ({type(error).__name__}); correct "
        "VLLM_URL, or look into the server's log"
    )


def _refusal(error: openai.APIStatusError, model: str, where: str) -> _Fault:
    status = error.status_code
    if status in (401, 403):
        return _Fault(
            f"{where}: the vLLM server refused the key ({status}); set VLLM_API_KEY to the "
            "server's",
            server_s=False,
        )
    if status == 404:
        return _Fault(
            f"{where}: the vLLM server has no model {model}; start it anew with `casewright "
            "serve`, or name another adapter",
            server_s=False,
        )
    if status == 400 and "context length" in error.message:
        return _Fault(
            f"{where}: passages and memorandum are longer than the server's context; lower "
            "CASEWRIGHT_PASSAGES or CASEWRIGHT_MEMO_TOKENS",
            server_s=False,
        )
    if status < 500 and status not in (408, 429):
        return _Fault(
            f"{where}: the vLLM server refused the request ({status}); look into its log",
            server_s=False,
        )
    return _Fault(
        f"{where}: the vLLM server failed ({status}); the passages found are still there, look "
        "into its log and ask again"
    )


def _timed_out(error: Exception) -> bool:
    return isinstance(error, openai.APITimeoutError | httpx2.TimeoutException) and not isinstance(
        error.__cause__, httpx2.ConnectTimeout
    )


def _reason(chunk: ChatGenerationChunk) -> str | None:
    return (chunk.generation_info or {}).get("finish_reason")
