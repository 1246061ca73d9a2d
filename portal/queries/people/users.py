"""Finding accounts."""

from collections.abc import Collection
from typing import NamedTuple

from sqlalchemy import ColumnElement, bindparam, or_, select

from portal import clock
from portal.errors import Invalid
from portal.extensions import db
from portal.i18n import gettext as _
from portal.models.organizations import Organization
from portal.models.people import Actor, Right, Role, TokenPurpose, User, UserToken
from portal.models.people.actor import person_name
from portal.models.people.person import Person, name_of
from portal.prepared import Prepared
from portal.queries.paging import AnyRow
from portal.queries.people import serializers
from portal.queries.people.pending_deletions import with_pending_deletion
from portal.security.addresses import spellings


def to_read(user_id: int) -> User:
    """The account for reading only, which belongs to no session: that costs less on a page."""
    return User(**_BY_ID.one({"user_id": user_id})._asdict())


_BY_ID: Prepared[AnyRow] = Prepared(
    select(*User.__table__.columns).where(User.id == bindparam("user_id"))
)


def by_email(email: str) -> User | None:
    """The account with that normalised address."""
    return db.session.scalar(select(User).where(User.email == email))


def by_typed_email(text: str) -> User | None:
    """The account with that address as typed, in any spelling that leads to it."""
    typed = spellings(text)
    found = {user.email: user for user in db.session.scalars(_BY_SPELLINGS, {"spellings": typed})}
    return next((found[email] for email in typed if email in found), None)


_BY_SPELLINGS = select(User).where(User.email.in_(bindparam("spellings", expanding=True)))


def undo_link(email: str) -> UserToken | None:
    """The usable link by which the former owner of the address may take the account back."""
    query = select(UserToken).where(
        *_usable_undo_links(), UserToken.data["from"].as_string() == email
    )
    return db.session.scalars(query.order_by(UserToken.id.desc())).first()


def _usable_undo_links() -> tuple[ColumnElement[bool], ...]:
    return (
        UserToken.purpose == TokenPurpose.UNDO_EMAIL,
        UserToken.used_at.is_(None),
        UserToken.expires_at > clock.now(),
    )


def holder(email: str) -> User | None:
    """The account that has the address, or has left it while `undo_link` is usable.

    Nobody else may register such an address.
    """
    if (user := by_email(email)) is not None:
        return user
    token = undo_link(email)
    return None if token is None else by_id(token.user_id)


class Account(NamedTuple):
    """The ids that a ticket of the account's owner refers to."""

    user_id: int
    organization_id: int


def accounts_by_email(emails: Collection[str]) -> dict[str, Account]:
    """Accounts that hold these normalised addresses, as `holder` finds them."""
    columns = (User.id, User.organization_id)
    left = select(UserToken.data["from"].as_string(), *columns).join(
        User, User.id == UserToken.user_id
    )
    rows = (
        # Few at any time; asked for together, since each address would be a scan of all.
        *db.session.execute(left.where(*_usable_undo_links())),
        *db.session.execute(select(User.email, *columns).where(User.email.in_(emails))),
    )
    return {email: Account(*ids) for email, *ids in rows if email in emails}


class StaffMember(NamedTuple):
    """Somebody on the staff, active or not."""

    id: int
    email: str
    name: str
    is_active: bool


def staff() -> list[StaffMember]:
    """Everybody on the staff, and those who have been disabled."""
    query = select(User.id, *Person.columns(User), User.is_active).where(User.role != Role.CUSTOMER)
    return [
        StaffMember(row.id, row.email, name_of(row), row.is_active)
        for row in db.session.execute(query)
    ]


class Colleague(NamedTuple):
    """An active member of staff, as notes may name them."""

    id: int
    username: str | None
    name: str


def colleagues() -> list[Colleague]:
    """Every active member of staff."""
    query = select(User.id, User.username, *Person.columns(User)).where(
        User.role != Role.CUSTOMER, User.is_active
    )
    return [Colleague(row.id, row.username, name_of(row)) for row in db.session.execute(query)]


def by_username(username: str) -> User | None:
    """The account with that username, in lower case as it is stored."""
    return db.session.scalar(select(User).where(User.username == username))


def by_id(user_id: int) -> User | None:
    """The account of that id, active or not."""
    return db.session.get(User, user_id)


def lock(user_id: int) -> User | None:
    """The account as it is now; others wait who want to change it."""
    return db.session.get(
        User, user_id, populate_existing=True, with_for_update={"key_share": True}
    )


# All columns that owner and admins may see, without secrets.
DETAILS = select(
    *(getattr(User, name) for name in serializers.ACCOUNT if name != "organization"),
    User.organization_id,
    Organization.name.label("organization_name"),
).join(Organization, Organization.id == User.organization_id)
_DETAILS_BY_ID: Prepared[AnyRow] = Prepared(DETAILS.where(User.id == bindparam("user_id")))


def details(user_id: int) -> AnyRow | None:
    """All columns that the owner and admins may see, with the organization's name; or None."""
    return _DETAILS_BY_ID.first({"user_id": user_id})


def parse_id(word: str) -> int | None:
    """The user id in `USR000001` or in a form's plain `1`; None for anything else."""
    digits = word.removeprefix("USR")
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) <= 18 else None


def assignee(actor: Actor, word: str) -> User:
    """The account for `me` or an id (`7`, `USR000007`). Raises Invalid for an unknown one."""
    user_id = actor.id if word == "me" else parse_id(word)
    user = by_id(user_id) if user_id is not None else None
    if user is None:
        raise Invalid(assignee="unknown")
    return user


def find_id(word: str) -> int | None:
    """The id of the account with that address, username or public id; or None."""
    user_id = parse_id(word.upper())
    query = select(User.id).where(User.id == user_id)
    if user_id is None:
        query = select(User.id).where(
            or_(User.email.in_(spellings(word)), User.username == word.lower())
        )
    return db.session.scalar(query)


def names(ids: Collection[int]) -> dict[int, str]:
    """Names by user id."""
    if not ids:  # as on most pages of the queue, where building the statement would show
        return {}
    query = select(User.id, *Person.columns(User)).where(User.id.in_(ids))
    return {row.id: name_of(row) for row in db.session.execute(query)}


def another_admin_exists(user_id: int) -> bool:
    """Whether another active admin exists who is not leaving.

    Locks the admins' rows, so that two admins cannot remove each other at the same time.
    """
    admins = select(User.id).where(User.role == Role.ADMIN, User.is_active).order_by(User.id)
    others = set(db.session.scalars(admins.with_for_update())) - {user_id}
    return bool(others - with_pending_deletion(others))


# Read by every page for staff.
_ASSIGNEES: Prepared[AnyRow] = Prepared(
    select(User.id, *Person.columns(User), User.away_until)
    .where(or_(User.role == Role.STAFF, User.role == Role.ADMIN), User.is_active)
    .order_by(User.first_name, User.last_name, User.id)
)


def admins() -> list[User]:
    """All active administrators."""
    query = select(User).where(User.role == Role.ADMIN, User.is_active).order_by(User.id)
    return list(db.session.scalars(query))


def has_admin() -> bool:
    """Whether anybody can administer the desk."""
    query = select(User.id).where(User.role == Role.ADMIN, User.is_active).limit(1)
    return db.session.scalar(query) is not None


def assignees() -> tuple[tuple[int, str], ...]:
    """(id, name) of all users a ticket can be assigned to, by name; of who is away it says so."""
    now = clock.now()
    return tuple(
        (user_id, _named(person_name(*names), away_until is not None and away_until > now))
        for user_id, *names, away_until in _ASSIGNEES.all()
    )


def readers_of_statistics() -> list[tuple[int, str]]:
    """(id, name) of active staff who may see statistics, by name."""
    return [(row.id, name_of(row)) for row in _READERS.all()]


_SEES_STATISTICS = or_(User.role == Role.ADMIN, User.rights.contains(Right.STATISTICS))
_READERS: Prepared[AnyRow] = Prepared(
    select(User.id, *Person.columns(User))
    .where(User.role.in_([Role.STAFF, Role.ADMIN]), User.is_active, _SEES_STATISTICS)
    .order_by(User.first_name, User.last_name, User.id)
)


def _named(name: str, is_away: bool) -> str:
    return _("%(name)s (away)", name=name) if is_away else name
