"""Accounts, their credentials and sessions, and their event log."""

from portal.models.people.account_event import AccountEvent, AccountEventKind
from portal.models.people.actor import Actor, OrganizationRole, Role
from portal.models.people.after_sending import AfterSending
from portal.models.people.api_key import ApiKey, KeyScope
from portal.models.people.declined_mails import declinable, declinable_on_pages, preference
from portal.models.people.mails_as import MailsAs
from portal.models.people.named_role import NamedRole
from portal.models.people.pending_attachment import PendingAttachment
from portal.models.people.pending_registration import PendingRegistration
from portal.models.people.refresh_family import RefreshFamily
from portal.models.people.right import Right
from portal.models.people.rights_snapshot import RightsSnapshot
from portal.models.people.second_factor import Passkey, RecoveryCode
from portal.models.people.sight import Sight
from portal.models.people.user import User
from portal.models.people.user_session import UserSession
from portal.models.people.user_token import TokenPurpose, UserToken

__all__ = [
    "AccountEvent",
    "AccountEventKind",
    "Actor",
    "AfterSending",
    "ApiKey",
    "KeyScope",
    "MailsAs",
    "NamedRole",
    "OrganizationRole",
    "Passkey",
    "PendingAttachment",
    "PendingRegistration",
    "RecoveryCode",
    "RefreshFamily",
    "Right",
    "RightsSnapshot",
    "Role",
    "Sight",
    "TokenPurpose",
    "User",
    "UserSession",
    "UserToken",
    "declinable",
    "declinable_on_pages",
    "preference",
]
