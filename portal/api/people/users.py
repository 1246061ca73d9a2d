"""`/users`: people. One's own account under `/users/me`."""

from typing import Any

from flask import Response

from portal import i18n
from portal.api import bp
from portal.api.authentication import actor
from portal.api.authorization import Audience, begin_change
from portal.api.fields import Choice, Flag, Line, Schema, about
from portal.api.people import profile_fields
from portal.api.responses import committed, empty_response, json_response, list_response
from portal.api.schemas import PageQuery, UserPageSchema, UserSchema, organization_ref
from portal.errors import Forbidden, LastAdmin, NotFound, ProofNeeded, or_not_found
from portal.extensions import db
from portal.models.people import Right, Role, User
from portal.queries.paging import AnyRow
from portal.queries.people import account_list, serializers, users
from portal.queries.tickets.lists.ticket_filter import organization_id
from portal.security import permissions
from portal.security.people import step_up
from portal.services.people import profile
from portal.services.people import users as services


class ProfileSchema(Schema):
    """What people say of themselves. What is left out stays as it is; null empties a fact."""

    first_name = profile_fields.first_name()
    last_name = profile_fields.last_name()
    username = profile_fields.username(allow_none=True)
    phone = profile_fields.phone(allow_none=True)
    inn = profile_fields.inn(allow_none=True)
    locale = Choice(i18n.LOCALES, metadata=about("The language of pages and mails.", "en"))
    timezone = Line(
        max_length=profile.MAX_TIMEZONE,
        check=profile.check_timezone,
        metadata=about("A zone of the tz database.", "Europe/Berlin"),
    )


@bp.serve("GET", "/users/me", to=Audience.SIGNED_IN, tag="users", gives=UserSchema)
def read_me() -> Response:
    """One's own account."""
    return own_profile()


@bp.serve(
    "PATCH", "/users/me", to=Audience.SIGNED_IN, tag="users", body=ProfileSchema, gives=UserSchema
)
def change_me(*, body: dict[str, Any]) -> Response:
    """Change one's own account. Address and password have ways of their own."""
    begin_change()
    profile.change(actor=actor(), user=db.session.get_one(User, actor().id), values=body)
    return committed(own_profile())


class UserQuery(PageQuery):
    """Which people."""

    q = Line(
        max_length=account_list.MAX_QUERY, metadata=about("Part of an address, start of a name.")
    )
    role = Choice(Role, metadata=about("Those of that platform role."))
    organization = organization_ref("Of that organization.")


class UserChangeSchema(ProfileSchema):
    """What admins may change of anybody, and everybody of themselves but for the last two."""

    role = Choice(Role, metadata=about("What they may do on the desk. For admins."))
    is_active = Flag(metadata=about("False: signed out everywhere, and shut out. For admins."))


@bp.serve(
    "GET",
    "/users",
    to=Audience.ADMIN,
    right=Right.PEOPLE,
    tag="users",
    query=UserQuery,
    gives=UserPageSchema,
)
def list_users(*, query: dict[str, Any]) -> Response:
    """All accounts, newest first."""
    return user_page(query)


@bp.serve(
    "GET",
    "/users/<id>",
    to=Audience.SIGNED_IN,
    tag="users",
    gives=UserSchema,
    fails=[NotFound, Forbidden],
)
def read_user(id: str) -> Response:  # noqa: A002 - the name in the address
    """An account: one's own, for admins any."""
    return _user_response(_reachable(id))


@bp.serve(
    "PATCH",
    "/users/<id>",
    to=Audience.SIGNED_IN,
    tag="users",
    body=UserChangeSchema,
    gives=UserSchema,
    fails=[NotFound, Forbidden, LastAdmin, ProofNeeded],
)
def change_user(id: str, *, body: dict[str, Any]) -> Response:  # noqa: A002
    """Change an account: one's own, for admins any.

    `role` and `is_active` are set by whoever has signed in within the last ten minutes, never by an
    API key.
    """
    user_id = _reachable(id)
    if body.keys() & {"role", "is_active"}:
        permissions.require(permissions.can_manage_people(actor()))
        step_up.require(actor())
    begin_change()
    user = _user(user_id)
    profile_values = {
        name: value for name, value in body.items() if name not in {"role", "is_active"}
    }
    if profile_values:
        profile.change(actor=actor(), user=user, values=profile_values)
    if "role" in body:
        services.set_role(actor=actor(), user=user, role=Role(body["role"]))
    if "is_active" in body:
        services.set_active(actor=actor(), user=user, active=body["is_active"])
    db.session.flush()
    return committed(_user_response(user_id))


@bp.serve(
    "DELETE",
    "/users/<id>",
    to=Audience.ADMIN,
    right=Right.PEOPLE,
    tag="users",
    status=204,
    fails=[NotFound, Forbidden, LastAdmin],
    needs_proof=True,
)
def delete_user(id: str) -> Response:  # noqa: A002
    """Shut an account: signed out everywhere at once, and nobody can sign in to it.

    What it has written stays. `PATCH` with `is_active` opens it again; its API keys stay revoked.
    """
    user_id = _reachable(id)
    begin_change()
    services.set_active(actor=actor(), user=_user(user_id), active=False)
    return committed(empty_response())


@bp.serve(
    "DELETE",
    "/users/me",
    to=Audience.ADMIN,
    right=Right.PEOPLE,
    tag="users",
    status=204,
    fails=[LastAdmin],
    needs_proof=True,
)
def delete_me() -> Response:
    """Shut one's own account, as `DELETE /users/{id}` does. Being forgotten: `/account/me`."""
    return delete_user("me")


def user_page(query: dict[str, Any]) -> Response:
    """The page of accounts that a UserQuery asks for."""
    page = account_list.details_page(
        q=query.get("q", ""),
        role=query.get("role", ""),
        organization_id=organization_id(query.get("organization", "")),
        size=query["limit"],
        cursor=query.get("cursor", ""),
    )
    return list_response([_user_json(row) for row in page.rows], page.next)


def _reachable(word: str) -> int:
    """The id of an account that the caller may reach. Raises NotFound for every other one."""
    user_id = actor().id if word == "me" else users.parse_id(word)
    if user_id == actor().id:
        return user_id
    if user_id is None or not permissions.can_manage_people(actor()):
        raise NotFound
    permissions.require(permissions.can_manage_person(actor(), _user(user_id)))
    return user_id


def _user(user_id: int) -> User:
    return or_not_found(users.by_id(user_id))


def own_profile() -> Response:
    """The caller as a UserSchema."""
    return _user_response(actor().id)


def _user_response(user_id: int) -> Response:
    row = or_not_found(users.details(user_id))
    return json_response(_user_json(row))


def _user_json(row: AnyRow) -> dict[str, Any]:
    return serializers.account(row, serializers.Audience.of(actor()))
