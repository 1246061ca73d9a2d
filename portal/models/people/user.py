"""User: an account with its platform role, organization and role in it."""

from datetime import datetime

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    String,
    Text,
    event,
    false,
    inspect,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from portal import clock
from portal.models.annotations import (
    BARE_NUMBER,
    BLANKED,
    EXPORTED,
    INTERNAL,
    SECRET,
    Encrypted,
    after_restore,
    erased_by_rule,
    exported_by_rule,
)
from portal.models.base import BigId, Created, Model, UtcDateTime
from portal.models.people.actor import Actor, OrganizationRole, Role, is_erased, person_name
from portal.models.people.after_sending import AfterSending
from portal.models.people.declined_mails import declinable, preference
from portal.models.people.mails_as import MailsAs

_MERGED = text("merged_into_id IS NOT NULL")
# Columns that rights depend on.
RIGHTS = (
    "role",
    "organization_id",
    "organization_role",
    "is_active",
    "rights",
)


class User(Created, Model):
    """`epoch` is raised by changes that end all sessions: password, role, disabling.

    `rights_epoch` is raised by each change of RIGHTS (see below) and ends stored results
    (`rights_snapshot`).
    """

    __tablename__ = "users"
    __table_args__ = (
        CheckConstraint("role IN ('customer', 'staff', 'admin')", name="role"),
        CheckConstraint(
            "organization_role IN ('owner', 'admin', 'user', 'viewer')", name="organization_role"
        ),
        Index(None, "organization_id"),
        Index(None, "role", "id"),
        Index(None, "named_role_id"),
        Index(
            "ix_users_merged_into",
            "merged_into_id",
            sqlite_where=_MERGED,
            postgresql_where=_MERGED,
        ),
        # Ends tokens issued after the backup.
        {"sqlite_autoincrement": True, **after_restore("UPDATE {table} SET epoch = epoch + 1")},
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    email: Mapped[str] = mapped_column(
        String(254), unique=True, info=erased_by_rule("a pseudonym that says nothing") | EXPORTED
    )
    password_hash: Mapped[str | None] = mapped_column(
        String(200), info=erased_by_rule("ends with all access") | SECRET
    )
    first_name: Mapped[str] = mapped_column(String(100), default="", info=BLANKED | EXPORTED)
    last_name: Mapped[str] = mapped_column(String(100), default="", info=BLANKED | EXPORTED)
    role: Mapped[str] = mapped_column(String(16), default=Role.CUSTOMER, info=EXPORTED)
    organization_id: Mapped[int] = mapped_column(
        ForeignKey("organizations.id"), info=exported_by_rule("organization")
    )
    organization_role: Mapped[str] = mapped_column(
        String(16), default=OrganizationRole.OWNER, info=exported_by_rule("organization")
    )
    # What somebody on the staff may do besides (`models.people.right`): given to this person, by a
    # named role, and both together, which is what counts. `services.people.rights` keeps them.
    granted_rights: Mapped[str] = mapped_column(
        String(100), default="", server_default="", info=BLANKED | EXPORTED
    )
    named_role_id: Mapped[int | None] = mapped_column(
        ForeignKey("named_roles.id"), info=BLANKED | INTERNAL
    )
    rights: Mapped[str] = mapped_column(
        String(100), default="", server_default="", info=BLANKED | EXPORTED
    )
    is_active: Mapped[bool] = mapped_column(default=True, info=INTERNAL)
    is_verified: Mapped[bool] = mapped_column(default=False, info=EXPORTED)
    username: Mapped[str | None] = mapped_column(String(40), unique=True, info=BLANKED | EXPORTED)
    phone: Mapped[str | None] = mapped_column(String(20), info=BLANKED | EXPORTED)
    inn: Mapped[str | None] = mapped_column(String(12), info=BLANKED | EXPORTED)
    signature: Mapped[str] = mapped_column(Text, default="", info=BLANKED | EXPORTED)
    # Templates that the user has declined; see `models.people.declined_mails`.
    muted: Mapped[list[str]] = mapped_column(JSON, default=list, info=BLANKED | EXPORTED)
    # The same for notifications on pages.
    muted_on_pages: Mapped[list[str]] = mapped_column(
        JSON, default=list, server_default="[]", info=BLANKED | EXPORTED
    )
    totp_secret: Mapped[str | None] = mapped_column(
        Encrypted("second factor of user"), info=erased_by_rule("ends with all access") | SECRET
    )
    totp_counter: Mapped[int | None] = mapped_column(
        BigInteger, info=exported_by_rule("second_factors: whether there is an app")
    )  # the last accepted time step
    # An admin asks for one of this account, whatever its role needs.
    second_factor_required: Mapped[bool] = mapped_column(
        default=False, server_default=false(), info=INTERNAL
    )
    epoch: Mapped[int] = mapped_column(default=0, info=INTERNAL)
    rights_epoch: Mapped[int] = mapped_column(default=0, server_default="0", info=INTERNAL)
    locale: Mapped[str] = mapped_column(String(8), default="en", info=BLANKED | EXPORTED)
    # See AfterSending. The default of the database is for older code on this schema.
    after_sending: Mapped[str] = mapped_column(
        String(8), default=AfterSending.NEXT, server_default="next", info=BLANKED | EXPORTED
    )
    # Empty: the zone of the browser; in mails UTC.
    timezone: Mapped[str] = mapped_column(String(64), default="", info=BLANKED | EXPORTED)
    # What differs from the usual keys; see `models.people.shortcuts`.
    shortcuts: Mapped[str] = mapped_column(
        String(300), default="", server_default="", info=BLANKED | EXPORTED
    )
    mails_as: Mapped[str] = mapped_column(
        String(8), default=MailsAs.TEXT, server_default="text", info=BLANKED | EXPORTED
    )
    # Until then nobody else gives them tickets; of the staff.
    away_until: Mapped[datetime | None] = mapped_column(UtcDateTime, info=BLANKED | EXPORTED)
    # Since then no mails about tickets go to the address, as several came back. See below.
    mail_stopped_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=BLANKED | EXPORTED)
    # The other account of the same person that this one has become a part of.
    merged_into_id: Mapped[int | None] = mapped_column(BigInteger, info=BARE_NUMBER | INTERNAL)
    last_sign_in_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=BLANKED | EXPORTED)

    @property
    def name(self) -> str:
        """First and last name; without both, the local part of the address."""
        return person_name(self.first_name, self.last_name, self.email)

    @property
    def number(self) -> str:
        """The public id: USR000001."""
        return format_id(self.id)

    @property
    def is_erased(self) -> bool:
        """Whether the account was erased; only its id and pseudonym are left."""
        return is_erased(self.email)

    @property
    def is_untouched(self) -> bool:
        """Whether nobody has proven to be its owner: no password, and no link was used."""
        return self.password_hash is None and not self.is_verified

    @property
    def is_assignable(self) -> bool:
        """Whether tickets can be assigned to this user."""
        return self.is_active and self.role != Role.CUSTOMER

    @property
    def is_away(self) -> bool:
        """Whether they get no new tickets for the time being."""
        return self.away_until is not None and self.away_until > clock.now()

    def declines(self, template: str) -> bool:
        """Whether the user has declined mails of that template."""
        name = preference(template)
        return name in self.muted and name in declinable(self.role)

    def declines_on_pages(self, kind: str) -> bool:
        """Whether the user has declined notifications of that kind."""
        return preference(kind) in self.muted_on_pages

    @property
    def actor(self) -> Actor:
        """The Actor for commands and jobs, which have no session."""
        return Actor(
            id=self.id,
            email=self.email,
            first_name=self.first_name,
            last_name=self.last_name,
            role=self.role,
            organization_id=self.organization_id,
            organization_role=self.organization_role,
            locale=self.locale,
            timezone=self.timezone,
            shortcuts=self.shortcuts,
            mails_as=self.mails_as,
            rights=self.rights,
            second_factor_required=self.second_factor_required,
            rights_epoch=self.rights_epoch,
        )


@event.listens_for(User, "before_update")
def _count_change_of_rights(_mapper: object, _connection: object, user: User) -> None:
    changed = inspect(user).attrs
    if any(changed[name].history.has_changes() for name in RIGHTS):
        # Incremented in the database, so that concurrent changes all count.
        user.rights_epoch = User.rights_epoch + 1


@event.listens_for(User, "before_update")
def _try_new_address(_mapper: object, _connection: object, user: User) -> None:
    if inspect(user).attrs.email.history.has_changes():
        user.mail_stopped_at = None


def format_id(user_id: int) -> str:
    """User 1 is USR000001."""
    return f"USR{user_id:06d}"
