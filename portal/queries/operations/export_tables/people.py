"""The tables of people and of organizations."""

from collections.abc import Iterator

from sqlalchemy import func, select

from portal.i18n import lazy_gettext as _
from portal.i18n import lazy_pgettext
from portal.models.organizations import Organization, OrganizationDomain
from portal.models.organizations.organization import format_id as format_organization
from portal.models.people import User
from portal.models.people.actor import ERASED_DOMAIN
from portal.models.people.user import format_id as format_user
from portal.queries.operations.export_tables.columns import Column, Reading, by_name
from portal.queries.operations.export_tables.reading import Batch, Scope, by_id, highest, read

_ORGANIZATION_NAME = Organization.name.label("organization_name")
_MEMBERS = (
    select(func.count())
    .where(User.organization_id == Organization.id)
    .correlate(Organization)
    .scalar_subquery()
    .label("members")
)
_DOMAINS = (
    select(func.aggregate_strings(OrganizationDomain.domain, " "))
    .where(
        OrganizationDomain.organization_id == Organization.id,
        OrganizationDomain.confirmed_at.is_not(None),
    )
    .correlate(Organization)
    .scalar_subquery()
    .label("domains")
)
OF_PEOPLE = by_name(
    Column("id", _("Number"), (User.id,), format_user),
    Column("email", _("E-mail address"), (User.email,)),
    Column("first_name", _("First name"), (User.first_name,)),
    Column("last_name", _("Last name"), (User.last_name,)),
    Column("username", _("User name"), (User.username,), usual=False),
    Column("phone", _("Phone"), (User.phone,)),
    Column("inn", _("INN"), (User.inn,), usual=False),
    Column("role", _("Role"), (User.role,)),
    Column(
        "organization_id", _("Organization's number"), (User.organization_id,), format_organization
    ),
    Column("organization_name", _("Organization"), (_ORGANIZATION_NAME,)),
    Column("organization_role", _("Role in the organization"), (User.organization_role,)),
    Column("is_active", lazy_pgettext("account", "Active"), (User.is_active,)),
    Column("is_verified", _("Address confirmed"), (User.is_verified,)),
    Column("locale", _("Language"), (User.locale,), usual=False),
    Column("timezone", _("Time zone"), (User.timezone,), usual=False),
    Column("created_at", _("Registered"), (User.created_at,)),
    Column("last_sign_in_at", _("Last sign-in"), (User.last_sign_in_at,)),
)
OF_ORGANIZATIONS = by_name(
    Column("id", _("Number"), (Organization.id,), format_organization),
    Column("name", _("Name"), (Organization.name,)),
    Column("personal", _("One person's own"), (Organization.personal,)),
    Column("members", _("Members"), (_MEMBERS,)),
    Column("plan", _("Plan"), (Organization.plan,)),
    Column("is_active", lazy_pgettext("account", "Active"), (Organization.is_active,)),
    Column("domains", _("Mail domains"), (_DOMAINS,), usual=False),
    Column("created_at", _("Registered"), (Organization.created_at,)),
)


def people(scope: Scope, reading: Reading) -> Iterator[Batch]:
    """Accounts that were opened in the period, but for erased ones."""
    query = (
        select(User.id, *reading.columns)
        .join(Organization, Organization.id == User.organization_id)
        .where(User.email.not_like(f"%@{ERASED_DOMAIN}"), *scope.period(User.created_at))
    )
    return read(by_id(query, User.id), reading, highest(User.id))


def organizations(scope: Scope, reading: Reading) -> Iterator[Batch]:
    """Organizations that were registered in the period."""
    query = select(Organization.id, *reading.columns)
    query = query.where(*scope.period(Organization.created_at))
    return read(by_id(query, Organization.id), reading, highest(Organization.id))
