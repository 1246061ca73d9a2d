"""`/admin/rights`: named roles, and who may do what; `/admin/users/<USR…>/rights` of one person."""

from collections.abc import Mapping
from typing import Any

from flask import flash, render_template, url_for
from werkzeug.wrappers import Response

from portal.admin import bp
from portal.admin.forms import NamedRoleForm, RightsForm
from portal.admin.people.user_lookup import find_account
from portal.i18n import gettext as _
from portal.models.people import NamedRole, User
from portal.models.people.right import from_text
from portal.queries.people import rights as queries
from portal.queries.people.rights import Reason, Why
from portal.security import permissions
from portal.services.people import rights as services
from portal.web.change import change
from portal.web.fragments import see_other
from portal.web.people.confirm import confirmed
from portal.web.people.guards import permitted
from portal.web.people.sessions import actor
from portal.web.templating.labels import RIGHT_LABELS


@bp.get("/rights")
@permitted(permissions.can_change_rights)
def rights() -> str:
    return _page(NamedRoleForm(formdata=None))


@bp.post("/rights")
@permitted(permissions.can_change_rights)
@confirmed
def create_named_role() -> Response | tuple[str, int]:
    form = NamedRoleForm()
    if form.validate():
        with change(form):
            services.create_role(actor=actor(), **form.values())
    if form.errors:
        return _page(form), 422
    flash(_("The role “%(name)s” is there.", name=form.name.data), "success")
    return see_other(url_for(".rights"))


@bp.get("/rights/<id:role_id>")
@permitted(permissions.can_change_rights)
def named_role(role_id: int) -> str:
    role = queries.find_role(role_id)
    data = {"name": role.name, "rights": sorted(from_text(role.rights))}
    return _role_page(role, NamedRoleForm(formdata=None, data=data))


@bp.post("/rights/<id:role_id>")
@permitted(permissions.can_change_rights)
@confirmed
def change_named_role(role_id: int) -> Response | tuple[str, int]:
    form = NamedRoleForm()
    if form.validate():
        with change(form):
            role = queries.find_role(role_id)
            services.change_role(actor=actor(), role=role, **form.values())
    if form.errors:
        return _role_page(queries.find_role(role_id), form), 422
    flash(_("The role “%(name)s” is saved.", name=form.name.data), "success")
    return see_other(url_for(".rights"))


@bp.post("/rights/<id:role_id>/delete")
@permitted(permissions.can_change_rights)
@confirmed
def delete_named_role(role_id: int) -> Response:
    with change():
        role = queries.find_role(role_id)
        name = role.name
        services.delete_role(actor=actor(), role=role)
    flash(_("The role “%(name)s” is deleted.", name=name), "success")
    return see_other(url_for(".rights"))


@bp.get("/users/<user:user_id>/rights")
@permitted(permissions.can_change_rights)
def person_rights(user_id: int) -> str:
    user = find_account(user_id)
    data = {
        "named_role": str(user.named_role_id or ""),
        "rights": sorted(from_text(user.granted_rights)),
    }
    return _person_page(user, RightsForm(queries.named_roles(), formdata=None, data=data))


@bp.post("/users/<user:user_id>/rights")
@permitted(permissions.can_change_rights)
@confirmed
def give_rights(user_id: int) -> Response | tuple[str, int]:
    user, form = find_account(user_id), RightsForm(queries.named_roles())
    if form.validate():
        with change(form):
            user = find_account(user_id)
            role_id = int(form.named_role.data) if form.named_role.data else None
            role = queries.find_role(role_id) if role_id else None
            services.give(actor=actor(), user=user, rights=form.wanted, named_role=role)
    if form.errors:
        return _person_page(user, form), 422
    flash(_("The rights of %(name)s are saved.", name=user.name), "success")
    return see_other(url_for(".rights"))


def _page(form: NamedRoleForm) -> str:
    roles = queries.named_roles()
    names = {role.id: role.name for role in roles}
    return render_template(
        "admin/people/rights/index.html",
        form=form,
        roles=[(role, _words(role.rights)) for role in roles],
        people=[
            (
                user,
                [*filter(None, [names.get(user.named_role_id or 0)]), *_words(user.granted_rights)],
            )
            for user in queries.with_rights()
        ],
    )


def _role_page(role: NamedRole, form: NamedRoleForm) -> str:
    holders = queries.holders(role.id)
    return render_template("admin/people/rights/role.html", role=role, form=form, holders=holders)


def _person_page(user: User, form: RightsForm) -> str:
    return render_template(
        "admin/people/rights/person.html",
        user=user,
        form=form,
        reasons=reason_sentences(user),
        may_give=permissions.can_give_rights(actor(), user),
    )


def reason_sentences(user: User) -> list[tuple[object, str]]:
    """(right, why) for each right of the person."""
    return [(RIGHT_LABELS[reason.right], _why(reason)) for reason in queries.reasons(user)]


def _why(reason: Reason) -> str:
    sentences: Mapping[Why, str] = {
        Why.ADMIN: _("because of the role Administrator"),
        Why.GRANTED: _("because it was given to this person"),
        Why.NAMED_ROLE: _("because of the role “%(name)s”", name=reason.role),
    }
    return sentences[reason.why]


def _words(text: str) -> list[Any]:
    held = from_text(text)
    return [label for right, label in RIGHT_LABELS.items() if right in held]
