"""Keys that rate limits count by: address, network, browser, account, person.

The functions `by_…` read them from the request of a page; those for the API's bodies and
credentials are in `portal.api.authentication`. An empty key is never counted.
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

KeyFunction = Callable[[], str]


def by_address() -> str:
    """The client's address, as the configured number of proxies tell it; of IPv6 the /64.

    A /64 is what one household or machine gets (RFC 6177): 2^64 addresses.
    """
    peer = _peer()
    if isinstance(peer, IPv6Address):
        return f"address:{IPv6Network((peer, 64), strict=False)}"
    return f"address:{peer or get_remote_address()}"


def by_network() -> str:
    """The /48 of an IPv6 address, which one site may get: 65,536 networks of `by_address`.

    Empty for IPv4.
    """
    peer = _peer()
    is_wide = isinstance(peer, IPv6Address)
    return f"network:{IPv6Network((peer, 48), strict=False)}" if peer and is_wide else ""


def by_account() -> str:
    """The account that the form names, whether it exists or not."""
    return account_key(request.form.get("email"))


def by_browser() -> str:
    """The browser, if the owner of the account that the form names has signed in with it before."""
    if "known_browser" not in g:
        g.known_browser = browser_key(devices.number_for_email(_address(request.form.get("email"))))
    known: str = g.known_browser
    return known


def code_key(user_id: object, epoch: object) -> str:
    """A key for an account and its epoch: with a new password the count begins anew."""
    return f"code:{user_id}:{epoch}"


def by_actor() -> str:
    """The signed-in person; empty for others, whom the guard refuses."""
    return f"actor:{current_user.id}" if current_user.is_authenticated else ""


def by_session() -> str:
    """The session of the signed-in person."""
    return f"session:{current_user.session_token}" if current_user.is_authenticated else ""


def nobody() -> str:
    """No key."""
    return ""


def by_everybody() -> str:
    """One key for all requests."""
    return "everybody"


def is_staff() -> bool:
    return bool(getattr(current_user, "is_staff", False))


def browser_key(number: str | None) -> str:
    return f"browser:{number}" if number else ""


def account_key(given: object) -> str:
    """A key for an e-mail address as it would be stored, however it was written."""
    return f"account:{_address(given)}"


def invitation_key(organization_id: object, given: object) -> str:
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
