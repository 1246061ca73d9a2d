"""POST `/tickets/<number>/presence`: an open page says what its reader does, and hears of others.

For staff alone; customers get a 404.
"""

from flask import abort, current_app, request

from portal import request_context
from portal.errors import Invalid
from portal.i18n import ngettext
from portal.queries.people import users
from portal.queries.tickets.lists import ticket_rows
from portal.security import permissions
from portal.tickets import bp
from portal.web.live_updates.presence import Presence, State
from portal.web.people import sessions
from portal.web.people.sessions import actor


@bp.post("/<number>/presence")
def be_present(number: str) -> dict[str, str]:
    """`state` is reading, writing or gone; the answer says who else is writing and reading."""
    sessions.do_not_touch()
    who = actor()
    if not permissions.can_note(who):
        abort(404)
    ticket = ticket_rows.find(who, number)
    presence: Presence = current_app.extensions["lodge.presence"]
    page = request_context.current.get().page
    others = presence.beat(room(ticket.id), who.id, page, _state())
    names = {one.id: one.name for one in users.colleagues()} if others else {}
    writing, reading = (
        [names[of] for of, does in others.items() if does is state and of in names]
        for state in (State.WRITING, State.READING)
    )
    return {"writing": _writing(writing), "reading": _reading(reading)}


def room(ticket_id: int) -> str:
    """The name under which the pages of a ticket meet."""
    return f"ticket-{ticket_id}"


def _writing(names: list[str]) -> str:
    if not names:
        return ""
    return ngettext(
        "%(names)s is writing", "%(names)s are writing", len(names), names=", ".join(names)
    )


def _reading(names: list[str]) -> str:
    if not names:
        return ""
    return ngettext(
        "%(names)s is reading", "%(names)s are reading", len(names), names=", ".join(names)
    )


def _state() -> State:
    try:
        return State(request.form.get("state", ""))
    except ValueError:
        raise Invalid(state="unknown") from None
