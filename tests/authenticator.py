"""An authenticator in software: makes a passkey and signs with it, truly or as a test wishes."""

import base64
import hashlib
import json
import secrets
import struct
from typing import Any

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

HOST, ORIGIN = "localhost", "http://localhost"
_PRESENT, _VERIFIED, _HAS_KEY = 0x01, 0x04, 0x40


def b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


class Authenticator:
    """One passkey. `count` stays at nought, as with passkeys that live on several devices."""

    def __init__(self, count: int = 0) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.id = secrets.token_bytes(16)
        self.count = count

    def register(self, challenge: bytes, **options: Any) -> str:
        """What the browser sends when it has made the passkey."""
        numbers = self.key.public_key().public_numbers()
        cose = {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32), -3: numbers.y.to_bytes(32)}
        key = bytes(16) + struct.pack(">H", len(self.id)) + self.id + cbor2.dumps(cose)
        data = self._data(_PRESENT | _VERIFIED | _HAS_KEY, options.pop("host", HOST)) + key
        made = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        client = _client("webauthn.create", challenge, **options)
        response = {"attestationObject": b64(made), "clientDataJSON": b64(client)}
        return self._credential({**response, "transports": ["internal", "made-up"]})

    def sign(
        self,
        challenge: bytes,
        *,
        verified: bool = True,
        host: str = HOST,
        handle: str | None = None,
        **options: Any,
    ) -> str:
        """What the browser sends when the passkey has signed."""
        data = self._data(_PRESENT | (_VERIFIED if verified else 0), host)
        client = _client(options.pop("kind", "webauthn.get"), challenge, **options)
        signed = data + hashlib.sha256(client).digest()
        response = {
            "authenticatorData": b64(data),
            "clientDataJSON": b64(client),
            "signature": b64(self.key.sign(signed, ec.ECDSA(hashes.SHA256()))),
        }
        if handle is not None:
            response["userHandle"] = b64(handle.encode())
        return self._credential(response)

    def _data(self, flags: int, host: str) -> bytes:
        return hashlib.sha256(host.encode()).digest() + struct.pack(">BI", flags, self.count)

    def _credential(self, response: dict[str, Any]) -> str:
        raw = b64(self.id)
        return json.dumps({"id": raw, "rawId": raw, "type": "public-key", "response": response})


def _client(kind: str, challenge: bytes, origin: str = ORIGIN) -> bytes:
    return json.dumps({"type": kind, "challenge": b64(challenge), "origin": origin}).encode()
