"""The desk's mailboxes, and which addresses are its own."""

from collections.abc import Iterable
from email.utils import parseaddr

from sqlalchemy import select

from portal.errors import or_not_found
from portal.extensions import db, setting
from portal.models.inbound import InboundMessage, Mailbox, MailboxWay, MailTrial
from portal.security.addresses import normal_address
from portal.security.reply_addresses import read as read_token
from portal.security.reply_addresses import without_token


def listed() -> list[Mailbox]:
    """All mailboxes by address. A desk has a few."""
    return list(db.session.scalars(select(Mailbox).order_by(Mailbox.address)))


def find(mailbox_id: int, *, lock: bool = False) -> Mailbox:
    """The mailbox with that id. Raises NotFound."""
    query = select(Mailbox).where(Mailbox.id == mailbox_id)
    return or_not_found(db.session.scalar(query.with_for_update() if lock else query))


def has_mail(mailbox_id: int) -> bool:
    """Whether any message has come to it that is still listed."""
    of_it = select(InboundMessage.id).where(InboundMessage.mailbox_id == mailbox_id)
    return db.session.scalar(of_it.limit(1)) is not None


def fetched(most: int) -> list[Mailbox]:
    """Up to so many mailboxes that we fetch, the oldest first."""
    query = select(Mailbox).where(Mailbox.is_active, Mailbox.way == MailboxWay.IMAP)
    return list(db.session.scalars(query.order_by(Mailbox.id).limit(most)))


def active() -> list[Mailbox]:
    """Those that are in use, by address."""
    query = select(Mailbox).where(Mailbox.is_active).order_by(Mailbox.address)
    return list(db.session.scalars(query))


def trials() -> dict[int, MailTrial]:
    """The last trial of the mail doctor by mailbox."""
    return {trial.mailbox_id: trial for trial in db.session.scalars(select(MailTrial))}


def of_addresses(addresses: Iterable[str]) -> Mailbox | None:
    """The first mailbox among addresses as mails write them, whatever stands after a plus."""
    wanted = list(dict.fromkeys(filter(None, map(_mailbox_address, addresses))))
    if not wanted:
        return None
    query = select(Mailbox).where(Mailbox.address.in_(wanted), Mailbox.is_active)
    found = {mailbox.address: mailbox for mailbox in db.session.scalars(query)}
    return next((found[one] for one in wanted if one in found), None)


def takes(address: str) -> bool:
    """Whether mail to that address is taken: all of it until somebody has set up a mailbox.

    That of the default address is made by itself, and changes nothing.
    """
    default = default_address()
    if of_addresses([address]) is not None or _mailbox_address(address) == default:
        return True
    set_up = select(Mailbox.id).where(Mailbox.address != default).limit(1)
    return db.session.scalar(set_up) is None


def by_mailbox(addresses: Iterable[str]) -> list[list[str]]:
    """The addresses in groups, each of one mailbox; in a group the signed ones come first."""
    groups: dict[int | None, list[str]] = {}
    for address in sorted(addresses, key=lambda one: read_token(one) is None):
        mailbox = of_addresses([address])
        groups.setdefault(mailbox.id if mailbox else None, []).append(address)
    return list(groups.values())


def default_address() -> str:
    """The address of the mailbox that takes what names no other."""
    address = parseaddr(setting("SUPPORT_EMAIL"))[1]
    return _mailbox_address(address) or address.lower()


def own_addresses() -> set[str]:
    """Addresses that mail of the desk itself comes from, and that no person has."""
    settings = (parseaddr(setting(name))[1] for name in ("SUPPORT_EMAIL", "MAIL_FROM"))
    own = db.session.scalars(select(Mailbox.address))
    return {*filter(None, map(_mailbox_address, settings)), *own}


def is_own(address: str, own: set[str]) -> bool:
    """Whether an address in the form of accounts is one of the desk's `own`, or leads to one."""
    return bool({address, without_token(address)} & own)


def _mailbox_address(address: str) -> str:
    try:
        return without_token(normal_address(address.strip()))
    except ValueError:
        return ""
