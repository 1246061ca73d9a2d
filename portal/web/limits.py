"""How often people may try, by page and by API together: limits, and what they count by.

Whoever is refused on a page has no more tries left through the API: what both do counts as one. So
the sets here take the function that says who it is, which each of the two knows on its own.
"""

from collections.abc import Callable, Iterable
from contextlib import suppress
from ipaddress import IPv6Address, IPv6Network, ip_address
from typing import Any

from flask import Response, request
from flask_limiter.util import get_remote_address
from flask_login import current_user

from portal.extensions import limiter
from portal.security.addresses import normal_address
from portal.security.text import clean
from portal.web import devices

Who = Callable[[], str]
Limit = Callable[[Any], Any]


def by_address() -> str:
    """The peer, or what the configured number of proxies say of it.

    Of IPv6 the network that one household or machine gets (a /64, RFC 6177), not each of its 2^64
    addresses.
    """
    peer = get_remote_address()
    with suppress(ValueError):
        found = ip_address(peer)
        if isinstance(found, IPv6Address):
            found = found.ipv4_mapped or found
        if isinstance(found, IPv6Address):
            return f"address:{IPv6Network((found, 64), strict=False)}"
        return f"address:{found}"
    return f"address:{peer}"


def by_account() -> str:
    """The account that is being tried, whether it exists or not."""
    return account(request.form.get("email"))


def by_account_or_device() -> str:
    """The account that is being tried; where its owner has signed in before, that browser."""
    given = request.form.get("email")
    device = devices.known(_address(given))
    return f"device:{device}" if device else account(given)


def account(given: object) -> str:
    """The same for all ways to write an address that lead to one account."""
    return f"account:{_address(given)}"


def _address(given: object) -> str:
    written = given if isinstance(given, str) else ""
    with suppress(ValueError):
        written = clean(written, max_length=254, multiline=False).strip()
        written = normal_address(written)
    return written.strip().lower()[:254]


def by_actor() -> str:
    """Who is signed in. Strangers are refused anyway: they share one."""
    return f"actor:{getattr(current_user, 'id', '')}"


def by_everybody() -> str:
    """One count for all the world: what many addresses and accounts may do together."""
    return "everybody"


def refused(response: Response) -> bool:
    """Whether somebody did not get what they asked for: that counts."""
    return response.status_code >= 400


def all_of(limits: Iterable[Limit]) -> Limit:
    """One decorator for several limits. What the first refuses counts nowhere else."""

    def decorate(view: Any) -> Any:
        for limit in limits:
            view = limit(view)
        return view

    return decorate


def _together(scope: str, each: str, who: Who, **more: Any) -> Limit:
    limit: Limit = limiter.shared_limit(each, scope=scope, key_func=who, **more)
    return limit


def signing_in(tried: Who) -> list[Limit]:
    """Wrong passwords."""
    return [
        _together("sign-in", "10 per 5 minutes", tried, deduct_when=refused),
        _together("sign-in", "20 per 5 minutes", by_address, deduct_when=refused),
        _together("sign-in", "1000 per 5 minutes", by_everybody, deduct_when=refused),
    ]


def registering(tried: Who) -> list[Limit]:
    """New accounts."""
    return [
        _together("register", "5 per hour", tried),
        _together("register", "10 per hour", by_address),
        _together("register", "300 per hour", by_everybody),
    ]


def asking_for_a_reset(tried: Who) -> list[Limit]:
    """Mails with a link to set a new password."""
    return [
        _together("forgot", "5 per hour", tried),
        _together("forgot", "5 per hour", by_address),
        _together("forgot", "300 per hour", by_everybody),
    ]


def resetting() -> list[Limit]:
    """Links that are tried."""
    return [_together("reset", "20 per hour", by_address)]


def inviting(who: Who, invited: Who) -> list[Limit]:
    """Mails to people who never asked for one. How many a day: `services.invitations.DAILY`."""
    return [
        _together("invite", "30 per hour", who),
        _together("invite", "5 per hour", invited),
    ]


def proving(who: Who) -> list[Limit]:
    """The own password, given again: whoever took over a session might guess it so."""
    return [_together("proof", "10 per 5 minutes", who, deduct_when=refused)]


def exporting(who: Who) -> list[Limit]:
    """Copies of all personal data."""
    return [_together("export", "10 per hour", who)]


def calling_out(who: Who, **more: Any) -> list[Limit]:
    """Whatever makes us look up a name or call a server."""
    return [_together("call-out", "60 per hour", who, **more)]


def writing(who: Who, serves: Callable[[], bool]) -> list[Limit]:
    """Filing and answering: more than hands can type, less than a flood. Staff are trusted."""
    return [
        _together("writing", "300 per 10 minutes", who, exempt_when=serves, override_defaults=False)
    ]


def serves() -> bool:
    """Whether who is signed in is staff."""
    return bool(getattr(current_user, "is_staff", False))
