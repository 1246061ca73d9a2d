"""What each limit is about: what strangers do in vain, and others rightly."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import time_machine

from portal import clock
from portal.models.people import Actor
from portal.web import limits
from portal.web.counts import Count
from tests.cast import PASSWORD
from tests.limited import (
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
    Somebody,
    World,
)


@dataclass(frozen=True)
class Deed:
    """What strangers do in vain, and what somebody whom that is not about does rightly.

    `vain` is given an address, as strangers can name it; `done` is what `right` is answered.
    `stranger` is who is signed in where that is needed, else nobody. `people` do it rightly, and
    have an app if need be; where browsers are known, from where a stranger tries as well.
    """

    fills: tuple[Count, ...]
    vain: Callable[[World, Somebody, str], int]
    right: Callable[[World, Somebody, Actor], int]
    done: int
    stranger: str = ""
    people: tuple[str, ...] = ("bob", "ann")
    needs_app: bool = False
    knows_browsers: bool = False


def _code(_world: World, who: Somebody, email: str) -> int:
    assert who.signs_in(email) == 303
    return who.send(CODE, code="000000")


def _right_code(world: World, who: Somebody, person: Actor) -> int:
    assert who.signs_in(person.email) == 303
    return who.send(CODE, code=next(world.codes))


def _reset(world: World, who: Somebody, person: Actor) -> int:
    """Whoever asked before: there is a link that works."""
    assert who.send(FORGOT, email=person.email) == 303
    return who.visitor.http.get(world.post.link(person.email, "reset")).status_code


def _register(world: World, who: Somebody, _person: Actor) -> int:
    assert who.send(REGISTER, email=ZOE) == 303
    assert max(world.waits(ZOE), default=0) <= 20
    with time_machine.travel(clock.now().timestamp() + 21 * 60):
        return who.visitor.http.get(world.post.link(ZOE, "verify")).status_code


def _mailed(path: str, latest: int, **fields: str) -> Callable[[World, Somebody, Any], int]:
    """Sends the form, after which one more mail is owed within so many minutes."""

    def done(world: World, who: Somebody, _person: Any) -> int:
        before = len(world.waits(ZOE))
        status = who.send(path, email=ZOE, **fields)
        late = world.waits(ZOE)[before:]
        assert status == 429 or (len(late) == 1 and late[0] <= latest)
        return status

    return done


def _form(path: str, **fields: str) -> Callable[[World, Somebody, Any], int]:
    return lambda _world, who, _named: who.send(path, **fields)


def _call(method: str, path: str, **body: str) -> Callable[[World, Somebody, Any], int]:
    return lambda _world, who, _named: who.call(method, path, **body)


def _same(count: Count, deed: Callable[[World, Somebody, Any], int], done: int) -> Deed:
    """What counts for whoever does it: Carl, and then others."""
    return Deed((count,), deed, deed, done, stranger="carl")


_SIGN_IN = (
    limits.SIGN_IN_ACCOUNT,
    limits.SIGN_IN_ADDRESS,
    limits.SIGN_IN_EVERYBODY,
    limits.LATE_ACCOUNT,
    limits.LATE_ADDRESS,
    limits.LATE_NETWORK,
)
_totp = _form(f"{TOTP}/confirm", code="000000")

DEEDS = {
    "signing in": Deed(
        _SIGN_IN,
        lambda _world, who, email: who.signs_in(email, "wrong"),
        lambda _world, who, person: who.signs_in(person.email),
        303,
        knows_browsers=True,
    ),
    "signing in by the API": Deed(
        _SIGN_IN,
        lambda _world, who, email: who.call("POST", LOGIN, email=email, password="wrong"),
        lambda _w, who, person: who.call("POST", LOGIN, email=person.email, password=PASSWORD),
        200,
    ),
    "a code": Deed(
        (limits.CODE_ACCOUNT, limits.CODE_ADDRESS),
        _code,
        _right_code,
        303,
        needs_app=True,
        knows_browsers=True,
    ),
    "a passkey": Deed((limits.PASSKEY,), _form("/auth/passkey"), _form("/auth/passkey"), 303),
    "a challenge": Deed(
        (limits.PASSKEY_OPTIONS,),
        _form("/auth/passkey/options"),
        _form("/auth/passkey/options"),
        200,
    ),
    "a refresh token": Deed(
        (limits.REFRESH,),
        _call("POST", "/auth/refresh", refresh_token="guess"),
        lambda w, who, p: who.call("POST", "/auth/refresh", refresh_token=w.refresh_token(p)),
        200,
    ),
    "a token": Deed(
        (limits.TOKEN,),
        _call("POST", "/auth/verify-token", token="guess"),
        _call("POST", "/auth/verify-token", token="guess"),
        200,
    ),
    "a link": Deed((limits.LINK,), _form(GUESS), _form(GUESS), 410),
    "a forgotten password": Deed(
        (limits.FORGOT, limits.FORGOT_MAILS),
        lambda _world, who, email: who.send(FORGOT, email=email),
        _reset,
        200,
    ),
    "registering": Deed(
        (limits.REGISTER, limits.REGISTER_MAILS, limits.REGISTER_EVERYBODY),
        _form(REGISTER, email=ZOE),
        _register,
        200,
    ),
    "inviting": Deed(
        (limits.INVITE, limits.INVITE_AGAIN, limits.UNASKED_MAILS),
        _form(INVITE, email=ZOE, role="user"),
        _mailed(INVITE, 4 * 60, role="user"),
        303,
        stranger="ada",
        people=("ann",),
    ),
    "moving": Deed(
        (limits.MOVE, limits.UNASKED_MAILS),
        _form(MOVE, email=ZOE, password=PASSWORD),
        _mailed(MOVE, 20, password=PASSWORD),
        303,
        stranger="carl",
    ),
    # Somebody sits at another session of Ann's, or has one of her programs.
    "a proof": Deed(
        (limits.PROOF,),
        _form(CONFIRM, password="wrong"),
        _form(CONFIRM, password=PASSWORD),
        303,
        stranger="ann",
    ),
    "a proof by the API": Deed(
        (limits.PROOF,),
        _call("POST", "/auth/api-key-reset", password="wrong"),
        _call("POST", "/auth/api-key-reset", password=PASSWORD),
        201,
        stranger="ann",
    ),
    "a first code": Deed(
        (limits.FIRST_CODE,),
        lambda world, who, named: who.send(TOTP) and _totp(world, who, named),
        lambda world, who, named: who.send(TOTP) and _totp(world, who, named),
        422,
        stranger="carl",
    ),
    "recovery codes": _same(limits.RECOVERY_CODES, _form("/account/security/codes"), 303),
    "a copy": _same(limits.EXPORT, _form("/account/privacy/exports"), 303),
    "a webhook": replace(_same(limits.CALL_OUT, _form("/account/webhooks"), 422), people=("ann",)),
    "a ticket": _same(limits.WRITING, _form("/tickets/new"), 422),
    "the API": _same(limits.API, _call("GET", "/users/me"), 200),
}
