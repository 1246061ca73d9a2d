"""Blocked senders: their list, and whether an address is one of them."""

from sqlalchemy import select

from portal.errors import or_not_found
from portal.extensions import db
from portal.models.inbound import BlockedSender
from portal.models.people import User
from portal.models.people.person import Person
from portal.queries.paging import AnyRow, Page, newest_page, parse_id_cursor

PAGE = 50


def page(cursor: str = "") -> Page[AnyRow]:
    """The newest of them, with who has added each."""
    query = select(
        BlockedSender.id,
        BlockedSender.pattern,
        BlockedSender.reason,
        BlockedSender.created_at,
        *Person.columns(User),
    ).join(User, User.id == BlockedSender.added_by_id)
    return newest_page(query, BlockedSender.id, before=parse_id_cursor(cursor), size=PAGE)


def find(blocked_id: int) -> BlockedSender:
    """Raises NotFound."""
    return or_not_found(db.session.get(BlockedSender, blocked_id))


def is_blocked(address: str) -> bool:
    """Whether the address in the form of accounts is blocked, or its domain, or one above that."""
    named = [address, *domains_of(address)]
    return (
        db.session.scalar(select(BlockedSender.id).where(BlockedSender.pattern.in_(named)).limit(1))
        is not None
    )


def domains_of(address: str) -> list[str]:
    """Its domain and those above, as patterns, but for the last label alone."""
    labels = address.rpartition("@")[2].split(".")
    return [f"@{'.'.join(labels[at:])}" for at in range(max(len(labels) - 1, 1))]
