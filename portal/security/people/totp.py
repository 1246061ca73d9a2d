"""Time-based one-time passwords (RFC 6238): secrets, QR codes, verification.

30 seconds, six digits, SHA-1, as every app supports. A code is valid in its own time step and those
beside it, since clocks differ; callers store the step, so that no code is used twice.
"""

import hmac

import pyotp

from portal import clock
from portal.extensions import setting

STEP = 30
_WINDOW = 1


def new_secret() -> str:
    """160 random bits in base32."""
    return pyotp.random_base32()


def provisioning_uri(secret: str, account: str) -> str:
    """The `otpauth://` URI; `account` is how the app lists the entry."""
    return pyotp.TOTP(secret).provisioning_uri(name=account, issuer_name=setting("PRODUCT").name)


def qr_code_svg(text: str) -> str:
    """A QR code of `text`: inline SVG, black on white."""
    # Imported late: needed once for each account.
    import segno

    return str(
        segno.make(text, error="m").svg_inline(
            dark="#000", light="#fff", border=4, omitsize=True, svgclass="qr", lineclass=None
        )
    )


def matching_step(secret: str, code: str) -> int | None:
    """The time step of `code`, among the current one and those beside it; or None."""
    now = int(clock.now().timestamp()) // STEP
    totp = pyotp.TOTP(secret)
    # All steps are compared, so that timing reveals nothing.
    found = [
        step
        for step in range(now - _WINDOW, now + _WINDOW + 1)
        if hmac.compare_digest(totp.generate_otp(step).encode(), code.encode())
    ]
    return max(found, default=None)
