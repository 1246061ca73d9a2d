"""Records changes of webhooks and notifies people, as webhooks send their tickets elsewhere."""

from portal.extensions import db
from portal.models.delivery import NoticeKind
from portal.models.people import AccountEventKind, Actor, OrganizationRole, User
from portal.models.webhooks import Webhook
from portal.queries.organizations import organizations
from portal.services.delivery import mail_notifications
from portal.services.people import account_log


def record_and_notify(webhook: Webhook, *, change: str, actor: Actor | None = None) -> None:
    """Record `change`; mail the organization's owners and the webhook's owner or actor.

    Without an actor the system made the change. Only the host is named: paths may contain a secret.
    """
    person = db.session.get(User, actor.id if actor else webhook.owner_id)
    if person is not None:
        account_log.record(
            user=person,
            kind=AccountEventKind.WEBHOOK_CHANGED,
            actor=actor,
            organization_id=webhook.organization_id,
            name=webhook.host,
            change=change,
        )
    for reader in _readers(webhook, person):
        mail_notifications.account_notice(reader, _notice(webhook, change), about=webhook.host)


def _readers(webhook: Webhook, person: User | None) -> list[User]:
    people = [person] if person is not None else []
    if webhook.organization_id is not None:
        owners = organizations.with_roles(webhook.organization_id, OrganizationRole.OWNER)
        people = [*owners, *people]
    return list({one.id: one for one in people}.values())


def _notice(webhook: Webhook, change: str) -> NoticeKind:
    if change == "failed":
        return (
            NoticeKind.DESK_WEBHOOK_STOPPED
            if webhook.belongs_to_desk
            else NoticeKind.WEBHOOK_STOPPED
        )
    return (
        NoticeKind.DESK_WEBHOOK_CHANGED if webhook.belongs_to_desk else NoticeKind.WEBHOOK_CHANGED
    )
