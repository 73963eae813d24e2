"""An identity provider of the test's own: OpenID Connect as far as signing in needs it.

Whoever comes is asked who they are and believed. ``brief@example.org`` gets a token that ends
within seconds.
"""

import base64
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT, SECRET = "casewright", "of-the-test"
BRIEF_SECONDS = 6
PEOPLE = ("ada@example.org", "bob@example.org", "chief@example.org", "brief@example.org")


@contextmanager
def provider() -> Iterator[str]:
    """Runs the provider; gives its address."""
    key = RSAKey.generate_key(2048, {"kid": "one"}, private=True)
    codes: dict[str, dict[str, str]] = {}

    class Provider(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            asked = {name: value[0] for name, value in parse_qs(parts.query).items()}
            match parts.path:
                case "/.well-known/openid-configuration":
                    self._json(
                        {
                            "issuer": address,
                            "authorization_endpoint": f"{address}/authorize",
                            "token_endpoint": f"{address}/token",
                            "jwks_uri": f"{address}/keys",
                            "id_token_signing_alg_values_supported": ["RS256"],
                            "code_challenge_methods_supported": ["S256"],
                        }
                    )
                case "/keys":
                    self._json({"keys": [key.as_dict(private=False)]})
                case "/authorize":
                    links = "".join(
                        f'<p><a href="/as?{urlencode({**asked, "who": who})}">{who}</a></p>'
                        for who in PEOPLE
                    )
                    self._send(200, "text/html", f"<h1>Who are you?</h1>{links}".encode())
                case "/as":
                    code = secrets.token_urlsafe()
                    codes[code] = asked
                    back = urlencode({"code": code, "state": asked["state"]})
                    self.send_response(302)
                    self.send_header("Location", f"{asked['redirect_uri']}?{back}")
                    self.end_headers()
                case _:
                    self._send(404, "text/plain", b"")

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            form = {name: value[0] for name, value in parse_qs(body).items()}
            basic = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
            asked = codes.pop(form.get("code", ""), None)
            digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
            challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
            if (
                self.headers.get("Authorization") != f"Basic {basic}"
                or asked is None
                or asked["code_challenge"] != challenge
            ):
                self._send(400, "application/json", b'{"error": "invalid_grant"}')
                return
            now = int(time.time())
            lasts = BRIEF_SECONDS if asked["who"].startswith("brief") else 3600
            claims = {
                "iss": address,
                "sub": asked["who"].partition("@")[0],
                "aud": CLIENT,
                "iat": now,
                "exp": now + lasts,
                "nonce": asked["nonce"],
                "email": asked["who"],
                "email_verified": True,
            }
            token = jwt.encode({"alg": "RS256", "kid": "one"}, claims, key)
            self._json({"access_token": "none", "token_type": "Bearer", "id_token": token})

        def _json(self, content: Any) -> None:
            self._send(200, "application/json", json.dumps(content).encode())

        def _send(self, status: int, kind: str, content: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *arguments: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Provider)
    address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield address
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def secrets_toml(provider_address: str, app_address: str) -> str:
    """Gives what stands in ``<home>/secrets.toml`` so that people sign in at this provider."""
    return f"""
[auth]
redirect_uri = "{app_address}/oauth2callback"
cookie_secret = "{secrets.token_urlsafe(32)}"
client_id = "{CLIENT}"
client_secret = "{SECRET}"
server_metadata_url = "{provider_address}/.well-known/openid-configuration"
"""
