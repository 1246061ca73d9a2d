"""Addresses as mail carries them: ASCII, which every server on the way understands.

A domain goes in A-labels (IDNA 2008 after UTS 46). What stands before the @ has no such form:
beyond ASCII it needs SMTPUTF8 (RFC 6531) from every server up to the mailbox, which nobody can
promise. So no form takes such an address.
"""

import re

# RFC 5321, 4.5.3.1, without the brackets.
MAX_ADDRESS = 254
_MAX_LOCAL = 64
# A dot-atom (RFC 5322, 3.2.3).
_LOCAL = re.compile(r"[\w!#$%&'*+/=?^`{|}~-]+(\.[\w!#$%&'*+/=?^`{|}~-]+)*", re.ASCII)
_LABEL = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
_DOMAIN = re.compile(rf"{_LABEL}(\.{_LABEL})*", re.ASCII | re.IGNORECASE)


def is_local_part(text: str) -> bool:
    """Whether mail can carry it before the @, and every reader takes it for what it is.

    An encoded word could be an address, too; but readers decode it wherever it stands.
    """
    return bool(_LOCAL.fullmatch(text)) and len(text) <= _MAX_LOCAL and "=?" not in text


def ascii_address(address: str) -> str:
    """`address` as SMTP and a header have it. Raises ValueError, in words, for what they cannot."""
    local, _, domain = address.rpartition("@")
    if not is_local_part(local):
        raise ValueError("what stands before the @ is not of up to 64 plain ASCII characters")
    domain = _a_labels(domain)
    if not _DOMAIN.fullmatch(domain) or len(local) + 1 + len(domain) > MAX_ADDRESS:
        raise ValueError("what stands after the @ is no domain")
    return f"{local}@{domain}"


def _a_labels(domain: str) -> str:
    if domain.isascii():
        return domain
    import idna  # late: the supervisor, which reads addresses of the desk's own, stays small

    try:
        return idna.encode(domain, uts46=True, transitional=False).decode("ascii")
    except idna.IDNAError:
        return ""
