"""Customers' companies, who is asked into them, and what they keep with us."""

from portal.models.organizations.credential import Credential
from portal.models.organizations.invitation import Invitation
from portal.models.organizations.organization import Organization

__all__ = [
    "Credential",
    "Invitation",
    "Organization",
]
