"""Accounts and organizations of people whose tickets are imported.

The accounts have no password; their owners get in by the link for a forgotten one. Nobody is told.
An imported organization is never one that is here: whoever called theirs the same would read its
tickets. So imports know theirs by a key, and its members read their own tickets alone.
"""

import hashlib
from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

from sqlalchemy import select

from portal.extensions import db
from portal.models.organizations import Organization
from portal.models.people import AccountEvent, AccountEventKind, OrganizationRole, Role, User
from portal.queries.people import users
from portal.queries.people.users import Account


def placeholder_user(role: Role) -> User:
    """The disabled account that stands for imported people of that role.

    It has no password and an address that cannot receive mail (RFC 2606), so nobody can register or
    reset it.
    """
    email = f"imported-{role}@lodge.invalid"
    if (known := users.by_email(email)) is not None:
        return known
    organization = Organization(name="Imported tickets", personal=False)
    db.session.add(organization)
    db.session.flush()  # the user needs the organization's id
    user = User(
        email=email,
        first_name="Imported",
        last_name=role.value,
        role=role,
        organization_id=organization.id,
        organization_role=OrganizationRole.USER,
        is_active=False,
        epoch=0,
        locale="en",
        timezone="",
    )
    db.session.add(user)
    db.session.flush()  # tickets need the user's id
    return user


class ImportedPerson(NamedTuple):
    """`email` normalised. `company` names an organization, or is empty."""

    email: str
    first_name: str
    last_name: str
    company: str


def accounts_for(people: Iterable[ImportedPerson], *, source: str) -> dict[str, Account]:
    """Accounts by address; people without one get one. `source` names the old desk.

    Raises IntegrityError when somebody registers with one of the addresses at the same moment.
    """
    by_email = {person.email: person for person in sorted(people)}
    known = users.accounts_by_email(by_email)
    return known | _added([by_email[email] for email in by_email if email not in known], source)


def _added(people: Sequence[ImportedPerson], source: str) -> dict[str, Account]:
    companies = _companies({person.company for person in people} - {""}, source)
    homes = {one.email: _personal_organization(one) for one in people if not one.company}
    db.session.add_all(homes.values())
    db.session.flush()  # users need the organizations' ids
    made = [
        _user(person, homes.get(person.email) or companies[_folded(person.company)])
        for person in people
    ]
    db.session.add_all(made)
    db.session.flush()  # tickets need the users' ids
    db.session.add_all(
        AccountEvent(user_id=user.id, kind=AccountEventKind.IMPORTED) for user in made
    )
    return {user.email: Account(user.id, user.organization_id) for user in made}


def _user(person: ImportedPerson, organization: Organization) -> User:
    role = OrganizationRole.OWNER if organization.personal else OrganizationRole.USER
    return User(
        email=person.email,
        first_name=person.first_name,
        last_name=person.last_name,
        role=Role.CUSTOMER,
        organization_id=organization.id,
        organization_role=role,
    )


def _companies(names: Collection[str], source: str) -> dict[str, Organization]:
    """Imported organizations by folded name; missing ones are made."""
    keys = {_key(source, name): name for name in sorted(names)}
    query = select(Organization).where(Organization.import_key.in_(keys))
    found = {one.import_key: one for one in db.session.scalars(query)}
    for key, name in keys.items():
        if key not in found:
            found[key] = Organization(name=name, import_key=key)
            db.session.add(found[key])
    return {_folded(name): found[key] for key, name in keys.items()}


def _personal_organization(person: ImportedPerson) -> Organization:
    name = f"{person.first_name} {person.last_name}".strip() or person.email
    return Organization.of_person(name)


def _key(source: str, name: str) -> str:
    return hashlib.sha256(f"{source}\0{_folded(name)}".encode()).hexdigest()


def _folded(name: str) -> str:
    return " ".join(name.split()).casefold()
