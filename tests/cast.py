"""The people of the tests. Every test that needs people needs these.

Ann owns the organization Acme and Bob is a user in it; Carl is a customer alone; Sam and Sue are
staff; Ada is the admin.
"""

from dataclasses import dataclass
from functools import cache

from flask import Flask

from portal.models import Actor, Role
from portal.models.organization import OrganizationRole
from portal.security.passwords import hash_password
from tests import factories

PASSWORD = "correct horse battery staple"


@dataclass(frozen=True)
class Cast:
    """Each person as the rules see one."""

    ann: Actor
    bob: Actor
    carl: Actor
    sam: Actor
    sue: Actor
    ada: Actor


def make_cast(app: Flask) -> Cast:
    """Put the cast into the database."""
    with factories.writing(app):
        acme = factories.organization("Acme")
        desk = factories.organization("Lodge desk")
        return Cast(
            ann=_person("Ann", "Archer", acme.id),
            bob=_person("Bob", "Baker", acme.id, place=OrganizationRole.USER),
            carl=_person("Carl", "Cooper", factories.organization("Carl", personal=True).id),
            sam=_person("Sam", "Smith", desk.id, Role.STAFF, OrganizationRole.USER),
            sue=_person("Sue", "Stone", desk.id, Role.STAFF, OrganizationRole.USER),
            ada=_person("Ada", "Adams", desk.id, Role.ADMIN),
        )


def _person(
    first_name: str,
    last_name: str,
    organization_id: int,
    role: Role = Role.CUSTOMER,
    place: OrganizationRole = OrganizationRole.OWNER,
) -> Actor:
    user = factories.user(
        f"{first_name.lower()}@example.com",
        first_name=first_name,
        last_name=last_name,
        organization_id=organization_id,
        role=role,
        organization_role=place,
        password_hash=password_hash(),
    )
    return factories.actor(user)


@cache
def password_hash() -> str:
    """The hash of PASSWORD, made once: hashing is slow on purpose."""
    return hash_password(PASSWORD, rounds=4)
