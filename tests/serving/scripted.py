"""The one seam of the tests: a chat model that says what a script tells it to."""

from collections.abc import Iterator
from typing import Any

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import GenericFakeChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.outputs import ChatGenerationChunk
from pydantic import Field


class Scripted(GenericFakeChatModel):
    """Says one text, word by word, and keeps the messages that it was sent."""

    sent: list[list[BaseMessage]] = Field(default_factory=list)
    breaks: BaseException | None = None
    """Raised after the last word."""

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        self.sent.append(messages)
        yield from super()._stream(messages, stop, run_manager, **kwargs)
        if self.breaks is not None:
            yield ChatGenerationChunk(message=AIMessageChunk(content=""))
            raise self.breaks


def says(text: str, *, breaks: BaseException | None = None) -> Scripted:
    """Gives a model that answers with this text."""
    return Scripted(messages=iter([AIMessage(text)]), breaks=breaks)
