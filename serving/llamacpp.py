"""llama.cpp in this process, spoken to as a LangChain chat model.

``xllamacpp.Server`` runs llama.cpp's own server on a loopback port behind a random key, so the
client is ``ChatOpenAI``, as it is for vLLM. One engine serves the base model and any adapter it
was started with; each request says which.
"""

import os
import secrets
import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from retrieval.errors import ModelUnavailable
from serving.adapters import Adapter
from serving.models import BaseModel
from serving.prompts import TEMPLATE_DATE

if TYPE_CHECKING:
    import xllamacpp
    from langchain_core.language_models import BaseChatModel

FIRST_TOKEN_SECONDS = 120.0
"""How long a client waits between two parts of an answer; a long prompt is read first."""


class LlamaCpp:
    """A base model with its adapters in llama.cpp. Loading starts at once, in a thread.

    The caller can import, embed and search meanwhile; ``chat_model`` waits for the rest.
    """

    def __init__(
        self,
        base: BaseModel,
        adapters: Sequence[Adapter] = (),
        *,
        context: int = 4096,
        threads: int = 0,
        keep_prompt: bool = True,
    ) -> None:
        """Begins to load the model.

        Without ``keep_prompt`` every prompt is read anew: what is written then depends on nothing
        that was asked before, and a measurement can be had twice.
        """
        self.base = base
        self.adapters = tuple(adapters)
        self._context = context
        self._keep_prompt = keep_prompt
        self._threads = threads or os.cpu_count() or 1
        self._key = secrets.token_urlsafe(32)
        self._server: xllamacpp.Server | None = None
        self._error: Exception | None = None
        self._loading = threading.Thread(target=self._load, daemon=True)
        self._loading.start()

    def chat_model(
        self,
        adapter: Adapter | None,
        *,
        max_tokens: int,
        grammar: str | None = None,
        matter: str = "",
    ) -> "BaseChatModel":
        """Gives a streaming chat model, as ``serving.engine.Engine`` says.

        It has one slot and no cache beside it: what is kept is the last prompt, whosever it was.

        Raises:
            ModelUnavailable: the model or adapter did not load.
        """
        # Imported here: it takes a second, which the loading thread uses.
        from langchain_openai import ChatOpenAI

        from serving import connection

        if adapter is not None and adapter not in self.adapters:
            raise ModelUnavailable(f"{adapter.name}: the engine was started without this adapter")
        return ChatOpenAI(
            model=self.base.name if adapter is None else adapter.name,
            base_url=f"{self.address}/v1",
            api_key=self._key,
            temperature=0.0,
            max_completion_tokens=max_tokens,
            streaming=True,
            stream_usage=True,
            timeout=FIRST_TOKEN_SECONDS,
            max_retries=0,
            http_client=connection.client(),
            openai_proxy="",  # no variable sends a prompt for the loopback address elsewhere
            extra_body={
                "lora": self.scales(adapter),
                "chat_template_kwargs": {"date_string": TEMPLATE_DATE},
                "cache_prompt": self._keep_prompt,
                **({} if grammar is None else {"grammar": grammar}),
            },
        )

    def scales(self, adapter: Adapter | None) -> list[dict[str, float]]:
        """Gives the part of a request that puts one adapter to work, or none (the base)."""
        return [
            {"id": index, "scale": 1.0 if known == adapter else 0.0}
            for index, known in enumerate(self.adapters)
        ]

    @property
    def address(self) -> str:
        """The loopback address of the server. Waits for it; raises ModelUnavailable."""
        self._loading.join()
        if self._server is None:
            raise ModelUnavailable(
                f"{self.base.gguf}: llama.cpp could not load it ({self._error}); "
                "check the file, the memory that is free, and CASEWRIGHT_CONTEXT"
            )
        return str(self._server.listening_address)

    @property
    def key(self) -> str:
        """The key that the server asks for."""
        return self._key

    def close(self) -> None:
        """Stops the server and frees the model."""
        self._loading.join()
        self._server = None

    def _load(self) -> None:
        try:
            import xllamacpp

            self._server = xllamacpp.Server(self._parameters(xllamacpp))
        # Whatever went wrong belongs to the caller's thread: `address` raises it there.
        except Exception as error:
            self._error = error

    def _parameters(self, xllamacpp: Any) -> Any:
        parameters = xllamacpp.CommonParams()
        parameters.model.path = str(self.base.gguf)
        parameters.n_ctx = self._context
        parameters.n_parallel = 1
        parameters.cpuparams.n_threads = self._threads
        parameters.cpuparams_batch.n_threads = self._threads
        # The states of earlier prompts are kept there by their tokens alone, so that an adapter
        # would go on from what the base model read. What the slot itself holds is cleared.
        parameters.cache_ram_mib = 0
        parameters.warmup = False
        parameters.port = 0  # any free one; the host is the loopback address
        parameters.api_keys = [self._key]
        parameters.ui = False
        parameters.verbosity = -1
        parameters.use_jinja = True
        parameters.lora_adapters = [
            xllamacpp.CommonAdapterLoraInfo(str(adapter.gguf), 0.0) for adapter in self.adapters
        ]
        return parameters
