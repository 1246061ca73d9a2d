"""POST `/admin/departments/types…`: the names and the order of types, and which are offered."""

from flask import flash, request, url_for
from werkzeug.wrappers import Response

from portal.admin import bp
from portal.admin.departments import Answer, page
from portal.admin.ticket_type_forms import NewTypeForm, TypeForm, context
from portal.errors import Invalid
from portal.i18n import gettext as _
from portal.security import permissions
from portal.services.tickets import ticket_types as services
from portal.web.change import change
from portal.web.fragments import see_other
from portal.web.people.guards import permitted
from portal.web.people.sessions import actor
from portal.web.templating.labels import TYPE_LABELS


@bp.post("/departments/types")
@permitted(permissions.can_change_settings)
def create_type() -> Answer:
    form = NewTypeForm()
    if form.validate():
        with change(form):
            services.create(actor=actor(), name=form.name.data)
    if form.errors:
        return page(types=context(form)), 422
    flash(_("%(name)s is added.", name=form.name.data), "success")
    return see_other(url_for(".departments", _anchor="types"))


@bp.post("/departments/types/<key>")
@permitted(permissions.can_change_settings)
def change_type(key: str) -> Answer:
    form = TypeForm().numbered(key)
    if form.validate():
        with change(form):
            values = {"name": form.name.data, "active": form.active.data}
            services.change(actor=actor(), key=key, **values)
    if form.errors:
        return page(types=context(sent={key: form})), 422
    flash(_("The type is saved."), "success")
    return see_other(url_for(".departments", _anchor=f"type-{key}"))


@bp.post("/departments/types/<key>/move")
@permitted(permissions.can_change_settings)
def move_type(key: str) -> Response:
    by = request.form.get("by", "")
    if by not in {"up", "down"}:
        raise Invalid(by="unknown")
    with change():
        services.move(actor=actor(), key=key, by=-1 if by == "up" else 1)
    flash(_("“%(name)s” has moved.", name=TYPE_LABELS[key]), "success")
    return see_other(url_for(".departments", _anchor=f"type-{key}"))
