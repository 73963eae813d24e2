"""Which model answers, from the environment (``CASEWRIGHT_*``)."""

from pathlib import Path
from typing import Literal

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from serving.models import DEFAULT_BASE


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
        return None if file is None else file.expanduser().resolve()


class HouseSettings(BaseSettings):
    """Settings of the house: its template for memoranda, and who is asking."""

    model_config = SettingsConfigDict(env_prefix="CASEWRIGHT_", extra="ignore")

    template: Path | None = Field(
        default=None, description="A Word document whose styles, header and footer are used."
    )
    user: str | None = Field(
        default=None, max_length=120, description="Who the audit log names; else the system's user."
    )
