"""Completions by llama.cpp in this process, which has addresses of its own for them."""

import json
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from typing import Any

from retrieval.errors import ModelUnavailable
from serving.adapters import Adapter
from serving.completion import SECONDS, Written
from serving.llamacpp import LlamaCpp
from serving.prompts import Message


class LlamaCppCompletions:
    """What ``serving.completion.Completions`` says, of an engine that is running."""

    name = "llama.cpp"

    def __init__(self, engine: LlamaCpp) -> None:
        self._engine = engine

    def prompt_tokens(self, messages: Sequence[Message]) -> list[int]:
        """Gives the tokens of a chat prompt."""
        text = self._post("apply-template", {"messages": list(messages)})["prompt"]
        body = {"content": text, "add_special": True, "parse_special": True}
        return list(self._post("tokenize", body)["tokens"])

    def write(
        self, adapter: Adapter | None, prompt: Sequence[int], most: int, best: int
    ) -> list[Written]:
        """Gives what it writes behind a prompt."""
        answer = self._post(
            "completion",
            {
                "prompt": list(prompt),
                "n_predict": most,
                "n_probs": best,
                "temperature": 0,
                "cache_prompt": False,
                "lora": self._engine.scales(adapter),
            },
        )
        return [
            Written(one["id"], {other["id"]: other["logprob"] for other in one["top_logprobs"]})
            for one in answer["completion_probabilities"]
        ]

    def _post(self, path: str, body: Mapping[str, Any]) -> Any:
        engine = self._engine
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
