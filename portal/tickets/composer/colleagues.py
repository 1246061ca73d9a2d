"""`/tickets/colleagues`: whom a note may name, for the list that opens while one writes `@`."""

from flask import abort, render_template

from portal.queries.people import users
from portal.security import permissions
from portal.tickets import bp
from portal.web.people.sessions import actor


@bp.get("/colleagues")
def colleagues() -> str:
    """Everybody active on the staff but oneself. Customers get a 404."""
    if not permissions.can_note(actor()):
        abort(404)
    others = [one for one in users.colleagues() if one.id != actor().id]
    return render_template(
        "tickets/_colleagues.html", colleagues=sorted(others, key=lambda one: one.name.casefold())
    )
