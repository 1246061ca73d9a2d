"""Mail domains whose new accounts join an organization."""

from dataclasses import dataclass

from sqlalchemy import select

from portal import clock
from portal.errors import NotFound, or_not_found
from portal.extensions import db
from portal.models.organizations import Organization, OrganizationDomain
from portal.models.people import User
from portal.security import permissions


@dataclass(frozen=True, slots=True)
class DomainDetails:
    """A domain with its organization, and who asked for it."""

    domain: OrganizationDomain
    organization: Organization
    asker: User

    @property
    def is_confirmable(self) -> bool:
        """Whether its link works now.

        False when it was used or has expired, or when its asker may not ask for it any more.
        """
        row = self.domain
        if row.confirmed_at or row.expires_at is None or row.expires_at <= clock.now():
            return False
        asker = self.asker
        may = permissions.can_manage_domains(asker.actor, row.organization_id)
        return asker.is_active and may


def find(domain_id: int) -> DomainDetails | None:
    """The domain of that id, confirmed or not."""
    query = (
        select(OrganizationDomain, Organization, User)
        .join(Organization, Organization.id == OrganizationDomain.organization_id)
        .join(User, User.id == OrganizationDomain.asked_by_id)
        .where(OrganizationDomain.id == domain_id)
        # Decisions depend on these rows, so loaded objects are refreshed.
        .execution_options(populate_existing=True)
    )
    row = db.session.execute(query).one_or_none()
    return None if row is None else DomainDetails(*row)


def find_own(organization_id: int, domain_id: int) -> OrganizationDomain:
    """A domain of that organization. Raises NotFound for others'."""
    row = or_not_found(db.session.get(OrganizationDomain, domain_id, populate_existing=True))
    if row.organization_id != organization_id:
        raise NotFound
    return row


def of_organization(organization_id: int) -> list[OrganizationDomain]:
    """Those that are confirmed, or whose link still works, by name."""
    row = OrganizationDomain
    usable = row.confirmed_at.is_not(None) | (row.expires_at > clock.now())
    query = select(row).where(row.organization_id == organization_id, usable)
    return list(db.session.scalars(query.order_by(row.domain)))


def of_address(email: str) -> OrganizationDomain | None:
    """The confirmed domain of a stored address."""
    query = select(OrganizationDomain).where(
        OrganizationDomain.domain == email.rpartition("@")[2],
        OrganizationDomain.confirmed_at.is_not(None),
    )
    return db.session.scalar(query)
