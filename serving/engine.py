"""What answers: a base model with its adapters, wherever it runs.

``serving.llamacpp`` runs it in this process, ``serving.vllm_client`` speaks to a server. Both give
LangChain chat models, so that whatever asks does not know which it is.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from serving.adapters import Adapter
from serving.models import Base

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel


class Engine(Protocol):
    """A base model and its adapters, ready to be asked."""

    @property
    def base(self) -> Base:
        """The base model that answers where no adapter is named."""

    @property
    def adapters(self) -> Sequence[Adapter]:
        """The adapters that a request may name."""

    def chat_model(
        self,
        adapter: Adapter | None,
        *,
        max_tokens: int,
        grammar: str | None = None,
        matter: str = "",
    ) -> "BaseChatModel":
        """Gives a streaming chat model, greedy, on the base (None) or an adapter.

        With a ``grammar`` (GBNF, as ``serving.grammar`` makes it) it writes nothing else. What
        the engine keeps of a prompt serves no other ``matter``.

        Raises:
            ModelUnavailable: the model or adapter is not to be had.
        """

    def close(self) -> None:
        """Lets go of what the engine holds."""
