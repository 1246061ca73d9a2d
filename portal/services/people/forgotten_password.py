"""Resetting a forgotten password by a mailed link.

The response must not reveal whether the account exists, by content or timing. So the request only
schedules a mail; the worker looks for the account.
"""

from datetime import timedelta

from portal import clock, request_context
from portal.extensions import db
from portal.models.delivery import NoticeKind, Outbox
from portal.models.people import AccountEventKind, TokenPurpose, User
from portal.queries.people import account_events, users
from portal.security.people import tokens
from portal.security.people.access import EndReason
from portal.services.delivery import mail_notifications
from portal.services.delivery.outbox import Mail, schedule_mails
from portal.services.people import account_log, accounts, returned_mails
from portal.services.people.access import end_access

TEMPLATE = "reset_password"
FIRST_TEMPLATE = "account_opened"
# As an invitation: nobody waits for it in front of the mailbox.
FIRST_LIFETIME = timedelta(days=7)
_ENDS_RESET = tuple(kind for kind in AccountEventKind if kind.spec.ends_reset)


def ask(email: str) -> None:
    """Schedule a mail to `email`; the same work whether it has an account."""
    address, user_agent, _page = request_context.current.get()
    asked = {"asked": True, "from": address, "user_agent": user_agent}
    schedule_mails(Mail(template=TEMPLATE, recipient=email, data=asked))


def prepare_mail(outbox_id: int) -> None:
    """Create the link for a requested mail if the account may have one. For the worker.

    A mail left without a link is not sent, see `mail.outgoing.reason_not_to_send`.
    """
    row = db.session.get_one(Outbox, outbox_id)
    if row.template != TEMPLATE or not row.data.get("asked"):
        return
    user = users.by_email(row.recipient)
    if user is None:
        mail_notifications.rewrite_as_undo_notice(row)
    if user is None or not user.is_active or _is_obsolete(user, row):
        return
    came = request_context.current.set(
        request_context.Origin(row.data["from"], row.data["user_agent"])
    )
    account_log.record(user=user, kind=AccountEventKind.RESET_ASKED)
    request_context.current.reset(came)
    row.user_id = user.id
    row.data = {"token": tokens.issue(user, TokenPurpose.RESET).id}


def send(user: User) -> None:
    """Mail a link without a request, to a user who cannot sign in without it."""
    token = tokens.issue(user, TokenPurpose.RESET)
    schedule_mails(
        Mail(template=TEMPLATE, recipient=user.email, user_id=user.id, data={"token": token.id})
    )


def send_first(user: User) -> None:
    """Mail the link of an account that somebody else has opened: valid for longer."""
    tokens.end_all(user, TokenPurpose.RESET)
    token = tokens.add(user, TokenPurpose.RESET, FIRST_LIFETIME)
    schedule_mails(
        Mail(
            template=FIRST_TEMPLATE,
            recipient=user.email,
            user_id=user.id,
            data={"token": token.id},
        )
    )


def reset(*, text: str, password_hash: str) -> User:
    """Set a new password by a link and end all access. Raises BadLink.

    The link also verifies the address.
    """
    user, _data = tokens.use(TokenPurpose.RESET, text)
    why = EndReason.PASSWORD_RESET if user.is_verified else EndReason.ADDRESS_PROVEN
    user.password_hash = password_hash
    accounts.mark_verified(user)
    returned_mails.prove(user)
    account_log.record(user=user, kind=AccountEventKind.PASSWORD_RESET)
    end_access(user, why)
    mail_notifications.account_notice(user, NoticeKind.PASSWORD_RESET)
    return user


def _is_obsolete(user: User, row: Outbox) -> bool:
    """Whether the request is too old, or an event since then has made it obsolete."""
    if row.created_at < clock.now() - tokens.LIFETIME:
        return True
    return account_events.has_event(user.id, _ENDS_RESET, since=row.created_at)
