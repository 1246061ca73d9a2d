"""One case for each rate limit: the requests of strangers that fill it, and a rightful one."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import time_machine

from portal import clock
from portal.models.people import Actor
from portal.web.rate_limits import limits
from portal.web.rate_limits.counts import Count
from tests.cast import PASSWORD
from tests.limit_callers import (
    CODE,
    CONFIRM,
    FORGOT,
    GUESS,
    INVITE,
    LOGIN,
    MOVE,
    REGISTER,
    TOTP,
    ZOE,
    Caller,
    World,
)


@dataclass(frozen=True)
class LimitCase:
    """What fills the counts `fills`, and a rightful request that has to go through nevertheless.

    `vain(world, caller, email)` sends one request of a stranger, `right(world, caller, person)` a
    rightful one, which is answered with the status `done`. `stranger` names the member of the cast
    who is signed in for `vain`; empty: nobody. `people` are those who send the rightful request,
    with TOTP set up when `needs_app`. `knows_browsers`: a browser in which the person has signed
    in before is let through from the stranger's address, too.
    """

    fills: tuple[Count, ...]
    vain: Callable[[World, Caller, str], int]
    right: Callable[[World, Caller, Actor], int]
    done: int
    stranger: str = ""
    people: tuple[str, ...] = ("bob", "ann")
    needs_app: bool = False
    knows_browsers: bool = False


def _code(_world: World, who: Caller, email: str) -> int:
    assert who.signs_in(email) == 303
    return who.send(CODE, code="000000")


def _right_code(world: World, who: Caller, person: Actor) -> int:
    assert who.signs_in(person.email) == 303
    return who.send(CODE, code=next(world.codes))


def _reset(world: World, who: Caller, person: Actor) -> int:
    """A link works, whether this request or an earlier one sent it."""
    assert who.send(FORGOT, email=person.email) == 303
    return who.visitor.http.get(world.mailbox.link(person.email, "reset")).status_code


def _register(world: World, who: Caller, _person: Actor) -> int:
    assert who.send(REGISTER, email=ZOE) == 303
    assert max(world.waits(ZOE), default=0) <= 20
    with time_machine.travel(clock.now().timestamp() + 21 * 60):
        return who.visitor.http.get(world.mailbox.link(ZOE, "verify")).status_code


def _mailed(path: str, latest: int, **fields: str) -> Callable[[World, Caller, Any], int]:
    """A case that sends the form at `path`; one more mail is then due within `latest` minutes."""

    def done(world: World, who: Caller, _person: Any) -> int:
        before = len(world.waits(ZOE))
        status = who.send(path, email=ZOE, **fields)
        late = world.waits(ZOE)[before:]
        assert status == 429 or (len(late) == 1 and late[0] <= latest)
        return status

    return done


def _form(path: str, **fields: str) -> Callable[[World, Caller, Any], int]:
    return lambda _world, who, _named: who.send(path, **fields)


def _seen(path: str) -> Callable[[World, Caller, Any], int]:
    return lambda _world, who, _named: who.visitor.http.get(path).status_code


def _call(method: str, path: str, **body: str) -> Callable[[World, Caller, Any], int]:
    return lambda _world, who, _named: who.call(method, path, **body)


def _same(count: Count, case: Callable[[World, Caller, Any], int], done: int) -> LimitCase:
    """A case in which everybody sends the same request: Carl until the limit, then others."""
    return LimitCase((count,), case, case, done, stranger="carl")


_SIGN_IN = (
    limits.SIGN_IN_ACCOUNT,
    limits.SIGN_IN_ADDRESS,
    limits.SIGN_IN_EVERYBODY,
    limits.RECENT_ACCOUNT,
    limits.RECENT_ADDRESS,
    limits.RECENT_NETWORK,
)
_totp = _form(f"{TOTP}/confirm", code="000000")

LIMIT_CASES = {
    "signing in": LimitCase(
        _SIGN_IN,
        lambda _world, who, email: who.signs_in(email, "wrong"),
        lambda _world, who, person: who.signs_in(person.email),
        303,
        knows_browsers=True,
    ),
    "signing in by the API": LimitCase(
        _SIGN_IN,
        lambda _world, who, email: who.call("POST", LOGIN, email=email, password="wrong"),
        lambda _w, who, person: who.call("POST", LOGIN, email=person.email, password=PASSWORD),
        200,
    ),
    "a code": LimitCase(
        (limits.CODE_ACCOUNT, limits.CODE_ADDRESS),
        _code,
        _right_code,
        303,
        needs_app=True,
        knows_browsers=True,
    ),
    "a passkey": LimitCase((limits.PASSKEY,), _form("/auth/passkey"), _form("/auth/passkey"), 303),
    "a challenge": LimitCase(
        (limits.PASSKEY_OPTIONS,),
        _form("/auth/passkey/options"),
        _form("/auth/passkey/options"),
        200,
    ),
    "a refresh token": LimitCase(
        (limits.REFRESH,),
        _call("POST", "/auth/refresh", refresh_token="guess"),
        lambda w, who, p: who.call("POST", "/auth/refresh", refresh_token=w.refresh_token(p)),
        200,
    ),
    "a token": LimitCase(
        (limits.TOKEN,),
        _call("POST", "/auth/verify-token", token="guess"),
        _call("POST", "/auth/verify-token", token="guess"),
        200,
    ),
    "a link": LimitCase((limits.LINK,), _form(GUESS), _form(GUESS), 410),
    "a forgotten password": LimitCase(
        (limits.FORGOT, limits.FORGOT_MAILS),
        lambda _world, who, email: who.send(FORGOT, email=email),
        _reset,
        200,
    ),
    "registering": LimitCase(
        (limits.REGISTER, limits.REGISTER_MAILS, limits.REGISTER_EVERYBODY),
        _form(REGISTER, email=ZOE),
        _register,
        200,
    ),
    "inviting": LimitCase(
        (limits.INVITE, limits.INVITE_ORGANIZATION, limits.UNREQUESTED_MAILS),
        _form(INVITE, email=ZOE, role="user"),
        _mailed(INVITE, 4 * 60, role="user"),
        303,
        stranger="ada",
        people=("ann",),
    ),
    "moving": LimitCase(
        (limits.EMAIL_CHANGE, limits.UNREQUESTED_MAILS),
        _form(MOVE, email=ZOE, password=PASSWORD),
        _mailed(MOVE, 20, password=PASSWORD),
        303,
        stranger="carl",
    ),
    # Somebody sits at another session of Ann's, or has one of her programs.
    "a proof": LimitCase(
        (limits.PROOF,),
        _form(CONFIRM, password="wrong"),
        _form(CONFIRM, password=PASSWORD),
        303,
        stranger="ann",
    ),
    "a proof by the API": LimitCase(
        (limits.PROOF,),
        _call("POST", "/auth/api-key-reset", password="wrong"),
        _call("POST", "/auth/api-key-reset", password=PASSWORD),
        201,
        stranger="ann",
    ),
    "a first code": LimitCase(
        (limits.FIRST_CODE,),
        lambda world, who, named: who.send(TOTP) and _totp(world, who, named),
        lambda world, who, named: who.send(TOTP) and _totp(world, who, named),
        422,
        stranger="carl",
    ),
    "recovery codes": _same(limits.RECOVERY_CODES, _form("/account/security/codes"), 303),
    "a copy": _same(limits.EXPORT, _form("/account/privacy/exports"), 303),
    "a table": replace(
        _same(limits.TABLE_EXPORT, _form("/admin/exports"), 403), people=("sam",), stranger="ada"
    ),
    "a webhook": replace(
        _same(limits.OUTGOING_CALL, _form("/account/webhooks"), 422), people=("ann",)
    ),
    "a ticket": _same(limits.WRITING, _form("/tickets/new"), 422),
    "a participant": _same(
        limits.PARTICIPANT, _form("/tickets/REQ000001/participants", email=ZOE), 404
    ),
    "a language model": replace(
        _same(limits.MODEL_CALL, _form("/tickets/REQ000001/assistance", task="draft"), 404),
        people=("sam",),
        stranger="sue",
    ),
    "a draft": _same(limits.DRAFT, _form("/tickets/new/draft", message="Since Mon"), 303),
    "earlier tickets": _same(limits.EARLIER, _seen("/tickets/new/earlier"), 200),
    "a stranger's preview": replace(
        _same(limits.PREVIEW, _form("/auth/ask/preview", message="Since Mon"), 200), stranger="ann"
    ),
    "the API": _same(limits.API, _call("GET", "/users/me"), 200),
}
