"""Which model answers, from the environment (``CASEWRIGHT_*``)."""

from pathlib import Path
from typing import Literal

from pydantic import Field, FilePath, SecretStr, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from retrieval.settings import absolute, private_address
from serving.models import DEFAULT_BASE
from serving.vllm_address import FIRST_TOKEN_SECONDS, VllmAddress


class ModelSettings(BaseSettings):
    """Settings of the model; built at the edge, inner functions take plain values."""

    model_config = SettingsConfigDict(env_prefix="CASEWRIGHT_", extra="ignore")

    base: str = Field(
        default=DEFAULT_BASE,
        description="The base model: a packaged name or the path of a GGUF file.",
    )
    base_sha256: str | None = Field(
        default=None, description="The SHA-256 that the GGUF file must have."
    )
    context: int = Field(default=4096, ge=1024, description="Tokens of prompt and memorandum.")
    memo_tokens: int = Field(default=640, ge=64, description="Tokens that a memorandum may take.")
    grammar: bool = Field(
        default=True,
        description="Whether a memorandum is held to its headings and to citations that exist.",
    )
    retry: bool = Field(
        default=False, description="Whether sentences without support are tried once more."
    )
    unsupported: Literal["mark", "drop"] = Field(
        default="mark", description="What becomes of sentences without support."
    )
    threads: int = Field(default=0, ge=0, description="Threads of the engine; 0 means all cores.")


class VllmSettings(BaseSettings):
    """Settings of a vLLM server; ``server()`` is None where none is named."""

    model_config = SettingsConfigDict(
        env_prefix="VLLM_", extra="ignore", env_ignore_empty=True, hide_input_in_errors=True
    )

    allow_plain_http: bool = Field(
        default=False, description="Allow http:// beyond this machine, on a private network."
    )
    url: str | None = Field(
        default=None, description="The server; unset, llama.cpp answers in this process."
    )
    api_key: SecretStr | None = Field(default=None, description="The server's API key.")
    ca_file: FilePath | None = Field(
        default=None, description="The CA certificates (PEM) of a firm's own authority."
    )
    first_token_seconds: float = Field(
        default=FIRST_TOKEN_SECONDS, ge=1, le=600, description="How long an answer may not begin."
    )

    def server(self) -> VllmAddress | None:
        """Gives where the server is; None for llama.cpp in this process."""
        if self.url is None:
            return None
        return VllmAddress(
            url=self.url.removesuffix("/v1").rstrip("/"),
            api_key=None if self.api_key is None else self.api_key.get_secret_value(),
            ca_file=None if self.ca_file is None else self.ca_file.resolve(),
            first_token=self.first_token_seconds,
        )

    # After allow_plain_http, which it reads: pydantic validates in the order of the fields.
    @field_validator("url")
    @classmethod
    def _private(cls, url: str | None, info: ValidationInfo) -> str | None:
        allowed = info.data.get("allow_plain_http", False)
        return None if url is None else private_address(url, "VLLM", 8000, plain=allowed)


class FormSettings(BaseSettings):
    """The form of the house's memoranda, which training and serving share."""

    model_config = SettingsConfigDict(
        env_prefix="CASEWRIGHT_", extra="ignore", env_ignore_empty=True
    )

    house: Path | None = Field(
        default=None,
        description="A TOML file: what the parts of a memorandum are called, and the register.",
    )

    @field_validator("house")
    @classmethod
    def _absolute(cls, file: Path | None) -> Path | None:
        """A job runs in a folder of its own, where a relative path would be another one."""
        return None if file is None else absolute(file)


class HouseSettings(BaseSettings):
    """Settings of the house: its template for memoranda, and who is asking."""

    model_config = SettingsConfigDict(env_prefix="CASEWRIGHT_", extra="ignore")

    template: Path | None = Field(
        default=None, description="A Word document whose styles, header and footer are used."
    )
    user: str | None = Field(
        default=None, max_length=120, description="Who the audit log names; else the system's user."
    )
