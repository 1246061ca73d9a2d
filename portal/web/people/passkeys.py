"""WebAuthn ceremonies in requests: the challenge in the session, the answer in a form.

The session cookie is signed, so a challenge in it is ours, and of this browser. The passkey's row
ensures that an answer counts once: see `services.people.passkeys`.
"""

from base64 import b64decode, b64encode
from datetime import datetime, timedelta

from flask import request, session

from portal import clock
from portal.errors import Invalid
from portal.security.people import passkeys
from portal.security.people.passkeys import Answer, Challenge

_KEY = "challenge"
_LIFETIME = timedelta(minutes=5)
Answered = tuple[Answer, Challenge]


def new_challenge() -> bytes:
    """Store a new challenge in the session, in place of a former one."""
    challenge = passkeys.new_challenge()
    session[_KEY] = [b64encode(challenge).decode("ascii"), clock.now().isoformat()]
    return challenge


def take_challenge() -> Challenge:
    """Remove the challenge from the session. Raises Invalid if it is missing or too old."""
    value, issued = session.pop(_KEY, None) or ("", "")
    if not value or clock.now() - datetime.fromisoformat(issued) > _LIFETIME:
        raise Invalid(passkey="refused")
    return Challenge(b64decode(value), datetime.fromisoformat(issued))


def read_answer() -> Answered:
    """The form's answer and the challenge. Raises Invalid if one is missing."""
    challenge = take_challenge()
    return passkeys.read_answer(request.form.get("credential", "")), challenge
