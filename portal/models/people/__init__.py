"""Accounts, what opens them, and what happened to them."""

from portal.models.people.account_event import AccountEvent, AccountEventKind
from portal.models.people.actor import Actor, OrganizationRole, Role
from portal.models.people.api_key import ApiKey, KeyScope
from portal.models.people.made import Made
from portal.models.people.pending_registration import PendingRegistration
from portal.models.people.refresh_family import RefreshFamily
from portal.models.people.second_factor import Passkey, RecoveryCode
from portal.models.people.user import User
from portal.models.people.user_session import UserSession
from portal.models.people.user_token import TokenPurpose, UserToken

__all__ = [
    "AccountEvent",
    "AccountEventKind",
    "Actor",
    "ApiKey",
    "KeyScope",
    "Made",
    "OrganizationRole",
    "Passkey",
    "PendingRegistration",
    "RecoveryCode",
    "RefreshFamily",
    "Role",
    "TokenPurpose",
    "User",
    "UserSession",
    "UserToken",
]
