"""Actor: the user on whose behalf something is done, as a plain value without request or row."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from portal.i18n import gettext as _
from portal.models.people.mails_as import MailsAs
from portal.models.people.right import Right
from portal.models.people.sight import Sight

# Domain of erased accounts: it receives no mail (RFC 2606), so nobody can register with it.
ERASED_DOMAIN = "deleted.invalid"


class Role(StrEnum):
    """Platform role."""

    CUSTOMER = "customer"
    STAFF = "staff"
    ADMIN = "admin"


class OrganizationRole(StrEnum):
    """Role within an organization, highest first."""

    OWNER = "owner"
    ADMIN = "admin"
    USER = "user"
    VIEWER = "viewer"


def person_name(first: str, last: str, email: str) -> str:
    """First and last name; without both, the local part of the address."""
    name = f"{first} {last}".strip()
    if name or not is_erased(email):
        return name or email.partition("@")[0]
    return _("Deleted user")


def is_erased(email: str) -> bool:
    """Whether it is the pseudonymous address of an erased account."""
    return email.endswith(f"@{ERASED_DOMAIN}")


@dataclass(frozen=True, slots=True)
class Actor:
    """An active user's identity and rights, read from the database for each request or job."""

    id: int
    email: str
    first_name: str
    last_name: str
    role: str
    organization_id: int
    organization_role: str
    locale: str
    timezone: str
    has_second_factor: bool = False
    # Raised by each change of the user's rights; see `models.people.rights_snapshot`.
    rights_epoch: int = 0
    # The keys that the user has chosen; see `models.people.shortcuts`.
    shortcuts: str = ""
    # See MailsAs.
    mails_as: str = MailsAs.TEXT
    # In words; asked in `security.permissions` alone.
    rights: str = ""
    # Whatever the role needs; see REQUIRE_SECOND_FACTOR.
    second_factor_required: bool = False
    # When the user last proved their identity in this session.
    confirmed_at: datetime | None = None
    # When the account will be deleted, if its owner has asked for that.
    leaves_at: datetime | None = None
    # Of staff; nobody else is shown a number.
    unread_notifications: int = 0
    session_token: str = ""

    # Required by Flask-Login.
    is_authenticated = True
    is_active = True
    is_anonymous = False

    def get_id(self) -> str:
        """For Flask-Login: the session token in the cookie, not the user's id."""
        return self.session_token

    @property
    def name(self) -> str:
        """First and last name; without both, the local part of the address."""
        return person_name(self.first_name, self.last_name, self.email)

    @property
    def is_staff(self) -> bool:
        """True for staff and admins."""
        return self.role != Role.CUSTOMER

    @property
    def is_admin(self) -> bool:
        return self.role == Role.ADMIN

    @property
    def sight(self) -> Sight:
        """Which tickets the actor sees."""
        if self.role == Role.CUSTOMER:
            return Sight.ORGANIZATION if self.reads_organization else Sight.OWN
        limited = self.role == Role.STAFF and Right.OWN_DEPARTMENTS in self.rights.split()
        return Sight.DEPARTMENTS if limited else Sight.ALL

    @property
    def reads_organization(self) -> bool:
        """Whether the actor sees all tickets of the organization, not only their own."""
        return self.organization_role != OrganizationRole.USER
