"""`/admin/users/<USR…>/second-factor`: remove the second factor of somebody who has lost it."""

from flask import flash, render_template
from werkzeug.wrappers import Response

from portal.admin import bp
from portal.admin.people.user_lookup import back, find
from portal.i18n import gettext as _
from portal.queries.people import second_factors
from portal.security import permissions
from portal.services.people import second_factor as services
from portal.web.change import change
from portal.web.people.confirm import confirmed
from portal.web.people.guards import permitted
from portal.web.people.sessions import actor


@bp.get("/users/<user:user_id>/second-factor")
@permitted(permissions.can_manage_people)
@confirmed
def second_factor(user_id: int) -> str:
    """What the person has set up, and the button."""
    permissions.require(user_id != actor().id)
    user = find(user_id)
    return render_template(
        "admin/people/second_factor.html",
        user=user,
        has_app=user.totp_counter is not None,
        passkeys=len(second_factors.passkeys_of(user.id)),
    )


@bp.post("/users/<user:user_id>/second-factor")
@permitted(permissions.can_manage_people)
@confirmed
def take_second_factor(user_id: int) -> Response:
    """Remove it: the person signs in with the password alone until they set up another."""
    with change():
        user = find(user_id)
        taken = services.reset_by_admin(actor=actor(), user=user)
    if taken:
        text = _("%(name)s is signed out, and signs in with the password alone.", name=user.name)
        flash(text, "success")
    else:
        flash(_("%(name)s has no second factor.", name=user.name), "info")
    return back(user)
