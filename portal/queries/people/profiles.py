"""People as staff see them: for nobody else there are any."""

from sqlalchemy import select

from portal.errors import NotFound, or_not_found
from portal.extensions import db
from portal.models.organizations import Organization
from portal.models.people import Actor, User
from portal.models.people.person import Person
from portal.models.people.user import format_id
from portal.queries.paging import AnyRow
from portal.queries.people import users
from portal.security import permissions

_PROFILE = select(
    User.id,
    *Person.columns(User),
    User.phone,
    User.role,
    User.rights,
    User.is_active,
    User.is_verified,
    User.locale,
    User.timezone,
    User.mail_stopped_at,
    User.created_at,
    User.organization_id,
    User.organization_role,
    Organization.name.label("organization_name"),
    Organization.personal.label("organization_personal"),
).join(Organization, Organization.id == User.organization_id)


def find(actor: Actor, number: str) -> AnyRow:
    """The person of that number. Raises NotFound, but for staff whoever it is."""
    user_id = users.parse_id(number)
    if not permissions.can_read_people(actor) or user_id is None or format_id(user_id) != number:
        raise NotFound
    return or_not_found(db.session.execute(_PROFILE.where(User.id == user_id)).first())
