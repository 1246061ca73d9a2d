"""`/admin/users/<USR…>`: a person with all that guards the account, and what admins do to it."""

from typing import Any

from flask import current_app, flash, render_template, request, url_for
from werkzeug.wrappers import Response

from portal.admin import bp
from portal.admin.people.rights import reason_sentences
from portal.admin.people.user_lookup import back, find, role_of, roles_to_give
from portal.errors import Invalid
from portal.extensions import db
from portal.i18n import gettext as _
from portal.i18n import language_name, ngettext
from portal.models.organizations import Organization
from portal.models.people import Role, User
from portal.queries.people import account_log, api_keys, second_factors, users
from portal.queries.privacy import privacy_requests
from portal.queries.tickets import customers
from portal.queries.tickets.lists.ticket_filter import TicketFilter, View
from portal.security import permissions
from portal.security.people import refresh_tokens, sessions
from portal.services.people import api_keys as key_services
from portal.services.people import users as services
from portal.web.change import change
from portal.web.people.account_log import entries
from portal.web.people.confirm import confirmed
from portal.web.people.customers import capped, local_time, queue_url, ways
from portal.web.people.guards import permitted
from portal.web.people.sessions import actor

_LATEST = 10


@bp.get("/users/<user:user_id>")
@permitted(permissions.can_manage_people)
def user(user_id: int) -> str:
    """Facts, tickets, access, keys and log; and the forms of what can be done."""
    person = find(user_id)
    organization = db.session.get_one(Organization, person.organization_id)
    return render_template(
        "admin/people/user.html",
        person=person,
        organization=organization,
        own=person.id == actor().id,
        merged_into=users.by_id(person.merged_into_id or 0),
        roles=roles_to_give(),
        language=language_name(person.locale),
        local_time=local_time(person.timezone),
        reasons=reason_sentences(person),
        rights_url=_rights_url(person),
        **_access(person),
        **_tickets(person),
        entries=_log(person, visits=False),
    )


def _rights_url(person: User) -> str | None:
    """Where they are given; None for whom the actor gives none."""
    if not permissions.can_give_rights(actor(), person):
        return None
    return url_for(".person_rights", user_id=person.id)


def _access(person: User) -> dict[str, Any]:
    """By what the account can be used, and when it is deleted if that was asked for."""
    config = current_app.config
    return {
        "has_second_factor": person.totp_counter is not None
        or second_factors.has_passkeys(person.id),
        "sessions": sessions.list_open(
            person.id,
            token=actor().session_token,
            idle=config["SESSION_IDLE"],
            idle_remembered=config["SESSION_IDLE_REMEMBERED"],
        ),
        "programs": refresh_tokens.count_open(person.id),
        "keys": api_keys.list_active(person.id),
        "visits": _log(person, visits=True),
        "deletion": privacy_requests.waiting_deletion(person.id),
    }


def _tickets(person: User) -> dict[str, Any]:
    assigned = TicketFilter(view=View.UNSOLVED, assignee=person.number)
    return {
        "total": capped(customers.figures_of_person(actor(), person.id).tickets),
        "ways": ways(TicketFilter(requester=person.number)),
        "assigned_url": queue_url(assigned) if person.role != Role.CUSTOMER else None,
    }


def _log(person: User, *, visits: bool) -> list[Any]:
    return entries(account_log.latest(person.id, visits=visits, size=_LATEST), reader_id=None)


@bp.post("/users/<user:user_id>/role")
@permitted(permissions.can_manage_people)
@confirmed
def set_role(user_id: int) -> Response:
    """Change the platform role of an account, which ends its sessions."""
    with change():
        person = find(user_id)
        services.set_role(actor=actor(), user=person, role=role_of(request.form.get("role", "")))
    flash(_("%(name)s has another role now.", name=person.name), "success")
    return back(person)


@bp.post("/users/<user:user_id>/active")
@permitted(permissions.can_manage_people)
@confirmed
def set_active(user_id: int) -> Response:
    """Disable an account, which ends its sessions, or enable it."""
    active = _flag("active")
    with change():
        person = find(user_id)
        services.set_active(actor=actor(), user=person, active=active)
    if person.is_active:
        flash(_("%(name)s can sign in again.", name=person.name), "success")
    else:
        text = _("%(name)s is signed out everywhere and cannot sign in.", name=person.name)
        flash(text, "success")
    return back(person)


@bp.post("/users/<user:user_id>/sessions/end")
@permitted(permissions.can_manage_people)
@confirmed
def end_sessions(user_id: int) -> Response:
    """Sign the person out everywhere."""
    with change():
        person = find(user_id)
        count = services.end_sessions(actor=actor(), user=person)
    text = ngettext("%(num)s device is signed out.", "%(num)s devices are signed out.", count)
    flash(text, "success" if count else "info")
    return back(person)


@bp.post("/users/<user:user_id>/reset")
@permitted(permissions.can_manage_people)
@confirmed
def send_reset(user_id: int) -> Response:
    """Mail the person a link to choose a password."""
    with change():
        person = find(user_id)
        services.send_reset(actor=actor(), user=person)
    text = _("A link to choose a password is on its way to %(email)s.", email=person.email)
    flash(text, "success")
    return back(person)


@bp.post("/users/<user:user_id>/second-factor/required")
@permitted(permissions.can_manage_people)
@confirmed
def require_second_factor(user_id: int) -> Response:
    """Ask the person for a second factor, or not any more."""
    required = _flag("required")
    with change():
        person = find(user_id)
        services.require_second_factor(actor=actor(), user=person, required=required)
    if required:
        text = _("%(name)s needs a second factor from now on.", name=person.name)
    else:
        text = _("%(name)s needs no second factor any more.", name=person.name)
    flash(text, "success")
    return back(person)


@bp.post("/users/<user:user_id>/keys/<id:key_id>/revoke")
@permitted(permissions.can_manage_people)
@confirmed
def revoke_key(user_id: int, key_id: int) -> Response:
    """Revoke an API key of the person."""
    with change():
        person = find(user_id)
        key = key_services.revoke(actor=actor(), user=person, key_id=key_id)
    flash(_("The key “%(name)s” is revoked.", name=key.name), "success")
    return back(person)


def _flag(name: str) -> bool:
    word = request.form.get(name, "")
    if word not in {"0", "1"}:
        raise Invalid(**{name: "unknown"})
    return word == "1"
