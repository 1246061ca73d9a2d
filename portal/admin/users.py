"""`/admin/users`: find accounts, change their role, disable and enable them."""

from typing import Any

from flask import flash, render_template, request, url_for
from werkzeug.wrappers import Response

from portal.admin import bp
from portal.errors import Invalid, or_not_found
from portal.i18n import gettext as _
from portal.models.organizations.organization import format_id as organization_number
from portal.models.people import Role, User
from portal.models.people.actor import is_erased
from portal.models.people.person import name_of
from portal.models.people.user import format_id
from portal.queries.paging import AnyRow, parse_id_cursor
from portal.queries.people import users as user_queries
from portal.services.people import users as user_services
from portal.web.change import change
from portal.web.fragments import see_other
from portal.web.people.confirm import confirmed
from portal.web.people.return_page import safe_next
from portal.web.people.sessions import actor
from portal.web.templating.labels import ROLE_LABELS


@bp.get("/users")
def users() -> str:
    """Accounts by address, name or role, newest first."""
    q = request.args.get("q", "").strip()[:200]
    role = _role(request.args["role"]) if request.args.get("role") else None
    cursor = request.args.get("cursor")
    page = user_queries.page(q=q, role=role, cursor=parse_id_cursor(cursor))
    return render_template(
        "admin/users.html",
        rows=[_person(row) for row in page.rows],
        q=q,
        role=role,
        roles=tuple(ROLE_LABELS.items()),
        next_url=url_for(".users", q=q or None, role=role, cursor=page.next) if page.next else None,
    )


@bp.post("/users/<id:user_id>/role")
@confirmed
def set_role(user_id: int) -> Response:
    """Change the platform role of an account, which ends its sessions."""
    with change():
        user = find(user_id)
        user_services.set_role(actor=actor(), user=user, role=_role(request.form.get("role", "")))
    flash(_("%(name)s has another role now.", name=user.name), "success")
    return _back()


@bp.post("/users/<id:user_id>/active")
@confirmed
def set_active(user_id: int) -> Response:
    """Disable an account, which ends its sessions, or enable it."""
    active = request.form.get("active", "")
    if active not in {"0", "1"}:
        raise Invalid(active="unknown")
    with change():
        user = find(user_id)
        user_services.set_active(actor=actor(), user=user, active=active == "1")
    if user.is_active:
        flash(_("%(name)s can sign in again.", name=user.name), "success")
    else:
        flash(_("%(name)s is signed out everywhere and cannot sign in.", name=user.name), "success")
    return _back()


def _person(row: AnyRow) -> dict[str, Any]:
    return {
        **row._mapping,
        "number": format_id(row.id),
        "organization_number": organization_number(row.organization_id),
        "name": name_of(row),
        "forgotten": is_erased(row.email),
    }


def find(user_id: int) -> User:
    """The account of that id. Raises NotFound."""
    return or_not_found(user_queries.by_id(user_id))


def _role(word: str) -> Role:
    try:
        return Role(word)
    except ValueError:
        raise Invalid(role="unknown") from None


def _back() -> Response:
    target = request.form.get("next", "")
    return see_other(safe_next(target) if target else url_for("admin.users"))
