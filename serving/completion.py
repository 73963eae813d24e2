"""A completion, token by token with log-probabilities: what the gate measures of an engine.

``serving.llamacpp_completion`` asks llama.cpp for it, ``serving.vllm_completion`` vLLM.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from serving.adapters import Adapter
from serving.prompts import Message

SECONDS = 600.0
"""How long one request may take: a busy machine reads a long prompt slowly."""


@dataclass(frozen=True, slots=True)
class Written:
    """A token that was written, with the best ones there by id and log-probability in nats."""

    token: int
    best: Mapping[int, float]


class Completions(Protocol):
    """An engine that is asked by tokens, and says of each how likely it was."""

    @property
    def name(self) -> str:
        """What a person calls the engine."""

    def prompt_tokens(self, messages: Sequence[Message]) -> list[int]:
        """Gives the tokens that the engine makes of a chat prompt. Raises ModelUnavailable."""

    def write(
        self, adapter: Adapter | None, prompt: Sequence[int], most: int, best: int
    ) -> list[Written]:
        """Gives at most ``most`` tokens behind a prompt, greedy, each with the ``best`` ones there.

        Nothing is taken over from an earlier request. Raises ModelUnavailable.
        """
