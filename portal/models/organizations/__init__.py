"""Organizations, invitations into them, and their stored credentials."""

from portal.models.organizations.credential import Credential
from portal.models.organizations.invitation import Invitation
from portal.models.organizations.organization import Organization

__all__ = [
    "Credential",
    "Invitation",
    "Organization",
]
