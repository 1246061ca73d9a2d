"""The steps of signing in after the password: the second factor, then the session."""

from dataclasses import dataclass

from flask import session, url_for
from werkzeug.wrappers import Response

from portal.extensions import db
from portal.models.people import TokenPurpose, User, UserToken
from portal.security.people import tokens
from portal.services.people import accounts, pending_sign_ins, second_factor
from portal.web.fragments import see_other
from portal.web.people import devices, sessions
from portal.web.people.return_page import safe_next
from portal.web.rate_limits import limit_keys

_PENDING = "second_factor"


@dataclass
class SignIn:
    """Somebody who is signing in, and the page they want. Inside a write unit; commits."""

    user: User
    remembered: bool
    wanted: str

    def after_password(self, renewed_hash: str | None) -> Response:
        """Sign in, or ask for the second factor if there is one."""
        if not second_factor.is_set_up(self.user):
            return self.complete(renewed_hash)
        token = pending_sign_ins.begin(
            user=self.user, remembered=self.remembered, renewed_hash=renewed_hash
        )
        db.session.commit()
        # It is worthless without a code.
        text = tokens.sign(TokenPurpose.SECOND_FACTOR, token)
        who = {"user": self.user.id, "epoch": self.user.epoch}
        session[_PENDING] = {"token": text, **who, "next": self.wanted}
        return see_other(url_for("auth.code"))

    def complete(self, renewed_hash: str | None = None) -> Response:
        """Start the session and redirect to the wanted page."""
        accounts.record_sign_in(user=self.user, renewed_hash=renewed_hash)
        sessions.start(self.user, remembered=self.remembered)
        db.session.commit()
        return see_other(self.wanted)


def pending_sign_in() -> tuple[UserToken, User] | None:
    """(token, user) of the sign-in in this browser that waits for a code; None if it expired."""
    return pending_sign_ins.find(session.get(_PENDING, {}).get("token", ""))


def pending_page() -> str:
    """The page that the waiting person wants."""
    return safe_next(str(session.get(_PENDING, {}).get("next", "")))


def by_pending_account() -> str:
    """A key of rate limits: the account that waits for a code, in whichever browser."""
    who = session.get(_PENDING, {})
    return limit_keys.code_key(who["user"], who.get("epoch")) if who else ""


def by_pending_browser() -> str:
    """A key of rate limits: this browser, if it is one of that account's known ones."""
    who = session.get(_PENDING, {})
    return limit_keys.browser_key(devices.number_for_account(who.get("user"), who.get("epoch")))


def forget_pending() -> None:
    """Forget the sign-in that waits for a code."""
    session.pop(_PENDING, None)
