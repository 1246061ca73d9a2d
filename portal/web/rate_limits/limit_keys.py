"""Who somebody is to a limit: the address, the browser, the account that is tried.

Pages say it in these ways; the API has its own for what stands in a body or a credential, see
`portal.api.authentication`. What answers an empty text is nobody, and counts nowhere.
"""

from collections.abc import Callable
from contextlib import suppress
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

from flask import g, request
from flask_limiter.util import get_remote_address
from flask_login import current_user

from portal.security.addresses import normal_address
from portal.security.smtp_addresses import MAX_ADDRESS
from portal.security.text import clean
from portal.web.people import devices

Who = Callable[[], str]


def by_address() -> str:
    """The peer, or what the configured number of proxies say of it.

    Of IPv6 the network that one household or machine gets (a /64, RFC 6177), not each of its 2^64
    addresses.
    """
    peer = _peer()
    if isinstance(peer, IPv6Address):
        return f"address:{IPv6Network((peer, 64), strict=False)}"
    return f"address:{peer or get_remote_address()}"


def by_network() -> str:
    """Of IPv6 the /48 that a site may get, with 65,536 of the networks that count as one address.

    Nobody for IPv4, of which nobody has that many.
    """
    peer = _peer()
    is_wide = isinstance(peer, IPv6Address)
    return f"network:{IPv6Network((peer, 48), strict=False)}" if peer and is_wide else ""


def by_account() -> str:
    """The account that is being tried, whether it exists or not."""
    return account(request.form.get("email"))


def by_browser() -> str:
    """The browser, where the owner of the account that is being tried has signed in before."""
    if "known_browser" not in g:
        g.known_browser = browser(devices.known(_address(request.form.get("email"))))
    known: str = g.known_browser
    return known


def code_of(user_id: object, epoch: object) -> str:
    """An account whose password was right, until it has another one: who has it can guess on."""
    return f"code:{user_id}:{epoch}"


def by_actor() -> str:
    """Who is signed in. Strangers are refused anyway: they are nobody."""
    return f"actor:{current_user.id}" if current_user.is_authenticated else ""


def by_session() -> str:
    """The session of who is signed in, and no other one of the same person."""
    return f"session:{current_user.session_token}" if current_user.is_authenticated else ""


def nobody() -> str:
    """Whom nothing counts for."""
    return ""


def by_everybody() -> str:
    """One count for all the world: what many addresses and accounts may do together."""
    return "everybody"


def serves() -> bool:
    """Whether who is signed in is staff."""
    return bool(getattr(current_user, "is_staff", False))


def browser(number: str | None) -> str:
    """The browser of that number; nobody for none."""
    return f"browser:{number}" if number else ""


def account(given: object) -> str:
    """The same for all ways to write an address that lead to one account."""
    return f"account:{_address(given)}"


def invited(organization_id: object, given: object) -> str:
    """An address that an organization invites."""
    return f"invited:{organization_id}:{_address(given)}"


def _peer() -> IPv4Address | IPv6Address | None:
    with suppress(ValueError):
        found = ip_address(get_remote_address())
        return (found.ipv4_mapped or found) if isinstance(found, IPv6Address) else found
    return None


def _address(given: object) -> str:
    written = given if isinstance(given, str) else ""
    with suppress(ValueError):
        written = clean(written, max_length=MAX_ADDRESS, multiline=False).strip()
        written = normal_address(written)
    return written.strip().lower()[:MAX_ADDRESS]
