"""Where state lives and where the index is, from the environment.

``CASEWRIGHT_*`` for the library; ``QDRANT_*``, the names that Qdrant's own tools use, for the
server of the scale-out shape. Without ``QDRANT_URL`` the index is embedded.
"""

import ipaddress
from pathlib import Path
from urllib.parse import urlsplit

import platformdirs
from pydantic import Field, FilePath, SecretStr, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from retrieval.readers import WORKERS
from retrieval.store import ServerAddress


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
    jobs: int = Field(
        default=2, ge=1, le=16, description="How many jobs of the app run at once on a machine."
    )

    @field_validator("home")
    @classmethod
    def _absolute(cls, home: Path) -> Path:
        """A job runs in a folder of its own, where a relative home would be another one."""
        return absolute(home)


def absolute(path: Path) -> Path:
    """Gives a path from the root. Raises ValueError where it begins with a user who is not here."""
    try:
        return path.expanduser().resolve()
    except (RuntimeError, OSError) as error:
        raise ValueError(f"no such place: {getattr(error, 'strerror', None) or error}") from None


class ServerSettings(BaseSettings):
    """Settings of a Qdrant server; ``address()`` is None where none is named."""

    model_config = SettingsConfigDict(
        env_prefix="QDRANT_", extra="ignore", env_ignore_empty=True, hide_input_in_errors=True
    )

    allow_plain_http: bool = Field(
        default=False, description="Allow http:// beyond this machine, on a private network."
    )
    url: str | None = Field(default=None, description="The server; unset, the index is embedded.")
    api_key: SecretStr | None = Field(default=None, description="The server's API key.")
    ca_file: FilePath | None = Field(
        default=None, description="The CA certificates (PEM) of a firm's own authority."
    )
    timeout: int = Field(
        default=30, ge=1, le=600, description="Seconds that the server has for an answer."
    )
    collection: str = Field(
        default="casewright",
        pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$",
        description="The collection of all matters of this home.",
    )

    def address(self) -> ServerAddress | None:
        """Gives where the index is; None for the embedded one."""
        if self.url is None:
            return None
        return ServerAddress(
            url=self.url,
            collection=self.collection,
            timeout=self.timeout,
            api_key=None if self.api_key is None else self.api_key.get_secret_value(),
            ca_file=None if self.ca_file is None else self.ca_file.resolve(),
        )

    # After allow_plain_http, which it reads: pydantic validates in the order of the fields.
    @field_validator("url")
    @classmethod
    def _private(cls, url: str | None, info: ValidationInfo) -> str | None:
        allowed = info.data.get("allow_plain_http", False)
        return None if url is None else private_address(url, "QDRANT", 6333, plain=allowed)


def private_address(url: str, prefix: str, port: int, *, plain: bool) -> str:
    """Gives the address of a server that privileged text may be sent to.

    The connection is encrypted, stays on this machine, or is allowed to be ``plain``. ``prefix``
    is that of the server's settings, ``port`` its usual one, both for what is told.

    Raises:
        ValueError: anything else.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"not an address; write https://host:{port}")
    if parts.username or parts.password:
        raise ValueError(f"holds a password; use {prefix}_API_KEY")
    if parts.scheme == "http" and not plain and not _is_loopback(parts.hostname):
        raise ValueError(
            "would send privileged text in the clear; use https, or set "
            f"{prefix}_ALLOW_PLAIN_HTTP=true on a private network"
        )
    return url.rstrip("/")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
