"""Sign-in of pages: from the session cookie to an Actor, by one query a request.

Flask-Login carries the token of a session row where others carry a user id, so a cookie is worth
what its row is worth. The API never looks at the cookie.
"""

import re
from contextlib import suppress
from datetime import datetime
from functools import cache

from flask import (
    Flask,
    Request,
    Response,
    abort,
    current_app,
    g,
    request,
    session,
)
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface, SessionMixin
from flask_login import current_user, login_user, logout_user
from itsdangerous import URLSafeTimedSerializer

from portal import clock, request_context
from portal.errors import ReadOnlyDesk
from portal.extensions import begin_write, db, lock_person, login_manager
from portal.models.people import Actor, User
from portal.security.people import sessions
from portal.web import problems
from portal.web.current import current_request
from portal.web.middleware.headers import vary_by
from portal.web.people import devices
from portal.web.people.guards import ask_to_sign_in

# The id that an open page sends as X-Page.
_PAGE = re.compile(r"[0-9a-f]{16}", re.ASCII)


class _PageCookies(SecureCookieSessionInterface):
    """Flask's session cookie, for pages alone."""

    @cache  # noqa: B019 - an application has one of these, and as many keys as it began with
    def get_signing_serializer(self, app: Flask) -> URLSafeTimedSerializer | None:
        """As Flask makes it for each request, which derives its keys anew."""
        return super().get_signing_serializer(app)

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        """None for the API, whatever cookie is sent."""
        return None if problems.is_api_request() else super().open_session(app, request)

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """Set no cookie on responses that others may cache."""
        if response.headers.get("Cache-Control", "").startswith("public"):
            return
        if session.modified or session.permanent:
            super().save_session(app, session, response)
        elif session.accessed:
            # As usual: Flask would read its settings of cookies, and parse Vary, to find that out.
            vary_by(response, "Cookie")


def attach(app: Flask) -> None:
    """Register our session lookup with Flask-Login."""
    app.session_interface = _PageCookies()
    login_manager.user_loader(_load_actor)
    login_manager.unauthorized_handler(ask_to_sign_in)
    app.before_request(_set_request_context)
    app.after_request(_touch)


def actor() -> Actor:
    """The signed-in user. Only behind a guard."""
    user: Actor = g._login_user  # where Flask-Login has it since the guard has asked
    return user


def own_user() -> User:
    """The row of the signed-in user. Only behind a guard."""
    return db.session.get_one(User, actor().id)


def renew_session(user: User) -> None:
    """Start a new session for the signed-in person, whose rights changed and ended the former.

    It keeps the former's persistence and time of proof.
    """
    start(user, remembered=session.permanent, confirmed_at=actor().confirmed_at)


def start(user: User, *, remembered: bool, confirmed_at: datetime | None = None) -> None:
    """Sign `user` in here, under a new session and a new CSRF secret (ASVS 7.2.4).

    `confirmed_at` is when they last gave a proof; now by default.
    """
    if old := session.get("_user_id"):
        sessions.end(old)
    session.clear()
    token = sessions.start(
        user,
        remembered=remembered,
        lifetime=current_app.config["SESSION_ABSOLUTE"],
        address=request.remote_addr or "",
        user_agent=request.user_agent.string,
        confirmed_at=confirmed_at,
    )
    session.permanent = remembered
    signed_in = user.actor
    devices.remember(user)
    login_user(Actor(**{f: getattr(signed_in, f) for f in _FIELDS} | {"session_token": token}))


_FIELDS = [name for name in Actor.__slots__ if name != "session_token"]


def end() -> bool:
    """Sign out here: delete the session's row. Returns whether there was one."""
    token = session.get("_user_id")
    ended = token is not None and sessions.end(token)
    logout_user()
    session.clear()
    return ended


def begin_change() -> None:
    """`begin_write`, then read session and rights of the signed-in person again.

    A body may take minutes to arrive, and rights may be taken meanwhile. Who is not signed in any
    more is answered as by the guard. Changes of one person wait for one another.
    """
    begin_write()
    if not current_user.is_authenticated:
        return
    lock_person(actor().id)
    renewed = _load_actor(actor().session_token)
    if renewed is None:
        g._login_user = login_manager.anonymous_user()
        abort(ask_to_sign_in())
    g._login_user = renewed


def _set_request_context() -> None:
    asked = current_request()
    page = asked.environ.get("HTTP_X_PAGE", "")
    request_context.current.set(
        request_context.Origin(
            asked.remote_addr or "",
            asked.environ.get("HTTP_USER_AGENT", "")[:300],
            page if _PAGE.fullmatch(page) else "",
        )
    )


def do_not_touch() -> None:
    """Do not count this request as activity of the session."""
    g.pop("session_last_seen", None)


def stop_lookup() -> None:
    """Treat the rest of this request as signed out, unless the session was looked up already."""
    if "_login_user" not in g:  # Flask-Login's own
        g._login_user = login_manager.anonymous_user()


def find_actor(token: str) -> Actor | None:
    """Who is signed in under `token`, without counting it as activity."""
    found = _lookup(token)
    return None if found is None else found[0]


def _load_actor(token: str) -> Actor | None:
    found = _lookup(token)
    if found is None:
        return None
    g.session_last_seen = found[1]
    return found[0]


def _lookup(token: str) -> tuple[Actor, datetime] | None:
    config = current_app.config
    return sessions.load(
        token, idle=config["SESSION_IDLE"], idle_remembered=config["SESSION_IDLE_REMEMBERED"]
    )


def _touch(response: Response) -> Response:
    """Record at times that the session is in use, but not for what a page requests by itself."""
    last_seen = g.pop("session_last_seen", None)
    if last_seen is None or "HTTP_X_BACKGROUND" in request.environ:
        return response
    if clock.now() - last_seen < sessions.TOUCH_EVERY:
        return response
    if response.status_code < 500 and (token := session.get("_user_id")):
        with suppress(ReadOnlyDesk):
            begin_write()
            sessions.touch(token)
            db.session.commit()
    return response
