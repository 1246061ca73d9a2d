"""Mail addresses in the ASCII form that every mail server supports.

Domains are converted to A-labels (IDNA 2008 after UTS 46). A local part beyond ASCII would need
SMTPUTF8 (RFC 6531) on every server up to the mailbox, so such addresses are rejected.
"""

import re

# RFC 5321, 4.5.3.1, without the brackets.
MAX_ADDRESS = 254
_MAX_LOCAL = 64
# A dot-atom (RFC 5322, 3.2.3).
_LOCAL = re.compile(r"[\w!#$%&'*+/=?^`{|}~-]+(\.[\w!#$%&'*+/=?^`{|}~-]+)*", re.ASCII)
# RFC 2606; accounts of erased and imported people have such addresses.
_NOWHERE = ".invalid"
_LABEL = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
_DOMAIN = re.compile(rf"{_LABEL}(\.{_LABEL})*", re.ASCII | re.IGNORECASE)


def is_local_part(text: str) -> bool:
    """Whether the text is a supported local part: an ASCII dot-atom of up to 64 characters.

    Encoded words are excluded, since readers decode them wherever they stand.
    """
    return bool(_LOCAL.fullmatch(text)) and len(text) <= _MAX_LOCAL and "=?" not in text


def ascii_address(address: str) -> str:
    """`address` with an ASCII domain. Raises ValueError with a sentence for the operator."""
    local, _, domain = address.rpartition("@")
    if not is_local_part(local):
        raise ValueError("what stands before the @ is not of up to 64 plain ASCII characters")
    domain = _a_labels(domain)
    if not _DOMAIN.fullmatch(domain) or len(local) + 1 + len(domain) > MAX_ADDRESS:
        raise ValueError("what stands after the @ is no domain")
    return f"{local}@{domain}"


def is_deliverable(address: str) -> bool:
    """Whether mail can be sent there. Nothing can to the reserved domain of placeholders."""
    try:
        return not ascii_address(address).lower().endswith(_NOWHERE)
    except ValueError:
        return False


def _a_labels(domain: str) -> str:
    if domain.isascii():
        return domain
    import idna  # late: the supervisor, which reads addresses of the desk's own, stays small

    try:
        return idna.encode(domain, uts46=True, transitional=False).decode("ascii")
    except idna.IDNAError:
        return ""
