"""Actor: who is asking. A plain value, so that queries and services need no request and no row."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from portal.i18n import gettext as _

# The domain of those who were forgotten: nobody has mail there (RFC 2606), nobody can register.
ERASED_DOMAIN = "deleted.invalid"


class Role(StrEnum):
    """What a person may do on the desk."""

    CUSTOMER = "customer"
    STAFF = "staff"
    ADMIN = "admin"


class OrganizationRole(StrEnum):
    """What a member may do with the organization and its tickets, from most to least."""

    OWNER = "owner"
    ADMIN = "admin"
    USER = "user"
    VIEWER = "viewer"


def person_name(first: str, last: str, email: str) -> str:
    """How somebody is called: by name, or by the local part of the address."""
    name = f"{first} {last}".strip()
    if name or not is_erased(email):
        return name or email.partition("@")[0]
    return _("Deleted user")


def is_erased(email: str) -> bool:
    """Whether this is the address of what was a person once."""
    return email.endswith(f"@{ERASED_DOMAIN}")


@dataclass(frozen=True, slots=True)
class Actor:
    """An active user as the rules see one. Read from the database for each request or job."""

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
    # Rises with each change of what the person may see and do; see `models.people.rights_snapshot`.
    rights_epoch: int = 0
    # When the person last proved to be there, in this session.
    confirmed_at: datetime | None = None
    # When the account will be deleted, if its owner has asked for that.
    leaves_at: datetime | None = None
    session_token: str = ""

    # What Flask-Login asks of a user.
    is_authenticated = True
    is_active = True
    is_anonymous = False

    def get_id(self) -> str:
        """What the cookie carries: the random token of a session row, never the user's id."""
        return self.session_token

    @property
    def name(self) -> str:
        """First and last name, or the address's local part when neither is known."""
        return person_name(self.first_name, self.last_name, self.email)

    @property
    def is_staff(self) -> bool:
        """Staff and admins serve every customer."""
        return self.role != Role.CUSTOMER

    @property
    def is_admin(self) -> bool:
        """Admins also see statistics and manage users."""
        return self.role == Role.ADMIN

    @property
    def reads_organization(self) -> bool:
        """Whether the organization's tickets are theirs to read, not just their own."""
        return self.organization_role != OrganizationRole.USER
