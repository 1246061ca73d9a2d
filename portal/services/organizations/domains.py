"""Mail domains whose new accounts join an organization: asking, confirming, changing, removing.

Who asks for a domain says whose tickets the organization will read. So whoever reads mail at the
domain confirms it, by a link to an address that stands for the domain itself.
"""

from datetime import timedelta

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError

from portal import clock
from portal.bulk_statements import execute_bulk
from portal.errors import BadLink, DomainTaken, Invalid
from portal.extensions import db
from portal.models.delivery import NoticeKind
from portal.models.organizations import Organization, OrganizationDomain
from portal.models.people import AccountEventKind, Actor, OrganizationRole, TokenPurpose, User
from portal.queries.organizations import domains as queries
from portal.queries.organizations import organizations
from portal.queries.organizations.domains import DomainDetails
from portal.security import permissions, public_mail
from portal.security.people import tokens
from portal.security.people.step_up import sensitive
from portal.services.delivery import mail_notifications
from portal.services.delivery.outbox import Mail, schedule_mails
from portal.services.people import account_log

PURPOSE = TokenPurpose.DOMAIN
TEMPLATE = "confirm_domain"
LIFETIME = timedelta(days=7)
MAX_DOMAINS = 20
# Mailboxes that people do not get for themselves (RFC 2142; CA/Browser Forum, 3.2.2.4.4).
OF_DOMAIN = frozenset({"postmaster", "hostmaster", "webmaster", "admin", "administrator"})
# What new accounts may become by their address alone.
ROLES = (OrganizationRole.USER, OrganizationRole.VIEWER)


@sensitive
def ask(
    *,
    actor: Actor,
    organization: Organization | None = None,
    email: str,
    role: OrganizationRole,
    wait: timedelta = timedelta(0),
) -> OrganizationDomain:
    """Mail a link for the domain of a normalised address there, after `wait`.

    For the actor's own organization, or a locked one. The answer is the same whether another one
    has the domain: who reads mail there is told. Raises Forbidden, and Invalid by field.
    """
    organization, actor = _managed(actor, organization)
    local, _, domain = email.rpartition("@")
    if code := _problem(actor, organization, local, domain):
        raise Invalid(email=code)
    if role not in ROLES:
        raise Invalid(role="unknown")
    mine = OrganizationDomain.organization_id == organization.id
    execute_bulk(delete(OrganizationDomain).where(mine, OrganizationDomain.domain == domain))
    row = OrganizationDomain(
        organization_id=organization.id,
        domain=domain,
        role=role,
        asked_by_id=actor.id,
        expires_at=clock.now() + LIFETIME,
    )
    db.session.add(row)
    db.session.flush()  # the link is its id
    _record(actor, AccountEventKind.DOMAIN_ASKED, domain)
    schedule_mails(Mail(TEMPLATE, email, data={"domain": row.id}, wait=wait))
    return row


def _managed(actor: Actor, organization: Organization | None) -> tuple[Organization, Actor]:
    """The locked organization, with the actor's rights of now. Raises Forbidden."""
    if organization is None:
        organization, actor = organizations.lock_own(actor)
    permissions.require(permissions.can_manage_domains(actor, organization.id))
    return organization, actor


def _problem(actor: Actor, organization: Organization, local: str, domain: str) -> str:
    """The code of why the domain cannot be asked for by mail to that address; or nothing."""
    if organization.personal:
        return "unnamed"
    if public_mail.is_public(domain):
        return "public_domain"
    # Who serves the customers knows which other address speaks for a domain.
    if local not in OF_DOMAIN and not permissions.can_manage_people(actor):
        return "not_of_domain"
    others = [row for row in queries.of_organization(organization.id) if row.domain != domain]
    if len(others) >= MAX_DOMAINS:
        return "too_many_domains"
    mine = OrganizationDomain.organization_id == organization.id
    confirmed = select(OrganizationDomain.id).where(
        mine, OrganizationDomain.domain == domain, OrganizationDomain.confirmed_at.is_not(None)
    )
    return "domain_here" if db.session.scalar(confirmed) else ""


def find(text: str) -> DomainDetails:
    """The domain that a link's text confirms. Raises BadLink."""
    found = queries.find(tokens.find_row(PURPOSE, text, OrganizationDomain).id)
    if found is None or not found.is_confirmable:
        raise BadLink
    return found


def confirm(text: str) -> DomainDetails:
    """Let new accounts of the domain join; whoever has the link reads mail there.

    Raises BadLink, and DomainTaken when another organization has it.
    """
    organizations.lock(find(text).organization.id)
    found = find(text)
    row = found.domain
    row.confirmed_at, row.expires_at = clock.now(), None
    try:
        db.session.flush()
    except IntegrityError:
        raise DomainTaken from None
    account_log.record(user=found.asker, kind=AccountEventKind.DOMAIN_CONFIRMED, name=row.domain)
    for owner in organizations.with_roles(row.organization_id, OrganizationRole.OWNER):
        mail_notifications.account_notice(
            owner, NoticeKind.DOMAIN_CONFIRMED, about=row.domain, tells_where=False
        )
    return found


@sensitive
def set_role(
    *,
    actor: Actor,
    organization: Organization | None = None,
    domain_id: int,
    role: OrganizationRole,
) -> bool:
    """What accounts become that join from now on; returns whether it changed."""
    organization, actor = _managed(actor, organization)
    row = queries.find_own(organization.id, domain_id)
    if role not in ROLES:
        raise Invalid(role="unknown")
    if row.role == role:
        return False
    row.role = role
    _record(actor, AccountEventKind.DOMAIN_CHANGED, f"{row.domain}: {role}")
    return True


def remove(*, actor: Actor, organization: Organization | None = None, domain_id: int) -> str:
    """Let nobody join by it any more, and return it; who has joined stays. Ends its link."""
    organization, actor = _managed(actor, organization)
    row = queries.find_own(organization.id, domain_id)
    db.session.delete(row)
    _record(actor, AccountEventKind.DOMAIN_REMOVED, row.domain)
    return row.domain


def delete_expired(limit: int) -> None:
    """Delete up to `limit` domains that nobody has confirmed in time."""
    row = OrganizationDomain
    # A link that does not work any more is better explained by its row than by none.
    old = select(row.id).where(row.expires_at <= clock.now() - LIFETIME).limit(limit)
    execute_bulk(delete(row).where(row.id.in_(old)))


def _record(actor: Actor, kind: AccountEventKind, name: str) -> None:
    account_log.record(user=db.session.get_one(User, actor.id), kind=kind, actor=actor, name=name)
