"""`/admin/departments`: names, order, who serves each, and who gets its new tickets.

The types of tickets stand on the same page.
"""

from typing import Any

from flask import flash, render_template, request, url_for
from werkzeug.wrappers import Response

from portal.admin import bp, ticket_type_forms
from portal.errors import Invalid
from portal.i18n import gettext as _
from portal.i18n import lazy_gettext
from portal.models.tickets.ticket import MAX_DEPARTMENT
from portal.queries.people import users
from portal.queries.tickets import departments as queries
from portal.security import permissions
from portal.services.tickets import departments as services
from portal.web.change import change
from portal.web.forms import CheckboxesField, ChoiceField, Form, LineField
from portal.web.fragments import see_other
from portal.web.people.guards import permitted
from portal.web.people.sessions import actor

Answer = str | Response | tuple[str, int]


class NewDepartmentForm(Form):
    name = LineField(
        lazy_gettext("Name of the department"),
        id="new-department",
        max_length=MAX_DEPARTMENT,
        needed=True,
    )


class DepartmentForm(Form):
    """One of the list; `staff` are (id, name) of those who may serve it."""

    name = LineField(lazy_gettext("Name of the department"), max_length=MAX_DEPARTMENT, needed=True)
    default_assignee = ChoiceField(lazy_gettext("Who gets its new tickets"), pairs=(), default="")
    members = CheckboxesField(lazy_gettext("Who serves it"), default=())

    def offer(self, department_id: int, staff: tuple[tuple[int, str], ...]) -> "DepartmentForm":
        """All forms stand on one page: their fields have ids of their own there."""
        for field in self:
            field.id = field.label.field_id = f"d{department_id}-{field.name}"
        people = [(str(user_id), name) for user_id, name in staff]
        self.default_assignee.pairs = (("", _("Nobody")), *people)
        self.members.choices = people
        return self

    def values(self) -> dict[str, Any]:
        assignee = self.default_assignee.data
        return {
            "name": self.name.data,
            "default_assignee": int(assignee) if assignee else None,
            "members": [int(user_id) for user_id in self.members.data],
        }


@bp.get("/departments")
@permitted(permissions.can_change_settings)
def departments() -> str:
    return page()


@bp.post("/departments")
@permitted(permissions.can_change_settings)
def create_department() -> Answer:
    form = NewDepartmentForm()
    if form.validate():
        with change(form):
            services.create(actor=actor(), name=form.name.data)
    if form.errors:
        return page(form), 422
    flash(_("%(name)s is added.", name=form.name.data), "success")
    return see_other(url_for(".departments"))


@bp.post("/departments/<id:department_id>")
@permitted(permissions.can_change_settings)
def change_department(department_id: int) -> Answer:
    form = DepartmentForm().offer(department_id, users.assignees())
    queries.find(department_id)
    if form.validate():
        with change(form):
            services.change(actor=actor(), department=queries.find(department_id), **form.values())
    if form.errors:
        return page(sent={department_id: form}), 422
    flash(_("%(name)s is saved.", name=form.name.data), "success")
    return see_other(url_for(".departments", _anchor=f"department-{department_id}"))


@bp.post("/departments/<id:department_id>/move")
@permitted(permissions.can_change_settings)
def move_department(department_id: int) -> Response:
    by = request.form.get("by", "")
    if by not in {"up", "down"}:
        raise Invalid(by="unknown")
    with change():
        department = queries.find(department_id)
        services.move(actor=actor(), department=department, by=-1 if by == "up" else 1)
    flash(_("“%(name)s” has moved.", name=department.name), "success")
    return see_other(url_for(".departments", _anchor=f"department-{department_id}"))


@bp.post("/departments/<id:department_id>/delete")
@permitted(permissions.can_change_settings)
def remove_department(department_id: int) -> Response:
    """Offer it no more. Tickets keep it, so the button needs no question."""
    with change():
        department = queries.find(department_id)
        services.remove(actor=actor(), department=department)
    flash(_("%(name)s is not offered any more. Its tickets keep it.", name=department.name), "info")
    return see_other(url_for(".departments"))


def page(
    new: NewDepartmentForm | None = None,
    sent: dict[int, DepartmentForm] | None = None,
    types: dict[str, Any] | None = None,
) -> str:
    """Departments and types; with what was sent and refused."""
    staff = users.assignees()
    names = dict(staff)
    rows = queries.rows()
    return render_template(
        "admin/departments.html",
        new=new or NewDepartmentForm(formdata=None),
        **(types or ticket_type_forms.context()),
        rows=[
            {
                "id": row.id,
                "name": row.name,
                "former": row.former_name,
                "open": row.id in (sent or {}),
                "assignee": names.get(row.default_assignee_id or 0, ""),
                "members": [names[user_id] for user_id in row.members if user_id in names],
                "form": (sent or {}).get(row.id) or _form_of(row, staff),
                "first": at == 0,
                "last": at == len(rows) - 1,
            }
            for at, row in enumerate(rows)
        ],
    )


def _form_of(row: queries.DepartmentRow, staff: tuple[tuple[int, str], ...]) -> DepartmentForm:
    form = DepartmentForm(formdata=None).offer(row.id, staff)
    form.name.data = row.name
    form.default_assignee.data = str(row.default_assignee_id or "")
    form.members.data = [str(user_id) for user_id in row.members]
    return form
