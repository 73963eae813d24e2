"""Where the index is, from the environment."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from retrieval.settings import ServerSettings
from retrieval.store import ServerAddress


def test_embedded_unless_a_server_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    assert ServerSettings().address() is None
    monkeypatch.setenv("QDRANT_API_KEY", "hush")
    monkeypatch.setenv("QDRANT_URL", "")
    assert ServerSettings().address() is None


def test_address(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    ca_file = tmp_path / "ca.pem"
    ca_file.touch()
    for name, value in (
        ("URL", "https://qdrant.firm:6333/"),
        ("API_KEY", "hush"),
        ("CA_FILE", str(ca_file)),
        ("TIMEOUT", "5"),
        ("COLLECTION", "litigation"),
    ):
        monkeypatch.setenv(f"QDRANT_{name}", value)
    settings = ServerSettings()
    assert settings.address() == ServerAddress(
        "https://qdrant.firm:6333", "litigation", timeout=5, api_key="hush", ca_file=ca_file
    )
    assert "hush" not in repr(settings)


@pytest.mark.parametrize(
    ("url", "allow", "told"),
    [
        ("http://localhost:6333", "", ""),
        ("http://127.0.0.1:6333", "", ""),
        ("http://[::1]:6333", "", ""),
        ("https://qdrant.firm", "", ""),
        ("http://qdrant:6333", "true", ""),
        ("http://qdrant:6333", "", "in the clear"),
        ("http://10.0.0.8:6333", "false", "in the clear"),
        ("http://127.0.0.1.firm:6333", "", "in the clear"),
        ("qdrant:6333", "", "not an address"),
        ("ftp://qdrant", "", "not an address"),
        ("https://", "", "not an address"),
        ("https://me:hush@qdrant.firm", "", "holds a password"),
    ],
)
def test_urls(monkeypatch: pytest.MonkeyPatch, url: str, allow: str, told: str) -> None:
    monkeypatch.setenv("QDRANT_URL", url)
    monkeypatch.setenv("QDRANT_ALLOW_PLAIN_HTTP", allow)
    if not told:
        address = ServerSettings().address()
        assert address is not None
        assert address.url == url
        return
    with pytest.raises(ValidationError, match=told) as caught:
        ServerSettings()
    assert "hush" not in str(caught.value)
