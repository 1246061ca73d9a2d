"""`/admin/users`: find accounts, and open one for somebody."""

from typing import Any

from flask import flash, render_template, request, url_for
from werkzeug.wrappers import Response

from portal.admin import bp
from portal.admin.filtered_list import filtered_list
from portal.admin.people.user_forms import NewUserForm
from portal.admin.people.user_lookup import role_of, roles_to_give
from portal.errors import Invalid
from portal.i18n import gettext as _
from portal.models.organizations.organization import format_id as organization_number
from portal.models.organizations.organization import parse_id as parse_organization
from portal.models.people import Role
from portal.models.people.actor import is_erased
from portal.models.people.person import name_of
from portal.models.people.user import format_id
from portal.queries.organizations import organizations
from portal.queries.paging import AnyRow, parse_id_cursor
from portal.queries.people import account_list
from portal.queries.people.account_list import AccountState
from portal.security import permissions
from portal.services.organizations import opened_accounts
from portal.web.change import change
from portal.web.fragments import see_other
from portal.web.people.confirm import confirmed
from portal.web.people.guards import permitted
from portal.web.people.sessions import actor
from portal.web.templating import timezones
from portal.web.templating.labels import ACCOUNT_STATE_LABELS, ROLE_LABELS


@bp.get("/users")
@permitted(permissions.can_manage_people)
def users() -> Response:
    """Accounts by address, name, role, state or organization, newest first."""
    known: dict[str, Any] = {
        name: request.args.get(name) or None for name in ("q", "role", "state")
    }
    known["organization"] = request.args.get("organization", "").strip().upper()[:24] or None
    organization_id = _organization_id(known["organization"])
    cursor = request.args.get("cursor")
    page = account_list.page(
        q=(known["q"] or "").strip()[:200],
        role=role_of(known["role"]) if known["role"] else None,
        state=_state(known["state"]) if known["state"] else None,
        organization_id=organization_id,
        cursor=parse_id_cursor(cursor),
    )
    return filtered_list(
        "people/users",
        page,
        endpoint=".users",
        wanted=known,
        cursor=cursor,
        rows=[_person(row) for row in page.rows],
        organization_name=_name(organization_id),
        roles=tuple(ROLE_LABELS.items()),
        roles_to_give=roles_to_give(),
        states=tuple(ACCOUNT_STATE_LABELS.items()),
    )


@bp.get("/users/new")
@permitted(permissions.can_manage_people)
@confirmed
def new_user() -> str:
    organization = request.args.get("organization", "")[:24]
    return _new_page(NewUserForm(formdata=None, data={"organization": organization}))


@bp.post("/users/new")
@permitted(permissions.can_manage_people)
@confirmed
def open_account() -> Response | tuple[str, int]:
    """Open the account; its owner gets a mail to choose a password."""
    form = NewUserForm()
    if not form.validate():
        return _new_page(form), 422
    with change(form):
        person = opened_accounts.open_account(
            actor=actor(),
            email=form.email.data,
            role=Role(form.role.data),
            organization_id=form.organization_id(),
            first_name=form.first_name.data,
            last_name=form.last_name.data,
            locale=form.locale.data,
            timezone=form.timezone.data,
        )
    if form.errors:
        return _new_page(form), 422
    text = _("The account is open, and a mail to choose a password is on its way to %(email)s.")
    flash(text % {"email": person.email}, "success")
    return see_other(url_for(".user", user_id=person.id))


def _new_page(form: NewUserForm) -> str:
    zones = timezones.grouped_choices(form.timezone.data or "")
    return render_template("admin/people/new_user.html", form=form, zones=zones)


def _organization_id(number: str | None) -> int | None:
    if number is None:
        return None
    organization_id = parse_organization(number)
    if organization_id is None:
        raise Invalid(organization="unknown")
    return organization_id


def _name(organization_id: int | None) -> str:
    return organizations.names([organization_id] if organization_id else []).get(
        organization_id or 0, ""
    )


def _state(word: str) -> AccountState:
    try:
        return AccountState(word)
    except ValueError:
        raise Invalid(state="unknown") from None


def _person(row: AnyRow) -> dict[str, Any]:
    return {
        **row._mapping,
        "number": format_id(row.id),
        "organization_number": organization_number(row.organization_id),
        "name": name_of(row),
        "manages": permissions.can_manage_person(actor(), row),
        "forgotten": is_erased(row.email),
    }
