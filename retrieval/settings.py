"""Where state lives and how passages are made, from the environment (``CASEWRIGHT_*``)."""

from pathlib import Path

import platformdirs
from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from retrieval.readers import WORKERS


class LibrarySettings(BaseSettings):
    """Settings of the library; built at the edge, inner functions take plain values."""

    model_config = SettingsConfigDict(env_prefix="CASEWRIGHT_", extra="ignore")

    home: Path = Field(
        default_factory=lambda: platformdirs.user_data_path("casewright"),
        description="The folder of all state: matters, adapters, models, jobs.",
    )
    passages: int = Field(
        default=6, ge=1, le=64, description="How many passages a question is answered from."
    )

    workers: int = Field(
        default=WORKERS, ge=1, le=64, description="How many files an ingest reads at once."
    )

    @field_validator("home")
    @classmethod
    def _absolute(cls, home: Path) -> Path:
        """A job runs in a folder of its own, where a relative home would be another one."""
        return home.expanduser().resolve()
