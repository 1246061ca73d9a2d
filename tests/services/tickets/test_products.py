"""Which products a ticket is about: who may say so, what is kept of it, and who is told."""

import pytest
from flask import Flask
from flask.ctx import AppContext
from sqlalchemy import select

from portal import clock
from portal.errors import Forbidden, Invalid, TicketClosed
from portal.extensions import begin_write, db
from portal.models.people import Actor, OrganizationRole, User
from portal.models.products import Product
from portal.models.statistics import Dimension, Measure
from portal.models.tickets import EventKind, Ticket, TicketEvent, TicketProduct, TicketStatus
from portal.queries.statistics import narrowed, ticket_lists
from portal.queries.statistics.narrowing import EVERYTHING
from portal.queries.statistics.period import Period
from portal.queries.statistics.report import find, today
from portal.queries.tickets import products as queries
from portal.queries.tickets.lists import ticket_list
from portal.queries.tickets.lists.ticket_filter import TicketFilter
from portal.services.statistics import counting
from portal.services.tickets import products, tickets
from portal.services.tickets.products import MAX_PRODUCTS
from tests import factories
from tests.cast import Cast
from tests.products import add_product
from tests.statements import statements


@pytest.fixture
def shelf(app: Flask, cast: Cast) -> list[int]:
    """Two of Acme's and one of Carl's."""
    made = [add_product(app, cast.ann, name) for name in ("Mug", "Spoon")]
    return [*made, add_product(app, cast.carl, "Lamp")]


@pytest.fixture
def ticket(app: Flask, cast: Cast, shelf: list[int], context: AppContext) -> Ticket:
    filed = factories.file_ticket(app, cast.bob)
    begin_write()
    return db.session.get_one(Ticket, filed.id)


def named(ticket: Ticket) -> list[int]:
    query = select(TicketProduct.product_id).where(TicketProduct.ticket_id == ticket.id)
    return sorted(db.session.scalars(query))


def last_event(ticket: Ticket) -> TicketEvent:
    query = select(TicketEvent).where(TicketEvent.ticket_id == ticket.id)
    return db.session.scalars(query.order_by(TicketEvent.id.desc())).first()


def test_the_requester_names_products_and_takes_one_off(
    cast: Cast, shelf: list[int], ticket: Ticket
) -> None:
    mug, spoon, _lamp = shelf
    version = ticket.version
    assert products.add(actor=cast.bob, ticket=ticket, ids=[mug, spoon, mug])
    assert named(ticket) == [mug, spoon] and ticket.version == version + 1
    assert not products.add(actor=cast.bob, ticket=ticket, ids=[mug])
    assert products.remove(actor=cast.sam, ticket=ticket, product_id=mug)
    assert not products.remove(actor=cast.sam, ticket=ticket, product_id=mug)
    assert named(ticket) == [spoon] and ticket.version == version + 2
    event = last_event(ticket)
    assert event.kind == EventKind.PRODUCTS
    assert [len(event.data[end]) for end in ("from", "to")] == [2, 1]
    of = cast.bob.organization_id
    assert event.data["to"] == [{"id": spoon, "name": "Spoon", "organization": of}]


def test_nobody_names_what_is_not_of_the_tickets_organization(
    cast: Cast, shelf: list[int], ticket: Ticket
) -> None:
    for actor in (cast.bob, cast.sam):
        for foreign in (shelf[2], 999):
            with pytest.raises(Invalid) as refused:
                products.add(actor=actor, ticket=ticket, ids=[shelf[0], foreign])
            assert refused.value.details == {"products": "unknown"}
    assert named(ticket) == []


def test_viewers_and_strangers_name_none(cast: Cast, shelf: list[int], ticket: Ticket) -> None:
    db.session.get_one(User, cast.bob.id).organization_role = OrganizationRole.VIEWER
    viewer = factories.actor(db.session.get_one(User, cast.bob.id))
    for actor in (viewer, cast.carl):
        with pytest.raises(Forbidden):
            products.add(actor=actor, ticket=ticket, ids=[shelf[0]])
        with pytest.raises(Forbidden):
            products.remove(actor=actor, ticket=ticket, product_id=shelf[0])


def test_a_new_ticket_without_products_asks_nothing_about_them(
    app: Flask, cast: Cast, ticket: Ticket
) -> None:
    with statements(app) as asked:
        products.name_first(actor=cast.bob, ticket=ticket, ids=())
    assert asked == []


def test_a_closed_ticket_stays_as_it_is(cast: Cast, shelf: list[int], ticket: Ticket) -> None:
    products.add(actor=cast.bob, ticket=ticket, ids=[shelf[0]])
    tickets.set_status(actor=cast.sam, ticket=ticket, status=TicketStatus.CLOSED)
    with pytest.raises(TicketClosed):
        products.replace(actor=cast.bob, ticket=ticket, ids=[])
    assert not products.replace(actor=cast.bob, ticket=ticket, ids=[shelf[0]])


def test_a_ticket_is_about_twenty_products_at_most(app: Flask, cast: Cast, ticket: Ticket) -> None:
    ids = [_product(cast.ann, number) for number in range(MAX_PRODUCTS + 1)]
    with pytest.raises(Invalid) as refused:
        products.replace(actor=cast.bob, ticket=ticket, ids=ids)
    assert refused.value.details == {"products": "too_many"}
    assert products.replace(actor=cast.bob, ticket=ticket, ids=ids[1:])


def _product(whose: Actor, number: int) -> int:
    row = Product(
        organization_id=whose.organization_id,
        marketplace="ozon",
        external_id=str(number),
        first_seen_at=clock.now(),
        changed_at=clock.now(),
    )
    db.session.add(row)
    db.session.flush()
    return row.id


def test_after_a_move_customers_see_and_change_their_own_alone(
    cast: Cast, shelf: list[int], ticket: Ticket
) -> None:
    mug, _spoon, lamp = shelf
    products.add(actor=cast.bob, ticket=ticket, ids=[mug])
    ticket.organization_id, ticket.requester_id = cast.carl.organization_id, cast.carl.id
    db.session.flush()
    assert queries.of_ticket(cast.carl, ticket) == []
    products.replace(actor=cast.carl, ticket=ticket, ids=[lamp])
    assert named(ticket) == [mug, lamp]
    assert [row.name for row in queries.of_ticket(cast.carl, ticket)] == ["Lamp"]
    assert [row.name for row in queries.of_ticket(cast.sam, ticket)] == ["Lamp", "Mug"]
    assert products.replace(actor=cast.sam, ticket=ticket, ids=[mug])  # what was there may stay
    wanted = TicketFilter(product=f"PRD{mug:06d}")
    # Not even that it is named.
    assert ticket_list.full_page(cast.carl, wanted, size=5).rows == []
    page = ticket_list.full_page(cast.carl, TicketFilter(), size=5)
    assert [row.products for row in page.rows] == [None]


def test_lists_of_a_product_have_what_the_reader_sees(
    app: Flask, cast: Cast, shelf: list[int], ticket: Ticket
) -> None:
    mug = shelf[0]
    products.add(actor=cast.bob, ticket=ticket, ids=[mug])
    db.session.commit()
    for wanted in (TicketFilter(product=f"PRD{mug:06d}"), TicketFilter(q=f"product:PRD{mug:06d}")):
        assert [row.id for row in ticket_list.page(cast.sam, wanted).rows] == [ticket.id]
    wanted = TicketFilter(product=f"PRD{mug:06d}")
    found = {
        name: len(ticket_list.page(getattr(cast, name), wanted).rows)
        for name in ("ann", "bob", "carl")
    }
    assert found == {"ann": 1, "bob": 1, "carl": 0}
    shared = TicketFilter(product=f"PRD{mug:06d}", shared=True)
    assert ticket_list.page(cast.carl, shared).rows == []


def test_statistics_count_by_product_and_lead_to_the_tickets(
    cast: Cast, shelf: list[int], ticket: Ticket
) -> None:
    mug, spoon, _lamp = shelf
    products.add(actor=cast.bob, ticket=ticket, ids=[mug, spoon])
    counting.count_some()
    db.session.commit()
    begin_write()
    ticket = db.session.get_one(Ticket, ticket.id)
    products.remove(actor=cast.bob, ticket=ticket, product_id=spoon)
    counting.count_some()
    db.session.commit()
    day = Period(today(), today())
    for tally in (find(day).tally, narrowed.tally(EVERYTHING, day, today())):
        assert tally.sums[Measure.FILED, Dimension.PRODUCT] == {str(mug): 1}
    query = ticket_lists.happened(EVERYTHING, Measure.FILED, day, Dimension.PRODUCT, str(mug))
    assert f"product=PRD{mug:06d}" in query
