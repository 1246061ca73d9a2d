"""Organizations, invitations, stored credentials, and notes of staff about customers."""

from portal.models.organizations.credential import Credential
from portal.models.organizations.customer_note import CustomerNote
from portal.models.organizations.invitation import Invitation
from portal.models.organizations.organization import Organization
from portal.models.organizations.plan import Plan, PlanName

__all__ = [
    "Credential",
    "CustomerNote",
    "Invitation",
    "Organization",
    "Plan",
    "PlanName",
]
