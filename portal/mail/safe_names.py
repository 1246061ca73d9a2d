"""Makes names and texts of other people safe for mails to readers who did not ask for them.

Whoever names a company `Win at https://evil.example` and invites somebody makes the desk mail that
text to a stranger. So such a mail shows only characters that names are made of, and nothing that a
mail program turns into a link or a telephone number.
"""

import ipaddress
import re
import unicodedata
from enum import Enum

from portal.security.addresses import normal_address

_LONGEST = 60
# Beside letters, their marks and digits. The last two join letters of Persian and Hindi.
_SIGNS = frozenset(" _&+'’‘`\"“”„«»()№#,.–—-…\u200c\u200d")
# Mail programs link words with a dot as domains, and seven digits as telephone numbers.
_JOINING_DOT = re.compile(r"\.(?=\S)")
_CALLED = re.compile(r"(?:\d[ ()+#,.–—-]*){7,}")
UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff\ud800-\udfff]")
# Bidirectional control characters, which could make a subject look like another.
_TURNING = re.compile(r"[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_MAX_LINE = 200
_HOST = re.compile(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?(:\d{1,5})?", re.ASCII)


def one_line(text: str) -> str:
    """`text` on one line of at most 200 characters, without control and direction characters."""
    return " ".join(_TURNING.sub("", UNPRINTABLE.sub(" ", text)).split())[:_MAX_LINE].rstrip()


def safe_name(text: str, otherwise: str = "") -> str:
    """`text` as a name of at most 60 characters on one line; `otherwise` if nothing is left."""
    signs = (c if c in _SIGNS or unicodedata.category(c)[0] in "LMN" else " " for c in text)
    words = _CALLED.sub("… ", _JOINING_DOT.sub(" ", "".join(signs))).split()
    shown = " ".join(words)
    if not any(c.isalnum() for c in shown):
        return otherwise
    return shown if len(shown) <= _LONGEST else f"{shown[: _LONGEST - 1].rstrip()}…"


def ip_address(text: str) -> str:
    """`text` if it is an IP address, else empty. A proxy may forward anything."""
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        return ""


class AboutType(Enum):
    """The type of a notice's subject. A text that is not of its type is shown as a name."""

    NAME = "name"
    # The account's or a colleague's address, without which the notice would be useless.
    ADDRESS = "address"
    # A webhook's host: the owner has to see where the tickets go.
    HOST = "host"

    def sanitized(self, text: str) -> str:
        """`text` unchanged if it is of this type, else as a safe name."""
        fits = {self.ADDRESS: _is_address, self.HOST: _is_host}.get(self)
        return text if fits is not None and fits(text) else safe_name(text)


def _is_host(text: str) -> bool:
    return bool(_HOST.fullmatch(text))


def _is_address(text: str) -> bool:
    try:
        return normal_address(text) == text
    except ValueError:
        return False
