"""Who is asking: from the cookie's token to an Actor, one query a request.

Flask-Login carries the token of a session row where others carry a user id, so a cookie is worth
what its row is worth. The pages' cookie is never looked at by the API.
"""

import re
from datetime import datetime
from urllib.parse import urlsplit

from flask import (
    Flask,
    Request,
    Response,
    abort,
    current_app,
    g,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface, SessionMixin
from flask_login import current_user, login_user, logout_user
from htmx_flask import request as htmx_request
from werkzeug.wrappers import Response as AnyResponse

from portal import clock, request_context
from portal.errors import Forbidden
from portal.extensions import begin_write, db, login_manager, take_turn
from portal.models.people import Actor, User
from portal.security.people import sessions
from portal.web import problems
from portal.web.people import devices

# What an open page calls itself.
_PAGE = re.compile(r"[0-9a-f]{16}", re.ASCII)


class _Cookies(SecureCookieSessionInterface):
    """Flask's own cookie, for pages alone."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        """Nothing for the API, whatever cookie is sent along."""
        return None if problems.wanted() else super().open_session(app, request)

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """Nothing with a file that is the same for everybody, and that others may keep."""
        if not response.headers.get("Cache-Control", "").startswith("public"):
            super().save_session(app, session, response)


def attach(app: Flask) -> None:
    """Teach Flask-Login our sessions, and what a stranger is told."""
    app.session_interface = _Cookies()
    login_manager.session_protection = None  # the row is the protection
    login_manager.user_loader(_load)
    login_manager.unauthorized_handler(_ask_to_sign_in)
    app.before_request(_note_origin)
    app.after_request(_touch)


def actor() -> Actor:
    """The signed-in user. Only behind a guard."""
    user: Actor = current_user._get_current_object()
    return user


def guard_signed_in() -> AnyResponse | None:
    """A blueprint's `before_request`: strangers are asked to sign in."""
    if current_user.is_authenticated:
        return None
    answer: AnyResponse = login_manager.unauthorized()
    return answer


def guard_staff() -> AnyResponse | None:
    """For what customers need not know to exist: they get a 404."""
    return guard_signed_in() or (None if current_user.is_staff else abort(404))


def guard_admin() -> AnyResponse | None:
    """Staff know that admins exist: they are told they lack the right; customers get a 404."""
    if (answer := guard_staff()) is not None:
        return answer
    if not current_user.is_admin:
        raise Forbidden
    return None


def go_on(user: User) -> None:
    """A new session for who is signed in here, because the former ended with other rights.

    It is as remembered as that one, and no fresher: nothing was proved.
    """
    start(user, remembered=session.permanent, confirmed_at=actor().confirmed_at)


def start(user: User, *, remembered: bool, confirmed_at: datetime | None = None) -> None:
    """Sign `user` in here, under a new session and a new CSRF secret (ASVS 7.2.4).

    `confirmed_at` is when they proved to be there, now by default.
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
    """Sign out here: the row goes, and what the browser holds is worthless.

    Answers whether somebody was signed in until now.
    """
    token = session.get("_user_id")
    ended = token is not None and sessions.end(token)
    logout_user()
    session.clear()
    return ended


def begin_change() -> None:
    """`begin_write` for what a person does: who they are and what they may do is read again.

    A body may take minutes to arrive, and rights may be taken meanwhile. Who is not signed in any
    more is answered as by the guard. A stranger stays one. Of one person's changes each begins with
    what the one before it has left.
    """
    begin_write()
    if not current_user.is_authenticated:
        return
    take_turn(actor().id)
    renewed = _load(actor().session_token)
    if renewed is None:
        g._login_user = login_manager.anonymous_user()
        abort(_ask_to_sign_in())
    g._login_user = renewed


def _note_origin() -> None:
    page = request.environ.get("HTTP_X_PAGE", "")
    request_context.current.set(
        request_context.Origin(
            request.remote_addr or "",
            request.environ.get("HTTP_USER_AGENT", "")[:300],
            page if _PAGE.fullmatch(page) else "",
        )
    )


def leave_alone() -> None:
    """What is asked for is no sign that anybody is there: the session grows old."""
    g.pop("session_last_seen", None)


def ask_no_more() -> None:
    """Who is not known by now is a stranger for the rest of this request: no database is asked."""
    if "_login_user" not in g:  # Flask-Login's own
        g._login_user = login_manager.anonymous_user()


def find(token: str) -> Actor | None:
    """Who is signed in under `token` now, without a trace: for who watches a page of theirs."""
    found = _found(token)
    return None if found is None else found[0]


def _load(token: str) -> Actor | None:
    found = _found(token)
    if found is None:
        return None
    g.session_last_seen = found[1]
    return found[0]


def _found(token: str) -> tuple[Actor, datetime] | None:
    config = current_app.config
    return sessions.load(
        token, idle=config["SESSION_IDLE"], idle_remembered=config["SESSION_IDLE_REMEMBERED"]
    )


def _ask_to_sign_in() -> AnyResponse:
    """Pages go to the sign-in page and come back; a fragment makes the whole page go there."""
    url = url_for("auth.login", next=page_of_request())
    if "text/event-stream" in request.accept_mimetypes.values():
        return Response(status=204)  # a browser neither shows it nor asks again
    if htmx_request.htmx:
        # A redirect would be followed inside the fragment: the sign-in form within the table.
        return Response(status=401, headers={"HX-Redirect": url})
    if text := written():
        return Response(render_template("errors/ended.html", text=text, url=url), 401)
    return redirect(url, 303)


def written() -> str:
    """What somebody wrote who cannot be served: it would be lost on the way.

    Shown to copy, and kept nowhere: who signs in next at this browser may be somebody else. The
    token of the form has been checked, so it was typed on a page of ours.
    """
    if request.method != "POST" or "_user_id" not in session:
        return ""
    message = (request.form.get("message") or request.form.get("comment", "")).strip()
    return f"{request.form.get('subject', '')}\n\n{message}".strip() if message else ""


def page_of_request() -> str | None:
    """The page that somebody is on who sent this request: where to come back to."""
    if htmx_request.htmx:
        return _path(request.headers.get("HX-Current-URL"))
    return request.full_path.rstrip("?") if request.method == "GET" else _path(request.referrer)


def _path(url: str | None) -> str | None:
    """The path and query of the page that a request came from, to come back to."""
    try:
        parts = urlsplit(url or "")
    except ValueError:
        return None
    return f"{parts.path}?{parts.query}".rstrip("?") or None


def _touch(response: Response) -> Response:
    """Write down now and then that a session is in use. What a page asks by itself is no use."""
    last_seen = g.pop("session_last_seen", None)
    if last_seen is None or "HTTP_X_BACKGROUND" in request.environ:
        return response
    if clock.now() - last_seen < sessions.TOUCH_EVERY:
        return response
    if response.status_code < 500 and (token := session.get("_user_id")):
        begin_write()
        sessions.touch(token)
        db.session.commit()
    return response


def safe_next(target: str) -> str:
    r"""`target` when it is a path on this site, else the start page.

    By rules on the text, not a URL parser: `/\evil` and `//evil` look like paths to those.
    """
    plain = target.isprintable() and "\\" not in target and len(target) < 2000
    if plain and target.startswith("/") and not target.startswith("//"):
        return target
    return url_for("home")
