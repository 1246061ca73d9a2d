"""Every rate limit of pages and API: what it counts, by which key, and whom it refuses.

Pages and API share their counts: whoever is refused on a page has no tries left through the API. So
the functions here take the functions that give the keys, which differ between the two
(`limit_keys`, `portal.api.authentication`).

Own counts are filled by nobody but those whom they refuse. Shared ones are filled by strangers
too: they refuse nobody by themselves, or only slow things down (`mail_rates`). A try counts when it
got as far as the check and was wrong, which the code that checks says by `add`.
"""

import logging
from collections.abc import Callable, Iterable
from typing import Any

from flask import Blueprint, Response, current_app, g

from portal.extensions import limiter
from portal.web.rate_limits.counts import By, Count, Of, add, keyed, note, noted
from portal.web.rate_limits.limit_keys import Who, by_address, by_everybody, by_network

log = logging.getLogger(__name__)
Limit = Callable[[Any], Any]
Asks = Callable[[], bool]

# Wrong passwords.
SIGN_IN_BROWSER = Count(Of.SIGN_IN, By.BROWSER, "10 per 5 minutes")
SIGN_IN_ACCOUNT = Count(Of.SIGN_IN, By.ACCOUNT, "10 per 5 minutes")
SIGN_IN_ADDRESS = Count(Of.SIGN_IN, By.ADDRESS, "20 per 5 minutes")
SIGN_IN_EVERYBODY = Count(Of.SIGN_IN, By.EVERYBODY, "1000 per 5 minutes")
# Who has reached one of these is suspicious, or is tried by somebody who is.
LATE_ADDRESS = Count(Of.SIGN_IN_OF_LATE, By.ADDRESS, "3 per hour")
LATE_NETWORK = Count(Of.SIGN_IN_OF_LATE, By.NETWORK, "30 per hour")
LATE_ACCOUNT = Count(Of.SIGN_IN_OF_LATE, By.ACCOUNT, "3 per hour")
# Wrong codes of the second factor.
CODE_BROWSER = Count(Of.CODE, By.BROWSER, "5 per 5 minutes; 50 per day")
CODE_ACCOUNT = Count(Of.CODE, By.ACCOUNT, "5 per 5 minutes; 50 per day")
CODE_ADDRESS = Count(Of.CODE, By.ADDRESS, "20 per 5 minutes")
# Passkeys and tokens that open nothing: they cannot be guessed, and each try costs us something.
PASSKEY = Count(Of.PASSKEY, By.ADDRESS, "20 per 5 minutes")
PASSKEY_OPTIONS = Count(Of.PASSKEY_OPTIONS, By.ADDRESS, "60 per 5 minutes")
REFRESH = Count(Of.REFRESH, By.ADDRESS, "120 per 5 minutes")
TOKEN = Count(Of.TOKEN, By.ADDRESS, "120 per minute")
LINK = Count(Of.LINK, By.ADDRESS, "20 per hour")
# The own password, given again: whoever took over one session might guess it there, and keeps
# nobody from the other ones.
PROOF = Count(Of.PROOF, By.CREDENTIAL, "10 per 5 minutes")
FIRST_CODE = Count(Of.FIRST_CODE, By.CREDENTIAL, "10 per 5 minutes")
RECOVERY_CODES = Count(Of.RECOVERY_CODES, By.PERSON, "10 per hour")
# Mails, and whom they go to.
REGISTER = Count(Of.REGISTER, By.ADDRESS, "20 per hour")
REGISTER_MAILS = Count(Of.REGISTER, By.RECIPIENT, "5 per hour")
REGISTER_EVERYBODY = Count(Of.REGISTER, By.EVERYBODY, "300 per hour")
FORGOT = Count(Of.FORGOT, By.ADDRESS, "20 per hour")
FORGOT_MAILS = Count(Of.FORGOT, By.RECIPIENT, "1 per 5 minutes; 5 per hour")
INVITE = Count(Of.INVITE, By.PERSON, "30 per hour")
INVITE_AGAIN = Count(Of.INVITE, By.ORGANIZATION, "5 per hour")
MOVE = Count(Of.MOVE, By.PERSON, "5 per hour")
UNASKED_MAILS = Count(Of.UNASKED, By.RECIPIENT, "5 per hour")
# What is hard work, or goes out from here.
EXPORT = Count(Of.EXPORT, By.PERSON, "10 per hour")
CALL_OUT = Count(Of.CALL_OUT, By.PERSON, "60 per hour")
# Filing and answering: more than hands can type, less than a flood. Staff are trusted.
WRITING = Count(Of.WRITING, By.PERSON, "300 per 10 minutes")
# What the log says of counts that are full.
WARNING = Count(Of.WARNING, By.EVERYBODY, "1 per 5 minutes")
# All else of the API, each endpoint by itself.
API = Count(Of.API, By.PERSON, lambda: str(current_app.config["API_LIMIT"]))

ALL = tuple(count for count in list(globals().values()) if isinstance(count, Count))


def all_of(limits: Iterable[Limit]) -> Limit:
    """One decorator for several limits. What the first refuses counts nowhere else."""

    def decorate(view: Any) -> Any:
        for limit in limits:
            view = limit(view)
        return view

    return decorate


def signing_in(tried: Who, browser: Who) -> list[Limit]:
    """Passwords: a browser that the owner has used counts for itself (OWASP, "device cookies").

    Of the others, strangers' tries at an account or anywhere refuse those alone who have failed
    of late themselves: the right password from a clean address always opens.
    """

    def seldom_tried() -> bool:
        late = note(LATE_ACCOUNT, tried())
        return _is_clean() or not LATE_ACCOUNT.is_full(late)

    return [
        _tries(SIGN_IN_BROWSER, browser),
        _tries(SIGN_IN_ACCOUNT, _unless(browser, tried), spared=_is_clean),
        _tries(SIGN_IN_ADDRESS, _unless(browser, by_address)),
        _tries(SIGN_IN_EVERYBODY, _unless(browser, by_everybody), spared=seldom_tried),
    ]


def wrong_password() -> None:
    """Count a wrong password, and say so when all the world has given too many."""
    current_app.extensions["lodge.metrics"].wrong_sign_ins.inc()
    if SIGN_IN_EVERYBODY in add(Of.SIGN_IN):
        warn_once("many wrong passwords from everywhere: those who failed of late have to wait")
    add(Of.SIGN_IN_OF_LATE)


def warn_once(what: str) -> None:
    """Once in five minutes, and without anybody's address."""
    if WARNING.add(keyed(what)):
        log.warning(what)


def giving_code(tried: Who, browser: Who, by_passkey: Asks = lambda: False) -> list[Limit]:
    """Codes of the second factor, which only those can try who have the password.

    The account's count refuses clean addresses too, for six digits can be guessed from many. Its
    owner has other ways in: a browser that is known, a passkey, which none of these counts, and
    another password, after which the count begins anew.
    """

    def typed(who: Who) -> Who:
        return lambda: "" if by_passkey() else who()

    return [
        _tries(CODE_BROWSER, typed(browser)),
        _tries(CODE_ACCOUNT, typed(_unless(browser, tried))),
        _tries(CODE_ADDRESS, _unless(typed(browser), by_address)),
    ]


def trying(count: Count, who: Who = by_address) -> list[Limit]:
    """What is tried, or asked for, by those who are refused: what `add` names counts."""
    return [_tries(count, who)]


def proving(credential: Who) -> list[Limit]:
    """The own password, given again."""
    return trying(PROOF, credential)


def resetting() -> list[Limit]:
    """Links: those count that open nothing, see `portal.web.errors`."""
    return trying(LINK)


def inviting(who: Who, invited: Who) -> list[Limit]:
    """Mails to people who never asked for one. How many a day: `invitations.DAILY`."""
    return [_tries(INVITE_AGAIN, invited), _tries(INVITE, who)]


def doing(count: Count, who: Who, **more: Any) -> list[Limit]:
    """What counts each time, whatever becomes of it."""
    return [limiter.shared_limit(count.each, count.scope, key_func=lambda: keyed(who()), **more)]


def writing(who: Who, serves: Asks) -> list[Limit]:
    """Filing and answering, beside the API's own limit."""
    return doing(WRITING, who, exempt_when=serves, override_defaults=False)


def share(bp: Blueprint, who: Who) -> None:
    """Limit what has no limit of its own: so much for each person, however many their keys."""
    limiter.limit(API.each, scope=API.scope, key_func=lambda: keyed(who()))(bp)


def _tries(count: Count, who: Who, *, spared: Asks = lambda: False) -> Limit:
    """Refuse who has reached `count` and is not spared; what `add` names counts for all of them."""

    def is_exempt() -> bool:
        return not note(count, who()) or spared()

    limit: Limit = limiter.shared_limit(
        count.each,
        count.scope,
        key_func=lambda: noted()[count],
        exempt_when=is_exempt,
        # So that looking is no try; see `add`.
        deduct_when=_never,
    )
    return limit


def _never(_response: Response) -> bool:
    return False


def _unless(known: Who, who: Who) -> Who:
    """`who`, where nobody is known."""
    return lambda: "" if known() else who()


def _is_clean() -> bool:
    """Whether the address that asks has given few wrong passwords of late, to whatever account."""
    if "is_clean" not in g:
        late = {LATE_ADDRESS: by_address, LATE_NETWORK: by_network}
        keys = {count: note(count, who()) for count, who in late.items()}
        g.is_clean = not any(count.is_full(key) for count, key in keys.items())
    found: bool = g.is_clean
    return found
