"""Counting: the same as counting the tickets one by one, whatever has happened to them."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask import Flask
from flask.ctx import AppContext
from sqlalchemy import func, select

from jobs.scheduled import send_due
from portal import clock
from portal.cli.rebuild_statistics import rebuild_statistics
from portal.extensions import begin_write, db
from portal.models.organizations import Organization
from portal.models.people import User
from portal.models.statistics import Measure, StatisticsCell, TicketFact, UncountedTicket
from portal.models.tickets import BulkAction, Priority, Rating, Ticket, TicketStatus
from portal.queries.statistics import progress, report
from portal.queries.statistics.narrowing import Narrowing
from portal.queries.statistics.period import Period
from portal.services.organizations.transfer import transfer_tickets
from portal.services.statistics import counting
from portal.services.tickets import (
    bulk,
    comments,
    ratings,
    retention,
    saved_replies,
    scheduled,
    tickets,
    uncounted,
)
from tests import statistics_world as world
from tests.cast import Cast


@pytest.fixture(autouse=True)
def zone(app: Flask) -> Iterator[None]:
    app.config["DESK_TIMEZONE"] = world.ZONE.key
    with clock.at(world.NOW):
        yield
    app.config["DESK_TIMEZONE"] = "UTC"


def count() -> None:
    """As the sweep does it."""
    db.session.commit()
    while counting.is_behind():
        begin_write()
        counting.count_some(50)
        db.session.commit()


def cells() -> dict[tuple[object, ...], int]:
    rows = db.session.execute(select(*StatisticsCell.__table__.columns)).all()
    return {tuple(row[:-1]): row.tickets for row in rows if row.tickets}


def assert_numbers_are_right(cast: Cast) -> None:
    for period in (world.PERIOD, world.PERIOD.before, Period(world.FIRST, world.LAST)):
        tally = report.find(period).tally
        assert tally.sums == world.plainly_counted(period)
        for person in (cast.sam, cast.sue):
            expected = world.plainly_counted(period, person.id)
            expected = {
                key: found for key, found in expected.items() if key in tally.people[person.id]
            }
            assert tally.people[person.id] == expected


def test_numbers_are_those_of_counting_one_by_one(context: AppContext, cast: Cast):
    begin_write()
    world.fill(cast)
    count()
    assert_numbers_are_right(cast)
    assert report.find(world.PERIOD).tally.sums[Measure.FILED, ""][""] > 20


def test_what_happens_later_counts(context: AppContext, cast: Cast):
    begin_write()
    ids = world.fill(cast)
    count()
    begin_write()
    found = [db.session.get_one(Ticket, of) for of in ids]
    unclosed = [ticket for ticket in found if not ticket.is_closed]
    done = [ticket for ticket in unclosed if ticket.is_done]
    tickets.set_status(actor=cast.sam, ticket=done[0], status=TicketStatus.OPEN)
    tickets.set_tags(actor=cast.sam, ticket=unclosed[3], names=["new", "vpn"])
    tickets.set_priority(actor=cast.sam, ticket=unclosed[4], priority=Priority.URGENT)
    tickets.set_status(actor=cast.sam, ticket=unclosed[5], status=TicketStatus.SOLVED)
    tickets.delete(actor=cast.sam, ticket=found[6])
    comments.post(actor=cast.sue, ticket=unclosed[7], message="Looking into it.")
    tickets.file(actor=cast.ann, subject="A new one", message="Please help.")
    rated = next(
        ticket for ticket in found if ticket.is_done and ticket.requester_id == cast.bob.id
    )
    ratings.rate(actor=cast.bob, ticket=rated, rating=Rating.GOOD, comment="Thanks")
    count()
    assert_numbers_are_right(cast)
    begin_write()
    tickets.restore(actor=cast.sam, ticket=db.session.get_one(Ticket, found[6].id))
    count()
    assert_numbers_are_right(cast)


def test_rebuilding_gives_the_same(app: Flask, cast: Cast):
    with app.app_context():
        begin_write()
        ids = world.fill(cast)
        count()
        begin_write()
        for of in ids[:30]:
            tickets.delete(actor=cast.sam, ticket=db.session.get_one(Ticket, of))
        count()
        before = cells()
    result = app.test_cli_runner().invoke(rebuild_statistics)
    assert result.exit_code == 0, result.output
    assert result.output.splitlines()[-1] == f"{len(ids) - 30} tickets are counted"
    with app.app_context():
        assert cells() == before


def test_tickets_that_are_deleted_for_good_stay_in_the_numbers(
    app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setitem(app.config, "TICKET_RETENTION", timedelta(days=7))
    billing = Narrowing(department="Billing")
    with app.app_context():
        begin_write()
        ids = world.fill(cast)
        changed = db.session.scalars(select(Ticket.id).where(Ticket.status == "closed")).first()
        count()
        before = cells()
        narrowed = report.find(world.PERIOD, billing).tally
        begin_write()
        uncounted.note(changed)
        assert 5 < retention.delete_old(1000) < len(ids)
        assert db.session.get(Ticket, changed)  # what has changed is counted first
        count()
        begin_write()
        assert retention.delete_old(1000) == 1
        left = db.session.scalar(select(func.count()).select_from(Ticket))
        count()
        assert cells() == before
        assert report.find(world.PERIOD, billing).tally == narrowed
    result = app.test_cli_runner().invoke(rebuild_statistics)
    assert result.output.splitlines()[-1] == f"{len(ids)} tickets are counted"
    assert left < len(ids)
    with app.app_context():
        assert cells() == before
        assert report.find(world.PERIOD, billing).tally == narrowed


def test_another_zone_has_all_counted_anew(app: Flask, context: AppContext, cast: Cast):
    begin_write()
    world.fill(cast, 40)
    count()
    app.config["DESK_TIMEZONE"] = "Pacific/Auckland"
    count()
    days = db.session.scalars(select(TicketFact.filed_on)).all()
    assert sorted(days) == sorted(
        moment.astimezone(world.ZoneInfo("Pacific/Auckland")).date()
        for moment in db.session.scalars(select(Ticket.created_at))
    )


def test_a_ticket_of_the_hour_that_clocks_leave_out_is_counted_in_the_next(
    context: AppContext, cast: Cast
):
    moment = world.datetime(2025, 3, 30, 1, 15, tzinfo=world.UTC)
    with clock.at(moment):
        begin_write()
        tickets.file(actor=cast.ann, subject="At night", message="Please help.")
        count()
    fact = db.session.scalars(select(TicketFact)).one()
    assert (fact.filed_on, fact.weekday, fact.hour) == (moment.date(), 6, 3)


def test_a_change_writes_one_row_however_much_it_does(context: AppContext, cast: Cast):
    begin_write()
    ticket = tickets.file(actor=cast.ann, subject="One", message="Please help.")
    db.session.commit()
    count()
    begin_write()
    ticket = db.session.get_one(Ticket, ticket.id)
    comments.post(actor=cast.sam, ticket=ticket, message="Done.", status=TicketStatus.SOLVED)
    tickets.set_tags(actor=cast.sam, ticket=ticket, names=["a", "b"])
    assert db.session.scalar(select(func.count()).select_from(UncountedTicket)) == 1


def test_a_change_that_is_rolled_back_to_a_savepoint_is_noted_by_the_next(
    context: AppContext, cast: Cast
):
    begin_write()
    ticket = tickets.file(actor=cast.ann, subject="One", message="Please help.")
    db.session.commit()
    count()
    begin_write()
    ticket = db.session.get_one(Ticket, ticket.id)
    savepoint = db.session.begin_nested()
    tickets.set_priority(actor=cast.sam, ticket=ticket, priority=Priority.HIGH)
    savepoint.rollback()
    db.session.refresh(ticket)
    tickets.set_priority(actor=cast.sam, ticket=ticket, priority=Priority.LOW)
    db.session.commit()
    assert db.session.scalar(select(func.count()).select_from(UncountedTicket)) == 1


def fact() -> TicketFact:
    """Of the only ticket, counted anew."""
    count()
    begin_write()
    db.session.expire_all()
    return db.session.scalars(select(TicketFact)).one()


def in_bulk(cast: Cast, ticket: Ticket, status: TicketStatus) -> str:
    """The token of the undo."""
    chosen = [db.session.get_one(Ticket, ticket.id)]
    done = bulk.apply(actor=cast.sam, chosen=chosen, action=BulkAction.STATUS, value=status)
    return str(done.token)


def test_what_is_undone_was_neither_solved_nor_opened_again(context: AppContext, cast: Cast):
    begin_write()
    ticket = tickets.file(actor=cast.ann, subject="One", message="Please help.")
    for status in (TicketStatus.SOLVED, TicketStatus.CLOSED):
        bulk.undo(actor=cast.sam, token=in_bulk(cast, ticket, status))
        assert (fact().solved_on, fact().reopened_on) == (None, None)
    in_bulk(cast, ticket, TicketStatus.SOLVED)
    bulk.undo(actor=cast.sam, token=in_bulk(cast, ticket, TicketStatus.OPEN))
    assert fact().solved_on == world.NOW.date()
    assert fact().reopened_on is None
    in_bulk(cast, ticket, TicketStatus.OPEN)
    assert fact().reopened_on == world.NOW.date()


def test_an_answer_counts_when_it_leaves_and_not_when_it_is_taken_back(
    context: AppContext, cast: Cast
):
    begin_write()
    ticket = tickets.file(actor=cast.ann, subject="One", message="Please help.")
    later = world.NOW + timedelta(hours=1)
    waiting = [
        scheduled.schedule(
            actor=cast.sam, ticket=ticket, message=message, due_at=later, later=True,
            status=TicketStatus.SOLVED,
        )
        for message in ("Not this.", "But this.")
    ]  # fmt: skip
    scheduled.take_back(actor=cast.sam, ticket=ticket, scheduled_id=waiting[0].id)
    comments.post(actor=cast.sam, ticket=ticket, message="A note.", internal=True)
    assert (fact().answered_on, fact().solved_on) == (None, None)
    db.session.commit()
    with clock.at(later):
        send_due()
        assert fact().answer_seconds == 3600
        assert fact().solution_seconds == 3600


def test_an_answer_by_a_macro_on_many_counts_as_one_by_hand(context: AppContext, cast: Cast):
    begin_write()
    ticket = tickets.file(actor=cast.ann, subject="One", message="Please help.")
    macro = saved_replies.create(
        actor=cast.sam, name="Done", message="It is done.", internal=False, shared=False,
        changes={"status": "solved"},
    )  # fmt: skip
    bulk.apply(actor=cast.sam, chosen=[ticket], action=BulkAction.MACRO, value=macro)
    with clock.at(world.NOW + timedelta(hours=1)):
        db.session.commit()
        send_due()
        assert fact().solved_on == world.NOW.date()
        assert fact().answered_on == world.NOW.date()


def test_tickets_that_change_their_organization_are_counted_again(context: AppContext, cast: Cast):
    begin_write()
    ticket = tickets.file(actor=cast.carl, subject="One", message="Please help.")
    count()
    begin_write()
    carl, acme = db.session.get_one(User, cast.carl.id), cast.ann.organization_id
    home = db.session.get_one(Organization, carl.organization_id)
    transfer_tickets(carl, source=home, target=db.session.get_one(Organization, acme))
    count()
    fact = db.session.get_one(TicketFact, ticket.id)
    assert fact.organization_id == acme


def test_nothing_is_behind_after_counting_and_the_stamp_stays_without_a_change(
    context: AppContext, cast: Cast
):
    begin_write()
    ticket = tickets.file(actor=cast.ann, subject="One", message="Please help.")
    count()
    before = progress.find()
    begin_write()
    comments.post(
        actor=cast.sam, ticket=db.session.get_one(Ticket, ticket.id), message="x", internal=True
    )
    db.session.commit()
    assert counting.is_behind()
    count()
    assert progress.find().stamp == before.stamp
    assert not counting.is_behind()
