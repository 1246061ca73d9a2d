"""A forgotten password: a link by mail, and a new password through it.

Whoever asks must not learn whether the account exists, by words or by time. So the request only
writes down that somebody asked; who that is about is looked up by the worker.
"""

from portal import clock, request_context
from portal.extensions import db
from portal.models.delivery import NoticeKind, Outbox
from portal.models.people import AccountEventKind, TokenPurpose, User
from portal.queries.people import account_events, users
from portal.security.people import tokens
from portal.security.people.access import EndReason
from portal.services.delivery import mail_notifications
from portal.services.delivery.outbox import Mail, schedule_mails
from portal.services.people import account_log, accounts
from portal.services.people.access import end_access

TEMPLATE = "reset_password"
_ENDS_RESET = tuple(kind for kind in AccountEventKind if kind.spec.ends_reset)


def ask(email: str) -> None:
    """Owe a link to `email`, whoever that is: the same work for everybody and nobody."""
    address, user_agent, _page = request_context.current.get()
    asked = {"asked": True, "from": address, "user_agent": user_agent}
    schedule_mails(Mail(template=TEMPLATE, recipient=email, data=asked))


def prepare_mail(outbox_id: int) -> None:
    """For the worker: make the link that the mail asks for, if it asks for one it may have.

    What is left without a link is not sent, see `mail.outgoing.reason_not_to_send`.
    """
    row = db.session.get_one(Outbox, outbox_id)
    if row.template != TEMPLATE or not row.data.get("asked"):
        return
    user = users.by_email(row.recipient)
    if user is None:
        mail_notifications.rewrite_as_undo_notice(row)
    if user is None or not user.is_active or _overtaken(user, row):
        return
    came = request_context.current.set(
        request_context.Origin(row.data["from"], row.data["user_agent"])
    )
    account_log.record(user=user, kind=AccountEventKind.RESET_ASKED)
    request_context.current.reset(came)
    row.user_id = user.id
    row.data = {"token": tokens.issue(user, TokenPurpose.RESET).id}


def send(user: User) -> None:
    """Mail a link to somebody who has not asked for one and cannot sign in without it."""
    token = tokens.issue(user, TokenPurpose.RESET)
    schedule_mails(
        Mail(template=TEMPLATE, recipient=user.email, user_id=user.id, data={"token": token.id})
    )


def reset(*, text: str, password_hash: str) -> User:
    """Set a new password through a link and sign everybody out. Raises BadLink.

    Who reads the account's mail has shown, too, that the address is theirs.
    """
    user, _data = tokens.use(TokenPurpose.RESET, text)
    why = EndReason.PASSWORD_RESET if user.is_verified else EndReason.ADDRESS_PROVEN
    user.password_hash = password_hash
    accounts.mark_verified(user)
    account_log.record(user=user, kind=AccountEventKind.PASSWORD_RESET)
    end_access(user, why)
    mail_notifications.account_notice(user, NoticeKind.PASSWORD_RESET)
    return user


def _overtaken(user: User, row: Outbox) -> bool:
    """Whether the request is too old, or something has happened since that ends it."""
    if row.created_at < clock.now() - tokens.LIFETIME:
        return True
    return account_events.has_event(user.id, _ENDS_RESET, since=row.created_at)
