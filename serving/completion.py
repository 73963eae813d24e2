"""A completion by llama.cpp, token by token with log-probabilities: what the gate measures."""

import json
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from retrieval.errors import ModelUnavailable
from serving.adapters import Adapter
from serving.llamacpp import LlamaCpp
from serving.prompts import Message

SECONDS = 600.0
"""How long one request may take: a busy machine reads a long prompt slowly."""


@dataclass(frozen=True, slots=True)
class Written:
    """A token that was written, with the best ones there by id and log-probability in nats."""

    token: int
    best: Mapping[int, float]


def prompt_tokens(engine: LlamaCpp, messages: Sequence[Message]) -> list[int]:
    """Gives the tokens that llama.cpp makes of a chat prompt. Raises ModelUnavailable."""
    text = _post(engine, "apply-template", {"messages": list(messages)})["prompt"]
    body = {"content": text, "add_special": True, "parse_special": True}
    return list(_post(engine, "tokenize", body)["tokens"])


def write(
    engine: LlamaCpp, adapter: Adapter | None, prompt: Sequence[int], most: int, best: int
) -> list[Written]:
    """Gives at most ``most`` tokens behind a prompt, greedy, each with the ``best`` ones there.

    Nothing is taken over from an earlier request. Raises ModelUnavailable.
    """
    answer = _post(
        engine,
        "completion",
        {
            "prompt": list(prompt),
            "n_predict": most,
            "n_probs": best,
            "temperature": 0,
            "cache_prompt": False,
            "lora": engine.scales(adapter),
        },
    )
    return [
        Written(one["id"], {other["id"]: other["logprob"] for other in one["top_logprobs"]})
        for one in answer["completion_probabilities"]
    ]


def _post(engine: LlamaCpp, path: str, body: Mapping[str, Any]) -> Any:
    request = urllib.request.Request(
        f"{engine.address}/{path}",
        data=json.dumps(body).encode(),
        headers={"Content-Type": "application/json", "Authorization": f"Bearer {engine.key}"},
    )
    try:
        with urllib.request.urlopen(request, timeout=SECONDS) as answer:
            return json.loads(answer.read())
    except (urllib.error.URLError, TimeoutError) as error:
        raise ModelUnavailable(
            f"{engine.base.name}: llama.cpp did not answer ({error}); check the memory that is "
            "free, and CASEWRIGHT_THREADS on a busy machine"
        ) from None
