"""`/admin/users/<USR…>/deletion`: have somebody's account deleted, by the rules of privacy."""

from flask import flash, render_template
from werkzeug.wrappers import Response

from portal.admin import bp
from portal.admin.people.user_lookup import back, find
from portal.i18n import gettext as _
from portal.queries.privacy import privacy_requests as queries
from portal.security import permissions
from portal.services.privacy import privacy_requests as services
from portal.web.change import change
from portal.web.people.confirm import confirmed
from portal.web.people.guards import permitted
from portal.web.people.sessions import actor


@bp.get("/users/<user:user_id>/deletion")
@permitted(permissions.can_manage_people)
@confirmed
def user_deletion(user_id: int) -> str:
    """What deleting does, and the button."""
    permissions.require(user_id != actor().id)
    person = find(user_id)
    waiting = queries.waiting_deletion(person.id)
    return render_template("admin/people/user_deletion.html", person=person, waiting=waiting)


@bp.post("/users/<user:user_id>/deletion")
@permitted(permissions.can_manage_people)
@confirmed
def ask_user_deletion(user_id: int) -> Response:
    with change():
        person = find(user_id)
        services.ask_deletion_of(actor=actor(), user=person)
    text = _("The account of %(name)s will be deleted in 14 days.", name=person.name)
    flash(text, "success")
    return back(person)


@bp.post("/users/<user:user_id>/deletion/undo")
@permitted(permissions.can_manage_people)
@confirmed
def undo_user_deletion(user_id: int) -> Response:
    with change():
        person = find(user_id)
        undone = services.undo_deletion_of(actor=actor(), user=person)
    text = _("The account of %(name)s stays.", name=person.name)
    flash(text, "success" if undone else "info")
    return back(person)
