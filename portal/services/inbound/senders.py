"""Whom a mail is from, and whether it is believed.

What a mail says of its sender is a claim. Of a customer it is taken as it is, as it gives no more
than what anybody may do who writes; of staff it needs a proof, as they speak for the desk.
"""

from collections.abc import Iterable
from datetime import timedelta
from typing import NamedTuple

from portal.extensions import setting
from portal.i18n import offered_locale
from portal.mail_parsing.envelope import Head
from portal.mail_parsing.parsed import Nature, ParsedMail
from portal.models.delivery import ReasonNotToSend
from portal.models.inbound import InboundMessage, InboundState, Mailbox, Reason
from portal.models.people import User
from portal.queries.inbound import blocked_senders, mailboxes, messages
from portal.queries.inbound.threading import Candidate
from portal.queries.people import users
from portal.security.addresses import normal_address
from portal.security.smtp_addresses import is_deliverable
from portal.services.organizations import new_members

# More than anybody writes; what comes beyond waits for staff.
_MOST_IN_AN_HOUR = 30
# Programs that answer each receipt without saying so are not told for ever.
_RECEIPTS_IN_AN_HOUR = 5
_HOUR = timedelta(hours=1)
_MAX_NAME = 80
_PASS, _FAIL = "pass", "fail"


class Doubt(NamedTuple):
    """Why a mail does not go into the conversation by itself, and where it waits instead."""

    state: InboundState
    reason: Reason


def address_of(mail: ParsedMail | Head) -> str:
    """The sender's address in the form of accounts; empty for none that could be answered."""
    if mail.sender is None:
        return ""
    try:
        address = normal_address(mail.sender.address)
    except ValueError:
        return ""
    return address if is_deliverable(address) else ""


def dmarc(mail: ParsedMail, sender: str) -> str:
    """What the trusted server says of the sender's domain: "pass", "fail", or nothing."""
    trusted = setting("INBOUND_AUTHSERV")
    results = next((one for one in mail.authentication if one.server == trusted), None)
    if not trusted or results is None or results.domain != _ascii_domain(sender):
        return ""
    return results.results.get("dmarc", "")


def _ascii_domain(address: str) -> str:
    domain = address.rpartition("@")[2]
    try:
        return domain.encode("idna").decode("ascii").lower()
    except UnicodeError:
        return domain


def doubt(message: InboundMessage, mail: ParsedMail, sender: str) -> Doubt | None:
    """What speaks against a mail before it is asked who its sender is here."""
    if not sender:
        return Doubt(InboundState.HELD, Reason.NO_SENDER)
    if mailboxes.is_own(sender, mailboxes.own_addresses()):
        return Doubt(InboundState.SUSPECTED, Reason.OWN_ADDRESS)
    if message.is_accepted:
        return None
    if blocked_senders.is_blocked(sender):
        return Doubt(InboundState.SUSPECTED, Reason.BLOCKED)
    if mail.spam:
        return Doubt(InboundState.SUSPECTED, Reason.SPAM)
    if dmarc(mail, sender) == _FAIL:
        return Doubt(InboundState.SUSPECTED, Reason.FORGED)
    return None


def doubt_about(
    user: User | None, message: InboundMessage, mail: ParsedMail, proven_by_address: set[int]
) -> Doubt | None:
    """What speaks against letting this account speak; None for nobody, who may get one.

    `proven_by_address` are people whose own reply address the mail was sent to.
    """
    if user is not None and user.actor.is_staff:
        return _doubt_about_staff(user, message, mail, proven_by_address)
    if user is None and users.holder(address_of(mail)) is not None:
        return Doubt(InboundState.HELD, Reason.ADDRESS_LEFT)
    if user is not None and not user.is_active:
        return Doubt(InboundState.SUSPECTED, Reason.ACCOUNT_DISABLED)
    if message.is_accepted:
        return None
    known = messages.number_from(message.sender, _HOUR, _MOST_IN_AN_HOUR + 1)
    return Doubt(InboundState.SUSPECTED, Reason.TOO_MANY) if known > _MOST_IN_AN_HOUR else None


def _doubt_about_staff(
    user: User, message: InboundMessage, mail: ParsedMail, proven_by_address: set[int]
) -> Doubt | None:
    if not user.is_active:
        return Doubt(InboundState.SUSPECTED, Reason.ACCOUNT_DISABLED)
    if message.is_accepted or is_proven(user, mail, proven_by_address):
        return None
    return Doubt(InboundState.HELD, Reason.UNPROVEN_STAFF)


def proven_by_address(found: Iterable[Candidate]) -> set[int]:
    """People whose own reply address the mail was sent to, if they have shown it to nobody.

    Those in copy of an answer read it in its header, and could write in the name of its author.
    """
    signed = {(one.user_id, one.ticket_id) for one in found if one.user_id is not None}
    return {
        user_id
        for user_id, ticket_id in signed
        if not messages.has_shown_address(user_id, ticket_id)
    }


def is_proven(user: User | None, mail: ParsedMail, proven_by_address: set[int]) -> bool:
    """Whether a trusted server, or the reply address of this very person, speaks for the sender."""
    address = user.email if user else address_of(mail)
    by_address = user is not None and user.id in proven_by_address
    return by_address or dmarc(mail, address) == _PASS


def reason_for_no_receipt(sender: str) -> ReasonNotToSend | None:
    """Of many mails within an hour only the first ones are confirmed."""
    return ReasonNotToSend.TOO_MANY if is_flooding(sender) else None


def is_flooding(sender: str) -> bool:
    """Whether so many mails came from there within the hour that not each is answered."""
    return messages.number_from(sender, _HOUR, _RECEIPTS_IN_AN_HOUR + 1) > _RECEIPTS_IN_AN_HOUR


def is_of_program(mail: ParsedMail) -> bool:
    """Whether no person wrote it."""
    return mail.nature is not Nature.PERSON


def add(mail: ParsedMail, mailbox: Mailbox) -> User:
    """An account for a sender who has none. Raises EmailTaken."""
    name, address = mail.sender.name if mail.sender else "", address_of(mail)
    return new_members.open_contact(
        email=address,
        name=safe_name(name),
        proven=dmarc(mail, address) == _PASS,
        locale=offered_locale(mailbox.language or _language(mail.text), setting("LANGUAGES")),
    )


def safe_name(name: str) -> str:
    """A display name as text: no address, which could pass for somebody else's."""
    words = " ".join(name.split())
    return "" if "@" in words else "".join(filter(str.isprintable, words))[:_MAX_NAME]


def _language(text: str) -> str:
    letters = [letter for letter in text[:2_000] if letter.isalpha()]
    cyrillic = sum("а" <= letter.lower() <= "я" for letter in letters)
    return "ru" if cyrillic * 3 > len(letters) else "en"
