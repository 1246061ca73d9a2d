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
from portal.web.rate_limits.counts import (
    Attempt,
    Count,
    CountedBy,
    add,
    hashed_key,
    keys_of_request,
    note_key,
)
from portal.web.rate_limits.limit_keys import KeyFunction, by_address, by_everybody, by_network

log = logging.getLogger(__name__)
Limit = Callable[[Any], Any]
Predicate = Callable[[], bool]

# Wrong passwords.
SIGN_IN_BROWSER = Count(Attempt.SIGN_IN, CountedBy.BROWSER, "10 per 5 minutes")
SIGN_IN_ACCOUNT = Count(Attempt.SIGN_IN, CountedBy.ACCOUNT, "10 per 5 minutes")
SIGN_IN_ADDRESS = Count(Attempt.SIGN_IN, CountedBy.ADDRESS, "20 per 5 minutes")
SIGN_IN_EVERYBODY = Count(Attempt.SIGN_IN, CountedBy.EVERYBODY, "1000 per 5 minutes")
# An address, network or account that has reached one of these is suspicious.
RECENT_ADDRESS = Count(Attempt.RECENT_SIGN_IN, CountedBy.ADDRESS, "3 per hour")
RECENT_NETWORK = Count(Attempt.RECENT_SIGN_IN, CountedBy.NETWORK, "30 per hour")
RECENT_ACCOUNT = Count(Attempt.RECENT_SIGN_IN, CountedBy.ACCOUNT, "3 per hour")
# Wrong codes of the second factor.
CODE_BROWSER = Count(Attempt.CODE, CountedBy.BROWSER, "5 per 5 minutes; 50 per day")
CODE_ACCOUNT = Count(Attempt.CODE, CountedBy.ACCOUNT, "5 per 5 minutes; 50 per day")
CODE_ADDRESS = Count(Attempt.CODE, CountedBy.ADDRESS, "20 per 5 minutes")
# Invalid passkeys and tokens: they cannot be guessed, but each check costs CPU.
PASSKEY = Count(Attempt.PASSKEY, CountedBy.ADDRESS, "20 per 5 minutes")
PASSKEY_OPTIONS = Count(Attempt.PASSKEY_OPTIONS, CountedBy.ADDRESS, "60 per 5 minutes")
REFRESH = Count(Attempt.REFRESH, CountedBy.ADDRESS, "120 per 5 minutes")
TOKEN = Count(Attempt.TOKEN, CountedBy.ADDRESS, "120 per minute")
LINK = Count(Attempt.LINK, CountedBy.ADDRESS, "20 per hour")
# Step-up by password: somebody with a stolen session might guess there. Counted by session, so that
# they do not lock the owner out of others.
PROOF = Count(Attempt.PROOF, CountedBy.CREDENTIAL, "10 per 5 minutes")
FIRST_CODE = Count(Attempt.FIRST_CODE, CountedBy.CREDENTIAL, "10 per 5 minutes")
RECOVERY_CODES = Count(Attempt.RECOVERY_CODES, CountedBy.PERSON, "10 per hour")
# Requests that send mail, and their recipients.
REGISTER = Count(Attempt.REGISTER, CountedBy.ADDRESS, "20 per hour")
REGISTER_MAILS = Count(Attempt.REGISTER, CountedBy.RECIPIENT, "5 per hour")
REGISTER_EVERYBODY = Count(Attempt.REGISTER, CountedBy.EVERYBODY, "300 per hour")
FORGOT = Count(Attempt.FORGOT, CountedBy.ADDRESS, "20 per hour")
FORGOT_MAILS = Count(Attempt.FORGOT, CountedBy.RECIPIENT, "1 per 5 minutes; 5 per hour")
INVITE = Count(Attempt.INVITE, CountedBy.PERSON, "30 per hour")
INVITE_ORGANIZATION = Count(Attempt.INVITE, CountedBy.ORGANIZATION, "5 per hour")
PARTICIPANT = Count(Attempt.PARTICIPANT, CountedBy.PERSON, "30 per hour")
EMAIL_CHANGE = Count(Attempt.EMAIL_CHANGE, CountedBy.PERSON, "5 per hour")
UNREQUESTED_MAILS = Count(Attempt.UNREQUESTED, CountedBy.RECIPIENT, "5 per hour")
# What costs much CPU, or makes us call other servers.
EXPORT = Count(Attempt.EXPORT, CountedBy.PERSON, "10 per hour")
TABLE_EXPORT = Count(Attempt.TABLE_EXPORT, CountedBy.PERSON, "30 per hour")
OUTGOING_CALL = Count(Attempt.OUTGOING_CALL, CountedBy.PERSON, "60 per hour")
# Having a language model write: what it costs a day has a limit of its own.
MODEL_CALL = Count(Attempt.MODEL_CALL, CountedBy.PERSON, "20 per minute")
# Filing and answering: more than hands can type, less than a flood. Staff are exempt.
WRITING = Count(Attempt.WRITING, CountedBy.PERSON, "300 per 10 minutes")
# Saving drafts: a page does it once in a second while somebody types, on two devices at once.
DRAFT = Count(Attempt.DRAFT, CountedBy.PERSON, "120 per minute")
# Looking for earlier tickets: a page does it while a subject is typed.
EARLIER = Count(Attempt.EARLIER, CountedBy.PERSON, "60 per minute")
# Rendering what strangers write, as they write it.
PREVIEW = Count(Attempt.PREVIEW, CountedBy.ADDRESS, "60 per minute")
# Warnings in the log about full counts.
WARNING = Count(Attempt.WARNING, CountedBy.EVERYBODY, "1 per 5 minutes")
# Every other endpoint of the API, each counted by itself.
API = Count(Attempt.API, CountedBy.PERSON, lambda: str(current_app.config["API_LIMIT"]))

ALL = tuple(count for count in list(globals().values()) if isinstance(count, Count))


def limited_by(limits: Iterable[Limit]) -> Limit:
    """One decorator for several limits. What the first refuses does not add to the others."""

    def decorate(view: Any) -> Any:
        for limit in limits:
            view = limit(view)
        return view

    return decorate


def sign_in_limits(account: KeyFunction, browser: KeyFunction) -> list[Limit]:
    """Limits on wrong passwords. A browser that the owner has used has a count of its own.

    That is OWASP's "device cookies". All others are refused by shared counts only when their own
    address has failed recently: the right password from a clean address always signs in.
    """

    def has_few_failures() -> bool:
        key = note_key(RECENT_ACCOUNT, account())
        return _is_clean() or not RECENT_ACCOUNT.is_full(key)

    return [
        _attempt_limit(SIGN_IN_BROWSER, browser),
        _attempt_limit(SIGN_IN_ACCOUNT, _unless(browser, account), exempt=_is_clean),
        _attempt_limit(SIGN_IN_ADDRESS, _unless(browser, by_address)),
        _attempt_limit(SIGN_IN_EVERYBODY, _unless(browser, by_everybody), exempt=has_few_failures),
    ]


def count_wrong_password() -> None:
    """Count a wrong password; log a warning when the count of everybody is full."""
    current_app.extensions["lodge.metrics"].wrong_sign_ins.inc()
    if SIGN_IN_EVERYBODY in add(Attempt.SIGN_IN):
        warn_once("many wrong passwords from everywhere: those who failed of late have to wait")
    add(Attempt.RECENT_SIGN_IN)


def warn_once(what: str) -> None:
    """Log a warning, at most once in five minutes. It must not contain addresses."""
    if WARNING.add(hashed_key(what)):
        log.warning(what)


def code_limits(
    tried: KeyFunction, browser: KeyFunction, by_passkey: Predicate = lambda: False
) -> list[Limit]:
    """Limits on wrong codes of the second factor, which only who has the password can send.

    The account's count refuses clean addresses, too: six digits can be guessed from many. Its owner
    has other ways in: a known browser, a passkey (not counted here), and a new password, with which
    the count begins anew.
    """

    def typed(who: KeyFunction) -> KeyFunction:
        return lambda: "" if by_passkey() else who()

    return [
        _attempt_limit(CODE_BROWSER, typed(browser)),
        _attempt_limit(CODE_ACCOUNT, typed(_unless(browser, tried))),
        _attempt_limit(CODE_ADDRESS, _unless(typed(browser), by_address)),
    ]


def attempt_limits(count: Count, who: KeyFunction = by_address) -> list[Limit]:
    """A limit on attempts, which the view counts by `counts.add`."""
    return [_attempt_limit(count, who)]


def proof_limits(credential: KeyFunction) -> list[Limit]:
    """The limit on wrong passwords of somebody who is signed in (step-up)."""
    return attempt_limits(PROOF, credential)


def link_limits() -> list[Limit]:
    """The limit on mailed links that do not work; `portal.web.errors` counts them."""
    return attempt_limits(LINK)


def invitation_limits(who: KeyFunction, invited: KeyFunction) -> list[Limit]:
    """Limits on invitations by person and by invited address; a day's: `invitations.DAILY`."""
    return [_attempt_limit(INVITE_ORGANIZATION, invited), _attempt_limit(INVITE, who)]


def call_limits(count: Count, who: KeyFunction, **more: Any) -> list[Limit]:
    """A limit on requests: each one counts, whatever it comes to."""
    return [
        limiter.shared_limit(count.rate, count.scope, key_func=lambda: hashed_key(who()), **more)
    ]


def writing_limits(who: KeyFunction, is_staff: Predicate) -> list[Limit]:
    """The limit on filing and answering, in addition to the API's own."""
    return call_limits(WRITING, who, exempt_when=is_staff, override_defaults=False)


def limit_blueprint(bp: Blueprint, who: KeyFunction) -> None:
    """Limit the endpoints of `bp` that have no limit of their own, by person, not by API key."""
    limiter.limit(API.rate, scope=API.scope, key_func=lambda: hashed_key(who()))(bp)


def _attempt_limit(count: Count, who: KeyFunction, *, exempt: Predicate = lambda: False) -> Limit:
    """Refuse who has reached `count` and is not exempt. `counts.add` counts, not this."""

    def is_exempt() -> bool:
        return not note_key(count, who()) or exempt()

    limit: Limit = limiter.shared_limit(
        count.rate,
        count.scope,
        key_func=lambda: keys_of_request()[count],
        exempt_when=is_exempt,
        deduct_when=_never,
    )
    return limit


def _never(_response: Response) -> bool:
    return False


def _unless(known: KeyFunction, who: KeyFunction) -> KeyFunction:
    """The key by `who`; empty when `known` gives one."""
    return lambda: "" if known() else who()


def _is_clean() -> bool:
    """Whether the caller's address and network have sent few wrong passwords recently."""
    if "is_clean" not in g:
        recent = {RECENT_ADDRESS: by_address, RECENT_NETWORK: by_network}
        keys = {count: note_key(count, who()) for count, who in recent.items()}
        g.is_clean = not any(count.is_full(key) for count, key in keys.items())
    found: bool = g.is_clean
    return found
