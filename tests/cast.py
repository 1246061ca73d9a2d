"""The people of the tests.

Ann owns the organization Acme and Bob is a user in it; Carl is a customer alone; Sam and Sue are
staff; Ada is the admin.
"""

from dataclasses import dataclass
from functools import cache

from flask import Flask

from portal.extensions import db
from portal.models.organizations import Organization
from portal.models.people import Actor, Role, User
from portal.models.people.actor import OrganizationRole
from portal.security.people.passwords import hash_password
from tests import factories

PASSWORD = "correct horse battery staple"


@dataclass(frozen=True)
class Cast:
    """The Actor of each person."""

    ann: Actor
    bob: Actor
    carl: Actor
    sam: Actor
    sue: Actor
    ada: Actor


def make_cast(app: Flask) -> Cast:
    """Insert the cast, in two statements, since nearly every test begins with it."""
    with factories.writing(app):
        acme, desk, carls = places = [
            Organization(name="Acme"),
            Organization(name="Lodge desk"),
            Organization(name="Carl", personal=True),
        ]
        db.session.add_all(places)
        db.session.flush()
        people = [
            _person("Ann", "Archer", acme),
            _person("Bob", "Baker", acme, place=OrganizationRole.USER),
            _person("Carl", "Cooper", carls),
            _person("Sam", "Smith", desk, Role.STAFF, OrganizationRole.USER),
            _person("Sue", "Stone", desk, Role.STAFF, OrganizationRole.USER),
            _person("Ada", "Adams", desk, Role.ADMIN),
        ]
        db.session.add_all(people)
        db.session.flush()
        return Cast(*map(factories.actor, people))


def _person(
    first_name: str,
    last_name: str,
    organization: Organization,
    role: Role = Role.CUSTOMER,
    place: OrganizationRole = OrganizationRole.OWNER,
) -> User:
    return User(
        email=f"{first_name.lower()}@example.com",
        first_name=first_name,
        last_name=last_name,
        organization_id=organization.id,
        role=role,
        organization_role=place,
        password_hash=password_hash(),
        is_verified=True,
    )


@cache
def password_hash() -> str:
    """A cheap hash of PASSWORD, made once."""
    return hash_password(PASSWORD, rounds=4)
