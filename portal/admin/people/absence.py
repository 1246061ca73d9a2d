"""`/admin/users/<USR…>/absence`: a member of staff is away for some time."""

from flask import flash, render_template, url_for
from werkzeug.wrappers import Response

from portal.admin import bp
from portal.admin.people.user_lookup import find
from portal.errors import NotFound
from portal.models.people import Role, User
from portal.security import permissions
from portal.web.change import change
from portal.web.fragments import see_other
from portal.web.people.absence import AbsenceForm, last_day
from portal.web.people.guards import permitted
from portal.web.people.sessions import actor


@bp.get("/users/<user:user_id>/absence")
@permitted(permissions.can_manage_people)
def absence(user_id: int) -> str:
    person = _colleague(user_id)
    return _page(person, AbsenceForm(formdata=None, data=last_day(person)))


@bp.post("/users/<user:user_id>/absence")
@permitted(permissions.can_manage_people)
def save_absence(user_id: int) -> Response | tuple[str, int]:
    person, form = _colleague(user_id), AbsenceForm()
    if form.validate():
        with change(form):
            text = form.save(actor=actor(), user=_colleague(user_id))
    if form.errors:
        return _page(person, form), 422
    flash(text, "success")
    return see_other(url_for(".staff"))


def _colleague(user_id: int) -> User:
    """Raises NotFound for customers, who serve nobody."""
    person = find(user_id)
    if person.role == Role.CUSTOMER:
        raise NotFound
    return person


def _page(person: User, form: AbsenceForm) -> str:
    return render_template("admin/people/absence.html", person=person, form=form)
