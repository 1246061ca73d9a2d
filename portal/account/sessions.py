"""Sessions and programs on `/account/security`: list them, end one or all others."""

from flask import current_app, flash, url_for
from werkzeug.wrappers import Response

from portal.account import bp
from portal.i18n import gettext as _
from portal.i18n import ngettext
from portal.security.people import refresh_tokens, sessions
from portal.security.people.sessions import OpenSession
from portal.services.people import sessions as session_services
from portal.web.change import change
from portal.web.fragments import see_other
from portal.web.people import devices
from portal.web.people.confirm import confirmed
from portal.web.people.sessions import actor, own_user


def open_sessions() -> list[OpenSession]:
    """Sessions for `account/security/_sessions.html`, which calls this itself."""
    config = current_app.config
    return sessions.list_open(
        actor().id,
        token=actor().session_token,
        idle=config["SESSION_IDLE"],
        idle_remembered=config["SESSION_IDLE_REMEMBERED"],
    )


def open_programs() -> int:
    """The number of sign-ins by the API, for the same fragment."""
    return refresh_tokens.count_open(actor().id)


@bp.record_once
def _attach(state) -> None:  # type: ignore[no-untyped-def]
    state.app.jinja_env.globals.update(open_sessions=open_sessions, open_programs=open_programs)


@bp.post("/security/sessions/<id:session_id>/end")
@confirmed
def end_session(session_id: int) -> Response:
    """End one of the person's sessions, perhaps this one."""
    with change():
        user = own_user()
        session_services.end(actor=actor(), user=user, session_id=session_id)
    flash(_("That device is signed out."), "success")
    return see_other(url_for("account.security"))


@bp.post("/security/sessions/end-others")
@confirmed
def end_other_sessions() -> Response:
    """End all sessions but this one."""
    with change():
        user = own_user()
        count = session_services.end_others(actor=actor(), user=user)
        devices.remember(user)
    text = ngettext(
        "%(num)s other device is signed out.", "%(num)s other devices are signed out.", count
    )
    flash(text, "success")
    return see_other(url_for("account.security"))
