"""The ceremonies of WebAuthn: what the browser is asked, and whether its answer is true.

A passkey belongs to the host of BASE_URL. Browsers make none for a bare IP address, nor without
TLS except on localhost: there `are_available` is False and nothing of passkeys is shown. The
library is loaded with the first ceremony: most processes never see one.
"""

import ipaddress
import json
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from portal.errors import Invalid
from portal.extensions import setting
from portal.models.people import Passkey, User

_TRANSPORTS = frozenset({"ble", "cable", "hybrid", "internal", "nfc", "smart-card", "usb"})
MAX_ANSWER = 50_000


@dataclass(frozen=True)
class Challenge:
    """Random bytes that an answer has to sign, and when they were issued."""

    value: bytes
    issued_at: datetime


@dataclass(frozen=True)
class NewPasskey:
    """A verified new passkey."""

    credential_id: str
    public_key: str
    sign_count: int
    transports: list[str]


@dataclass(frozen=True)
class Answer:
    """A browser's answer at sign-in, not yet verified."""

    credential_id: str
    user_handle: str | None
    raw: dict[str, Any]


def are_available() -> bool:
    """Whether browsers support passkeys for BASE_URL."""
    parts = urlsplit(setting("BASE_URL"))
    try:
        ipaddress.ip_address(parts.hostname or "")
    except ValueError:
        return bool(parts.scheme == "https" or parts.hostname == "localhost")
    return False


def new_challenge() -> bytes:
    """256 random bits."""
    return secrets.token_bytes(32)


def user_handle(user_id: int) -> str:
    """The user handle that a passkey stores."""
    return str(user_id)


def registration_options(user: User, known: list[Passkey], challenge: bytes) -> dict[str, Any]:
    """Options for `navigator.credentials.create`. Authenticators of `known` are excluded."""
    import webauthn
    from webauthn.helpers import structs

    options = webauthn.generate_registration_options(
        rp_id=_host(),
        rp_name=setting("PRODUCT").name,
        user_id=user_handle(user.id).encode(),
        user_name=user.email,
        user_display_name=user.name,
        challenge=challenge,
        exclude_credentials=_described(known),
        authenticator_selection=structs.AuthenticatorSelectionCriteria(
            resident_key=structs.ResidentKeyRequirement.PREFERRED,
            user_verification=structs.UserVerificationRequirement.PREFERRED,
        ),
    )
    return _plain(options)


def authentication_options(
    challenge: bytes, known: list[Passkey], *, alone: bool
) -> dict[str, Any]:
    """Options for `navigator.credentials.get`.

    `alone`: the passkey is the only factor, so user verification is required.
    """
    import webauthn
    from webauthn.helpers.structs import UserVerificationRequirement as Wanted

    options = webauthn.generate_authentication_options(
        rp_id=_host(),
        challenge=challenge,
        allow_credentials=_described(known),
        user_verification=Wanted.REQUIRED if alone else Wanted.DISCOURAGED,
    )
    return _plain(options)


def read_registration(text: str, challenge: Challenge) -> NewPasskey:
    """The verified passkey in a browser's answer. Raises Invalid."""
    import webauthn
    from webauthn.helpers import bytes_to_base64url

    answer = _parsed(text)
    try:
        made = webauthn.verify_registration_response(
            credential=answer,
            expected_challenge=challenge.value,
            expected_rp_id=_host(),
            expected_origin=setting("BASE_URL"),
        )
    except _library_errors() as problem:
        raise Invalid(passkey="refused") from problem
    transports = answer["response"].get("transports", [])
    return NewPasskey(
        credential_id=bytes_to_base64url(made.credential_id),
        public_key=bytes_to_base64url(made.credential_public_key),
        sign_count=made.sign_count,
        transports=sorted(_TRANSPORTS.intersection(t for t in transports if isinstance(t, str))),
    )


def read_answer(text: str) -> Answer:
    """Parse a browser's answer. Raises Invalid."""
    raw = _parsed(text)
    credential_id, user_handle = raw.get("id"), raw["response"].get("userHandle")
    if not isinstance(credential_id, str) or not isinstance(user_handle, str | None):
        raise Invalid(passkey="refused")
    return Answer(credential_id, user_handle or None, raw)


def verify(answer: Answer, passkey: Passkey, challenge: Challenge, *, alone: bool) -> int:
    """Verify the answer; return the passkey's new signature count. Raises Invalid.

    `alone`: user verification (finger, face, PIN) is required, as there is no other factor.
    """
    import webauthn
    from webauthn.helpers import base64url_to_bytes, bytes_to_base64url

    owner = bytes_to_base64url(user_handle(passkey.user_id).encode())
    if answer.user_handle not in {None, owner}:
        raise Invalid(passkey="refused")
    try:
        proved = webauthn.verify_authentication_response(
            credential=answer.raw,
            expected_challenge=challenge.value,
            expected_rp_id=_host(),
            expected_origin=setting("BASE_URL"),
            credential_public_key=base64url_to_bytes(passkey.public_key),
            credential_current_sign_count=passkey.sign_count,
            require_user_verification=alone,
        )
    except _library_errors() as problem:
        raise Invalid(passkey="refused") from problem
    return proved.new_sign_count


def _host() -> str:
    return urlsplit(setting("BASE_URL")).hostname or ""


def _parsed(text: str) -> dict[str, Any]:
    """Parse a JSON object with an object `response`. Raises Invalid."""
    try:
        raw = json.loads(text) if len(text) <= MAX_ANSWER else None
    except (ValueError, RecursionError):
        raw = None
    if not isinstance(raw, dict) or not isinstance(raw.get("response"), dict):
        raise Invalid(passkey="refused")
    return raw


def _library_errors() -> tuple[type[Exception], ...]:
    """Exceptions that the library raises for invalid answers."""
    from webauthn.helpers.exceptions import WebAuthnException

    return (WebAuthnException, ValueError, TypeError, KeyError)


def _described(known: list[Passkey]) -> list[Any]:
    from webauthn.helpers import base64url_to_bytes
    from webauthn.helpers.structs import AuthenticatorTransport, PublicKeyCredentialDescriptor

    return [
        PublicKeyCredentialDescriptor(
            id=base64url_to_bytes(passkey.credential_id),
            transports=[AuthenticatorTransport(name) for name in passkey.transports] or None,
        )
        for passkey in known
    ]


def _plain(options: Any) -> dict[str, Any]:
    from webauthn import options_to_json

    plain: dict[str, Any] = json.loads(options_to_json(options))
    return plain
