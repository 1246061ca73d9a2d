"""Whom a page of the administration is about, and the way back to their page."""

from flask import request, url_for
from werkzeug.wrappers import Response

from portal.errors import Invalid, or_not_found
from portal.i18n import LazyText
from portal.models.people import Role, User
from portal.queries.people import users as user_queries
from portal.security import permissions
from portal.web.fragments import see_other
from portal.web.people.return_page import safe_next
from portal.web.people.sessions import actor
from portal.web.templating.labels import ROLE_LABELS


def find(user_id: int) -> User:
    """An account that the reader manages. Raises NotFound, and Forbidden for any other."""
    found = find_account(user_id)
    permissions.require(permissions.can_manage_person(actor(), found))
    return found


def find_account(user_id: int) -> User:
    """Whoever has that id. Raises NotFound."""
    return or_not_found(user_queries.by_id(user_id))


def role_of(word: str) -> Role:
    """Raises Invalid for another word."""
    try:
        return Role(word)
    except ValueError:
        raise Invalid(role="unknown") from None


def roles_to_give() -> list[tuple[str, LazyText]]:
    """The platform roles that the reader may give, with their names."""
    return [
        (role, label)
        for role, label in ROLE_LABELS.items()
        if permissions.can_give_role(actor(), role)
    ]


def back(person: User) -> Response:
    """To the page that the form names, else to the person's."""
    target = request.form.get("next", "")
    here = url_for("admin.user", user_id=person.id)
    return see_other(safe_next(target) if target else here)
