"""Those in copy of a mail: they take part in its ticket from then on.

What a mail says of its sender is a claim, and who takes part reads all that was said before. So it
needs a proof that the sender has put them there.
"""

from collections.abc import Iterator

from portal.extensions import db
from portal.mail_parsing.parsed import Address, ParsedMail
from portal.models.inbound import InboundMessage, Step
from portal.models.people import User
from portal.models.tickets import MailedComment, Ticket
from portal.queries.inbound import blocked_senders, mailboxes
from portal.queries.tickets import participants as queries
from portal.security.addresses import normal_address
from portal.security.machine_addresses import is_of_machine
from portal.services.inbound import messages, senders
from portal.services.tickets import participants
from portal.services.tickets.participants import MAX_OF_MAIL


def share(
    message: InboundMessage, mail: ParsedMail, *, user: User, ticket: Ticket, is_proven: bool
) -> None:
    """Let them take part, or staff decide who does.

    `user` has sent the mail, which has become a comment on `ticket`; the caller has locked that.
    """
    if senders.is_of_program(mail):
        return
    people = dict(_people(mail, user))
    if not people:
        return
    added: list[str] = []
    left = [*people]
    # Each of them is mailed, so whoever writes a lot leaves it to staff.
    is_often = senders.reason_for_no_receipt(message.sender) and not user.actor.is_staff
    if is_proven and not is_often:
        # Mail programs go on writing to those who have left, or were taken out.
        left = sorted(queries.former_addresses(ticket.id) & people.keys())
        new = [(email, name) for email, name in people.items() if email not in left]
        added = participants.add_of_mail(actor=user.actor, ticket=ticket, people=new)
    if left:
        mailed = db.session.get_one(MailedComment, message.comment_id)
        mailed.in_copy = " ".join(left[:MAX_OF_MAIL])
    # Without addresses: the journey outlives the people.
    messages.add_line(
        message, Step.SHARED, number=len(people), added=len(added), is_proven=is_proven
    )


def _people(mail: ParsedMail, user: User) -> Iterator[tuple[str, str]]:
    """(address, name) of those in To and Cc but the sender, the desk, programs, lists, blocked."""
    own = mailboxes.own_addresses()
    for one in (*mail.to, *mail.cc):
        address = _normal(one)
        if address in {"", user.email} or mailboxes.is_own(address, own):
            continue
        if not is_of_machine(address) and not blocked_senders.is_blocked(address):
            yield address, senders.safe_name(one.name)


def _normal(one: Address) -> str:
    try:
        return normal_address(one.address)
    except ValueError:
        return ""
