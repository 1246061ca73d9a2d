"""The last step of every sign-in: a session for who has proved enough, else the next question."""

from dataclasses import dataclass

from flask import session, url_for
from werkzeug.wrappers import Response

from portal.extensions import db
from portal.models.people import TokenPurpose, User, UserToken
from portal.security.people import tokens
from portal.services.people import accounts, second_factor
from portal.web.fragments import see_other
from portal.web.people import devices, sessions
from portal.web.rate_limits import limit_keys

_PENDING = "second_factor"


@dataclass
class Entry:
    """Somebody at the door, and where they want to go. Inside `begin_write()`; commits."""

    user: User
    remembered: bool
    wanted: str

    def by_password(self, renewed_hash: str | None) -> Response:
        """The password was right: in, or on to the code when there is a second factor."""
        if not second_factor.is_set_up(self.user):
            return self.enter(renewed_hash)
        token = second_factor.begin_sign_in(
            user=self.user, remembered=self.remembered, renewed_hash=renewed_hash
        )
        db.session.commit()
        # Opens nothing without a code.
        text = tokens.sign(TokenPurpose.SECOND_FACTOR, token)
        who = {"user": self.user.id, "epoch": self.user.epoch}
        session[_PENDING] = {"token": text, **who, "next": self.wanted}
        return see_other(url_for("auth.code"))

    def enter(self, renewed_hash: str | None = None) -> Response:
        """Everything was proved."""
        accounts.signed_in(user=self.user, renewed_hash=renewed_hash)
        sessions.start(self.user, remembered=self.remembered)
        db.session.commit()
        return see_other(self.wanted)


def pending() -> tuple[UserToken, User] | None:
    """Who has to give a code in this browser, while there is time."""
    return second_factor.pending_sign_in(session.get(_PENDING, {}).get("token", ""))


def pending_page() -> str:
    """Where that person wants to go."""
    return sessions.safe_next(str(session.get(_PENDING, {}).get("next", "")))


def by_pending() -> str:
    """For the limiter: the account whose code is being tried, in whichever browser."""
    who = session.get(_PENDING, {})
    return limit_keys.code_key(who["user"], who.get("epoch")) if who else ""


def by_pending_browser() -> str:
    """For the limiter: this browser, where the owner of that account has signed in before."""
    who = session.get(_PENDING, {})
    return limit_keys.browser_key(devices.number_for_account(who.get("user"), who.get("epoch")))


def forget_pending() -> None:
    """Nobody has to give a code here any more."""
    session.pop(_PENDING, None)
