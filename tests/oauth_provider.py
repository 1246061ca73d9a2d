"""A provider of OAuth 2 on loopback, as strict as the real ones.

It wants client and secret, the registered address, PKCE with S256; a code works once, and a refresh
token until it was used. Dovecot asks it whose a token is.
"""

import base64
import hashlib
import json
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, parse_qsl, urlsplit

from portal.security.delivery.oauth import Provider

SCOPE = "https://mail.example/ offline_access"


class Refused(Exception):
    """An answer of RFC 6749, 5.2: its text is the error's word."""


@dataclass
class OAuthProvider:
    """`owners` are the users of access tokens, `codes` what they were consented to."""

    port: int
    redirect_uri: str
    client_id: str = "lodge-desk"
    client_secret: str = "s3cret/+ &"
    expires_in: object = 3600
    owners: dict[str, str] = field(default_factory=dict)
    refresh_tokens: dict[str, str] = field(default_factory=dict)
    codes: dict[str, tuple[str, str]] = field(default_factory=dict)
    asked: list[dict[str, str]] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def as_provider(self) -> Provider:
        """What stands in `oauth.PROVIDERS` for it."""
        return Provider(f"{self.url}/authorize", f"{self.url}/token", SCOPE, {"prompt": "consent"})

    @property
    def introspection(self) -> str:
        return f"{self.url}/introspect"

    def consent(self, url: str, owner: str) -> dict[str, str]:
        """What the owner's browser brings back from the page at `url`: `code` and `state`."""
        parts = urlsplit(url)
        assert f"{parts.scheme}://{parts.netloc}{parts.path}" == f"{self.url}/authorize"
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        assert query["response_type"] == "code"
        assert query["client_id"] == self.client_id
        assert query["redirect_uri"] == self.redirect_uri
        assert query["scope"] == SCOPE
        assert query["code_challenge_method"] == "S256"
        assert len(query["code_challenge"]) == 43
        code = secrets.token_urlsafe(12)
        self.codes[code] = (owner, query["code_challenge"])
        return {"code": code, "state": query["state"]}

    def tokens_for(self, owner: str) -> dict[str, object]:
        """New tokens of that owner."""
        access, refresh = secrets.token_urlsafe(24), secrets.token_urlsafe(24)
        self.owners[access] = self.refresh_tokens[refresh] = owner
        return {
            "token_type": "Bearer",
            "access_token": access,
            "refresh_token": refresh,
            "expires_in": self.expires_in,
        }

    def answer(self, form: dict[str, str]) -> dict[str, object]:
        """The token endpoint's answer. Raises Refused."""
        self.asked.append(form)
        if (form.get("client_id"), form.get("client_secret")) != (
            self.client_id,
            self.client_secret,
        ):
            raise Refused("invalid_client")
        if form.get("scope") != SCOPE:
            raise Refused("invalid_scope")
        if form.get("grant_type") == "authorization_code":
            return self.tokens_for(self._redeemed(form))
        if form.get("grant_type") == "refresh_token":
            owner = self.refresh_tokens.pop(form.get("refresh_token", ""), None)
            if owner is None:
                raise Refused("invalid_grant")
            return self.tokens_for(owner)
        raise Refused("unsupported_grant_type")

    def _redeemed(self, form: dict[str, str]) -> str:
        owner, challenge = self.codes.pop(form.get("code", ""), ("", ""))
        verifier = form.get("code_verifier", "")
        digest = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest())
        is_right = digest.rstrip(b"=").decode() == challenge and 43 <= len(verifier) <= 128
        if not is_right or form.get("redirect_uri") != self.redirect_uri:
            raise Refused("invalid_grant")
        return owner


class _Handler(BaseHTTPRequestHandler):
    provider: OAuthProvider

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        form = dict(parse_qsl(body, keep_blank_values=True))
        if self.path == "/introspect":
            owner = self.provider.owners.get(form.get("token", ""))
            self._send(200, {"active": owner is not None, "username": owner or ""})
            return
        is_form = self.headers["Content-Type"] == "application/x-www-form-urlencoded"
        try:
            if self.path != "/token" or not is_form:
                raise Refused("invalid_request")
            self._send(200, self.provider.answer(form))
        except Refused as refused:
            self._send(400, {"error": str(refused)})

    def _send(self, status: int, answer: dict[str, object]) -> None:
        body = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def oauth_provider(redirect_uri: str) -> Iterator[OAuthProvider]:
    """A running one, for clients that are registered with that address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    made = OAuthProvider(server.server_port, redirect_uri)
    server.RequestHandlerClass = type("Handler", (_Handler,), {"provider": made})
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
