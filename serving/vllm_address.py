"""Where a vLLM server is, and how it is reached."""

from dataclasses import dataclass, field
from pathlib import Path

CONNECT_SECONDS = 2.0
FIRST_TOKEN_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class VllmAddress:
    """Where a vLLM server is, and how it is reached."""

    url: str
    """Without ``/v1``."""
    api_key: str | None = field(default=None, repr=False)
    ca_file: Path | None = None
    """The certificates that the server's is checked against; None for the system's."""
    first_token: float = FIRST_TOKEN_SECONDS
    """Seconds that an answer may take to begin."""
    connect: float = CONNECT_SECONDS
