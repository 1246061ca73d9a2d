"""Six-digit codes of an authenticator app (RFC 6238): secret, picture, check. Knows no account.

30 seconds, six digits, SHA-1: what every app understands. A code counts for its own step and the
ones beside it, since clocks differ; the step is answered, so that no code is taken twice.
"""

import hmac

import pyotp

from portal import clock

STEP = 30
_WINDOW = 1
_ISSUER = "Lodge"


def new_secret() -> str:
    """160 random bits in base32, as people may type them."""
    return pyotp.random_base32()


def provisioning_uri(secret: str, account: str) -> str:
    """What the picture says to the app: `account` is how the app lists the entry."""
    return pyotp.TOTP(secret).provisioning_uri(name=account, issuer_name=_ISSUER)


def qr_code_svg(text: str) -> str:
    """`text` as a QR code: inline SVG without style, black on white in every theme."""
    # Late: asked for once in the life of an account.
    import segno

    return str(
        segno.make(text, error="m").svg_inline(
            dark="#000", light="#fff", border=4, omitsize=True, svgclass="qr", lineclass=None
        )
    )


def matching_step(secret: str, code: str) -> int | None:
    """The time step whose code is `code`, now or just beside now; None when it is none of them."""
    now = int(clock.now().timestamp()) // STEP
    totp = pyotp.TOTP(secret)
    # All steps are looked at, so that the time taken says nothing.
    found = [
        step
        for step in range(now - _WINDOW, now + _WINDOW + 1)
        if hmac.compare_digest(totp.generate_otp(step).encode(), code.encode())
    ]
    return max(found, default=None)
