"""Mails that name a colleague as their sender without a proof: the colleague is asked."""

from portal.models.delivery import NoticeKind
from portal.models.inbound import InboundMessage, InboundState, Reason, Step
from portal.models.people import Actor, User
from portal.queries.inbound import messages as queries
from portal.security import permissions
from portal.services.delivery import mail_notifications
from portal.services.inbound import messages, senders
from portal.services.tickets import notifications


def ask(message: InboundMessage, user: User) -> None:
    """Ask that colleague once, by mail and on pages, whether the held message is theirs.

    Whoever floods the desk in a colleague's name does not flood the colleague.
    """
    message.user_id = user.id
    asked_before = any(line["step"] == Step.ASKED for line in message.journey)
    if asked_before or senders.is_flooding(message.sender):
        return
    notifications.mail_held(user=user, message_id=message.id)
    mail_notifications.account_notice(user, NoticeKind.MAIL_HELD, tells_where=False)
    messages.add_line(message, Step.ASKED)


def answer(*, actor: Actor, message_id: int, is_theirs: bool) -> None:
    """The actor's word on a mail in their name: it is read, or administrators look at it.

    Raises NotFound for mails of others, and for those that were decided about.
    """
    permissions.require(permissions.can_be_notified(actor))
    message = queries.find_own_held(actor, message_id)
    if is_theirs:
        messages.read_again(message, by=actor, accept=True)
        return
    notifications.mail_settled(message.id)
    messages.add_line(message, Step.DISOWNED, by=actor.id)
    messages.settle(message, InboundState.SUSPECTED, Reason.DISOWNED)
