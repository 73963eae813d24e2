"""The model writes: passages as its prompt shows them, the chain, and its text as it comes."""

from collections.abc import Callable, Generator
from contextlib import closing
from typing import Any, cast

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage
from langchain_core.runnables import Runnable, RunnableLambda

from retrieval.citing import cited
from retrieval.documents import Passage
from retrieval.errors import CasewrightError, ModelUnavailable
from serving import prompts
from serving.adapters import Adapter
from serving.engine import Engine
from serving.sources import Source

Writer = Callable[[list[prompts.Message], str], str]
"""Messages and a grammar -> what a model writes; it raises ModelUnavailable."""


def memo_chain(model: BaseChatModel) -> Runnable[dict[str, Any], AIMessage]:
    """Gives the chain {question, excerpts} -> a message with a memorandum; a plain Runnable.

    No parser stands behind the model: one reads the model's stream to its end when it is closed,
    so that nobody could stop an answer.
    """
    prompt: Runnable[dict[str, Any], Any] = RunnableLambda(
        lambda asked: prompts.messages(asked["question"], asked["excerpts"])
    )
    return prompt | model


def excerpt(passage: Passage) -> prompts.Excerpt:
    """Gives a passage as the prompt shows it."""
    return prompts.Excerpt(passage.document, passage.page, passage.text)


def source(passage: Passage) -> Source:
    """Gives what a citation of this passage can rest on: its place and its text."""
    page = passage.label or str(passage.page)
    return Source(passage.document, page, passage.text, cited(passage.section))


def shown(passage: Passage) -> str:
    """Gives a passage's text under its place, as a prompt has it."""
    return excerpt(passage).shown


def writer(engine: Engine, adapter: Adapter | None, max_tokens: int, matter: str) -> Writer:
    """Gives what asks an engine about a matter, in few words and to the end."""

    def write(messages: list[prompts.Message], rules: str) -> str:
        model = engine.chat_model(adapter, max_tokens=max_tokens, grammar=rules, matter=matter)
        return "".join(written(model, messages))

    return write


def written(chain: Runnable[Any, AIMessage], asked: Any) -> Generator[str]:
    """Gives what a model writes, piece by piece; whatever its client raises is ModelUnavailable."""
    begun = False
    try:
        with closing(cast("Generator[AIMessage]", chain.stream(asked))) as stream:
            for part in stream:
                if part.text:
                    begun = True
                    yield part.text
    except CasewrightError:
        raise
    # The client has errors of its own for a refused, slow, cut or oversized request.
    except Exception as error:
        what = "stopped before the end" if begun else "did not answer"
        raise ModelUnavailable(
            f"the model {what} ({type(error).__name__}: {error}); the passages found are "
            "still there (`casewright search`), check `casewright doctor` and ask again"
        ) from error
