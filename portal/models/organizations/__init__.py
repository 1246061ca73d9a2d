"""Organizations, invitations, mail domains, stored credentials, and notes about customers."""

from portal.models.organizations.credential import Credential
from portal.models.organizations.customer_note import CustomerNote
from portal.models.organizations.invitation import Invitation
from portal.models.organizations.marketplace import Marketplace, MarketplaceType
from portal.models.organizations.organization import Organization
from portal.models.organizations.organization_domain import OrganizationDomain
from portal.models.organizations.organization_storage import OrganizationStorage
from portal.models.organizations.plan import Plan, PlanName

__all__ = [
    "Credential",
    "CustomerNote",
    "Invitation",
    "Marketplace",
    "MarketplaceType",
    "Organization",
    "OrganizationDomain",
    "OrganizationStorage",
    "Plan",
    "PlanName",
]
