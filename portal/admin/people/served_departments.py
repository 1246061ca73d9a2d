"""`/admin/users/<USR…>/departments`: which departments a member of staff serves."""

from flask import flash, render_template, url_for
from werkzeug.wrappers import Response

from portal.admin import bp
from portal.admin.people.user_lookup import find_account
from portal.errors import NotFound
from portal.i18n import gettext as _
from portal.i18n import lazy_gettext
from portal.models.people import Role, User
from portal.queries.tickets import departments as queries
from portal.security import permissions
from portal.services.tickets import departments as services
from portal.web.change import change
from portal.web.forms import CheckboxesField, Form
from portal.web.fragments import see_other
from portal.web.people.guards import permitted
from portal.web.people.sessions import actor


class ServedForm(Form):
    departments = CheckboxesField(lazy_gettext("Serves"), default=())

    def offer(self, rows: list[queries.DepartmentRow]) -> "ServedForm":
        self.departments.choices = [(str(row.id), row.name) for row in rows]
        return self


@bp.get("/users/<user:user_id>/departments")
@permitted(permissions.can_change_settings)
def served_departments(user_id: int) -> str:
    rows = queries.rows()
    served = [str(row.id) for row in rows if user_id in row.members]
    form = ServedForm(formdata=None, data={"departments": served}).offer(rows)
    return _page(_colleague(user_id), form)


@bp.post("/users/<user:user_id>/departments")
@permitted(permissions.can_change_settings)
def save_served_departments(user_id: int) -> Response | tuple[str, int]:
    person, form = _colleague(user_id), ServedForm().offer(queries.rows())
    if form.validate():
        with change(form):
            chosen = {int(department_id) for department_id in form.departments.data}
            services.serve(actor=actor(), user=_colleague(user_id), departments=chosen)
    if form.errors:
        return _page(person, form), 422
    flash(_("What %(name)s serves is saved.", name=person.name), "success")
    return see_other(url_for(".staff") if permissions.can_manage_people(actor()) else _here(person))


def _here(person: User) -> str:
    return url_for(".served_departments", user_id=person.id)


def _colleague(user_id: int) -> User:
    """Raises NotFound for customers, who serve nobody."""
    person = find_account(user_id)
    if person.role == Role.CUSTOMER:
        raise NotFound
    return person


def _page(person: User, form: ServedForm) -> str:
    return render_template("admin/people/served_departments.html", person=person, form=form)
