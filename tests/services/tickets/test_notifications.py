from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from portal import clock
from portal.errors import Forbidden, NotFound
from portal.extensions import db
from portal.models.delivery import Outbox
from portal.models.people import Actor, User
from portal.models.tickets import Notification, Ticket, TicketStatus
from portal.queries.tickets import notifications as queries
from portal.services.tickets import comments, notifications, reads, scheduled, tickets
from tests import factories
from tests.cast import Cast
from tests.databases import BOTH


@pytest.fixture
def number(app: Flask, cast: Cast) -> int:
    """The id of a ticket of Ann's that Sam has taken."""
    filed = factories.file_ticket(app, cast.ann)
    with factories.writing(app):
        ticket = db.session.get_one(Ticket, filed.id)
        assign(cast.sam, ticket, cast.sam)
    return filed.id


def assign(actor: Actor, ticket: Ticket, to: Actor | None) -> None:
    assignee = db.session.get_one(User, to.id) if to else None
    tickets.assign(actor=actor, ticket=ticket, assignee=assignee)


def post(app: Flask, number: int, actor: Actor, message: str = "Well?", **more: bool) -> None:
    with factories.writing(app):
        ticket = db.session.get_one(Ticket, number)
        comments.post(actor=actor, ticket=ticket, message=message, **more)


def told(app: Flask, *, unread: bool = True) -> list[tuple[int, str]]:
    """Whom notifications are for, and of what."""
    query = select(Notification.user_id, Notification.kind).order_by(Notification.id)
    if unread:
        query = query.where(Notification.read_at.is_(None))
    with app.app_context():
        return [(user_id, kind) for user_id, kind in db.session.execute(query)]


def test_nobody_is_told_of_their_own_actions(app: Flask, cast: Cast, number: int) -> None:
    post(app, number, cast.sam, f"@{cast.sam.name} was here", internal=True)
    assert told(app) == []


@BOTH
def test_the_assignee_is_told_of_a_ticket_and_of_what_customers_answer(
    app: Flask, cast: Cast, number: int
) -> None:
    with factories.writing(app):
        assign(cast.sue, db.session.get_one(Ticket, number), cast.ada)
    post(app, number, cast.ann)
    assert told(app) == [(cast.ada.id, "assigned"), (cast.ada.id, "customer_reply")]


def schedule(app: Flask, number: int, author: Actor) -> int:
    """The id of an answer that is to leave tomorrow."""
    with factories.writing(app):
        ticket = db.session.get_one(Ticket, number)
        due_at = clock.now() + timedelta(days=1)
        row = scheduled.schedule(
            actor=author, ticket=ticket, message="Later.", due_at=due_at, later=True
        )
        return row.id


@BOTH
def test_the_author_of_an_answer_is_told_that_it_did_not_leave(
    app: Flask, cast: Cast, number: int
) -> None:
    """Whether the customer wrote first, a colleague has stopped it, or the ticket is closed."""
    returned = (cast.sue.id, "answer_returned")
    schedule(app, number, cast.sue)
    post(app, number, cast.ann)
    assert told(app) == [returned, (cast.sam.id, "customer_reply")]
    stopped = schedule(app, number, cast.sue)
    with factories.writing(app):
        ticket = db.session.get_one(Ticket, number)
        scheduled.cancel(actor=cast.sam, ticket=ticket, scheduled_id=stopped)
    assert told(app)[-1] == returned
    late = schedule(app, number, cast.sue)
    with factories.writing(app):
        notifications.mark_all_read(actor=cast.sue, last_id=99)
        ticket = db.session.get_one(Ticket, number)
        tickets.set_status(actor=cast.sam, ticket=ticket, status=TicketStatus.CLOSED)
    with factories.writing(app), clock.at(clock.now() + timedelta(days=2)):
        scheduled.send(late)
    assert told(app)[-1] == returned


def test_who_goes_on_with_it_knows_of_it(app: Flask, cast: Cast, number: int) -> None:
    answer = schedule(app, number, cast.sue)
    post(app, number, cast.ann)
    with factories.writing(app):
        ticket = db.session.get_one(Ticket, number)
        scheduled.throw_away(actor=cast.sue, ticket=ticket, scheduled_id=answer)
    assert told(app) == [(cast.sam.id, "customer_reply")]


def test_answers_of_colleagues_are_no_news(app: Flask, cast: Cast, number: int) -> None:
    post(app, number, cast.sue)
    assert told(app) == []


def test_an_answer_takes_the_place_of_the_one_before_until_that_is_read(
    app: Flask, cast: Cast, number: int
) -> None:
    for _ in range(3):
        post(app, number, cast.ann)
    assert told(app) == [(cast.sam.id, "customer_reply")]
    with factories.writing(app):
        reads.mark_read(actor=cast.sam, ticket_id=number, comment_id=4)
    post(app, number, cast.ann)
    assert told(app, unread=False) == [(cast.sam.id, "customer_reply")] * 2


def test_reading_up_to_a_message_leaves_what_came_after_it(
    app: Flask, cast: Cast, number: int
) -> None:
    post(app, number, cast.ann)
    post(app, number, cast.sue, f"@{cast.sam.name}", internal=True)
    with factories.writing(app):
        reads.mark_read(actor=cast.sam, ticket_id=number, comment_id=2)
    assert told(app) == [(cast.sam.id, "mentioned")]


def test_who_is_named_in_a_note_is_told_once_and_mailed_without_its_words(
    app: Flask, cast: Cast, number: int
) -> None:
    message = f"@{cast.sue.name}, @{cast.sue.name} and @{cast.ann.name}: a secret"
    post(app, number, cast.sam, message, internal=True)
    assert told(app) == [(cast.sue.id, "mentioned")]
    with app.app_context():
        mails = db.session.scalars(select(Outbox).where(Outbox.template == "mentioned")).all()
        assert [mail.recipient for mail in mails] == [cast.sue.email]


def test_a_public_answer_names_nobody(app: Flask, cast: Cast, number: int) -> None:
    post(app, number, cast.sam, f"@{cast.sue.name} will help you.")
    assert told(app) == []


def test_a_ticket_that_is_given_away_again_is_no_news_any_more(
    app: Flask, cast: Cast, number: int
) -> None:
    with factories.writing(app):
        ticket = db.session.get_one(Ticket, number)
        for to in (cast.sue, cast.ada, None):
            assign(cast.sam, ticket, to)
    assert told(app) == []


def test_a_ticket_in_the_trash_leaves_nothing_unread(app: Flask, cast: Cast, number: int) -> None:
    post(app, number, cast.ann)
    with factories.writing(app):
        tickets.delete(actor=cast.sue, ticket=db.session.get_one(Ticket, number))
    assert told(app) == []


def test_who_answers_has_read_it(app: Flask, cast: Cast, number: int) -> None:
    post(app, number, cast.ann)
    post(app, number, cast.sam)
    assert told(app) == []
    assert told(app, unread=False) == [(cast.sam.id, "customer_reply")]


@pytest.mark.parametrize(
    "values", [{"muted_on_pages": ["customer_reply"]}, {"is_active": False}, {"role": "customer"}]
)
def test_who_does_not_want_it_or_does_not_work_here_is_told_nothing(
    app: Flask, cast: Cast, number: int, values: dict[str, object]
) -> None:
    with factories.writing(app):
        sam = db.session.get_one(User, cast.sam.id)
        for name, value in values.items():
            setattr(sam, name, value)
    post(app, number, cast.ann)
    assert told(app) == []


def test_all_up_to_the_newest_that_was_seen_are_marked_as_read(
    app: Flask, cast: Cast, number: int
) -> None:
    post(app, number, cast.ann)
    post(app, number, cast.sue, f"@{cast.sam.name}?", internal=True)
    with factories.writing(app):
        notifications.mark_all_read(actor=cast.sam, last_id=1)
    assert told(app) == [(cast.sam.id, "mentioned")]
    with app.app_context():
        assert queries.count_unread(cast.sam) == 1
        [row] = queries.page(cast.sam, unread=True).rows
        assert (row.kind, row.actor_id) == ("mentioned", cast.sue.id)


def test_nobody_marks_those_of_others(app: Flask, cast: Cast, number: int) -> None:
    post(app, number, cast.ann)
    with factories.writing(app):
        for actor, error in ((cast.sue, NotFound), (cast.ann, NotFound)):
            with pytest.raises(error):
                notifications.mark_read(actor=actor, notification_id=1)
        with pytest.raises(Forbidden):
            notifications.mark_all_read(actor=cast.ann, last_id=1)
        notifications.mark_all_read(actor=cast.sue, last_id=1)
    assert told(app) == [(cast.sam.id, "customer_reply")]


def test_old_ones_go(app: Flask, cast: Cast, number: int) -> None:
    post(app, number, cast.ann)
    for days in (89, 91):
        with clock.at(clock.now() + timedelta(days=days)), factories.writing(app):
            notifications.delete_old(500)
        assert told(app) == ([(cast.sam.id, "customer_reply")] if days < 90 else [])


def test_a_page_has_a_bounded_number(
    app: Flask, cast: Cast, number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "PAGE", 1)
    for message in ("One", "Two"):
        post(app, number, cast.ann, message)
        post(app, number, cast.sam)
    with app.app_context():
        first = queries.page(cast.sam)
        assert [row.id for row in first.rows] == [2] and first.next == "2"
        assert [row.id for row in queries.page(cast.sam, before=2).rows] == [1]
