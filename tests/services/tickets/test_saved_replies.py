from datetime import timedelta
from typing import Any

import pytest
from flask.ctx import AppContext
from sqlalchemy import select

from portal.errors import Forbidden, Invalid, MacroOutdated, NotFound, Stale, TicketClosed
from portal.extensions import begin_write, db
from portal.models.people import User
from portal.models.tickets import (
    Comment,
    EventKind,
    Priority,
    SavedReply,
    ScheduledComment,
    Ticket,
    TicketEvent,
    TicketStatus,
)
from portal.queries.tickets import saved_replies as queries
from portal.services.tickets import macros, saved_replies, tags, tickets
from tests.cast import Cast

NO_DELAY = timedelta(0)
HELLO = "Hello {{requester.first_name}}, {{ticket.number}} is {{moon.phase}}."


@pytest.fixture
def ticket(context: AppContext, cast: Cast) -> Ticket:
    begin_write()
    filed = tickets.file(actor=cast.ann, subject="{{agent.name}}", message="Since Monday.")
    db.session.flush()
    return filed


def values(**more: Any) -> dict[str, Any]:
    changes = macros.clean_changes(more.pop("changes", {}))
    usual = {"name": "Hello", "message": HELLO, "internal": False, "shared": False}
    return {**usual, **more, "changes": changes}


def test_what_stands_in_it_is_the_tickets_and_unknown_variables_stay(ticket: Ticket, cast: Cast):
    text = saved_replies.fill(HELLO, actor=cast.sam, ticket=ticket)
    assert text == f"Hello Ann, {ticket.number} is {{{{moon.phase}}}}."
    assert saved_replies.unknown_variables(HELLO) == ["moon.phase"]


def test_every_variable_has_a_value(ticket: Ticket, cast: Cast):
    text = "|".join(f"{{{{ {name} }}}}" for name in saved_replies.VARIABLES)
    found = saved_replies.fill(text, actor=cast.sam, ticket=ticket).split("|")
    assert found == [
        "Ann",
        "Archer",
        "Ann Archer",
        "ann@example.com",
        "Acme",
        ticket.number,
        "{{agent.name}}",
        "Sam",
        "Sam Smith",
    ]


def test_who_has_no_first_name_is_called_as_elsewhere(ticket: Ticket, cast: Cast):
    db.session.get_one(User, cast.ann.id).first_name = ""
    filled = saved_replies.fill("{{requester.first_name}}", actor=cast.sam, ticket=ticket)
    assert filled == "Archer"


def test_ones_own_is_seen_by_nobody_else_and_shared_ones_by_all_staff(ticket: Ticket, cast: Cast):
    own = saved_replies.create(actor=cast.sam, **values())
    shared = saved_replies.create(actor=cast.sam, **values(name="Bye", shared=True))
    assert [row.name for row in queries.visible(cast.sam)] == ["Bye", "Hello"]
    assert [row.name for row in queries.visible(cast.sue)] == ["Bye"]
    assert [row.name for row in queries.visible(cast.sam, q="HEL")] == ["Hello"]
    assert queries.visible(cast.ann) == []
    for reader, reply in ((cast.sue, own), (cast.ada, own), (cast.ann, shared)):
        with pytest.raises(NotFound):
            queries.find(reader, reply.id)


def test_shared_ones_are_changed_by_author_and_admins(ticket: Ticket, cast: Cast):
    shared = saved_replies.create(actor=cast.sam, **values(shared=True))
    for verb in (
        lambda: saved_replies.change(actor=cast.sue, reply=shared, **values()),
        lambda: saved_replies.delete_reply(actor=cast.sue, reply=shared),
    ):
        with pytest.raises(Forbidden):
            verb()
    saved_replies.change(actor=cast.ada, reply=shared, **values(name="Mine now"))
    assert (shared.owner_id, shared.shared) == (cast.ada.id, False)
    with pytest.raises(Forbidden):
        saved_replies.create(actor=cast.ann, **values())


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "x" * 61}, "name"),
        ({"message": ""}, "message"),
        ({"message": "x" * 65_537}, "message"),
    ],
)
def test_what_is_no_reply_is_refused(ticket: Ticket, cast: Cast, wrong: dict[str, Any], field: str):
    with pytest.raises(Invalid) as refused:
        saved_replies.create(actor=cast.sam, **values(**wrong))
    assert set(refused.value.details) == {field}


@pytest.mark.parametrize(
    "wrong", [{"status": "lost"}, {"priority": "odd"}, {"type": "x"}, {"assignee": "x"}]
)
def test_changes_that_cannot_be_are_refused(context: AppContext, wrong: dict[str, Any]):
    with pytest.raises(Invalid):
        macros.clean_changes(wrong)


def test_there_is_an_end_to_them(ticket: Ticket, cast: Cast, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(queries, "MAX_OWN", 1)
    saved_replies.create(actor=cast.sam, **values())
    with pytest.raises(Invalid):
        saved_replies.create(actor=cast.sam, **values())


def test_of_somebody_erased_shared_ones_stay(ticket: Ticket, cast: Cast):
    saved_replies.create(actor=cast.sam, **values())
    shared = saved_replies.create(actor=cast.sam, **values(shared=True))
    saved_replies.release(db.session.get_one(User, cast.sam.id))
    db.session.expire_all()
    rows = db.session.scalars(select(SavedReply)).all()
    assert [(row.id, row.owner_id) for row in rows] == [(shared.id, None)]


EVERYTHING = {
    "status": "solved",
    "priority": "urgent",
    "type": "incident",
    "assignee": "me",
    "tags": "refund, paid",
}


def test_a_macro_changes_all_and_answers_as_by_hand(ticket: Ticket, cast: Cast):
    tickets.set_tags(actor=cast.sue, ticket=ticket, names=["old"])
    macro = saved_replies.create(actor=cast.sam, **values(changes=EVERYTHING))
    macros.apply(actor=cast.sam, macro=macro, ticket=ticket, delay=NO_DELAY)
    db.session.flush()
    db.session.refresh(macro)
    assert (ticket.status, ticket.priority, ticket.type, ticket.assignee_id, macro.uses) == (
        TicketStatus.SOLVED,
        Priority.URGENT,
        "incident",
        cast.sam.id,
        1,
    )
    assert tags.names_of(ticket) == ["old", "paid", "refund"]
    kinds = list(db.session.scalars(select(TicketEvent.kind).order_by(TicketEvent.id)))
    assert kinds[2:] == [
        EventKind.PRIORITY,
        EventKind.TYPE,
        EventKind.ASSIGNEE,
        EventKind.TAGS,
        EventKind.COMMENTED,
        EventKind.STATUS,
    ]
    said = db.session.scalars(select(Comment.message).order_by(Comment.id.desc())).first()
    assert said == f"Hello Ann, {ticket.number} is {{{{moon.phase}}}}."


def test_its_answer_waits_to_be_taken_back_and_its_status_with_it(ticket: Ticket, cast: Cast):
    macro = saved_replies.create(actor=cast.sam, **values(changes={"status": "solved"}))
    answer_id = macros.apply(
        actor=cast.sam, macro=macro, ticket=ticket, delay=timedelta(seconds=15)
    )
    held = db.session.get_one(ScheduledComment, answer_id)
    assert (held.status, ticket.status) == (TicketStatus.SOLVED, TicketStatus.NEW)
    assert len(db.session.scalars(select(Comment)).all()) == 1


def test_a_note_and_changes_without_words_are_done_at_once(ticket: Ticket, cast: Cast):
    note = values(message="Odd.", internal=True, changes={"priority": "low"})
    silent = values(message="", changes={"status": "pending"})
    for one in (note, silent):
        macro = saved_replies.create(actor=cast.sam, **one)
        macros.apply(actor=cast.sam, macro=macro, ticket=ticket, delay=timedelta(seconds=15))
    assert db.session.scalars(select(ScheduledComment)).all() == []
    assert (ticket.priority, ticket.status) == (Priority.LOW, TicketStatus.PENDING)


def test_a_macro_on_a_closed_ticket_does_nothing(ticket: Ticket, cast: Cast):
    macro = saved_replies.create(actor=cast.sam, **values(changes=EVERYTHING))
    tickets.set_status(actor=cast.sam, ticket=ticket, status=TicketStatus.CLOSED)
    with pytest.raises(TicketClosed):
        macros.apply(actor=cast.sam, macro=macro, ticket=ticket, delay=NO_DELAY)


@pytest.mark.parametrize("gone", ["left", "unknown"])
def test_a_macro_that_asks_for_somebody_who_is_gone_says_so(ticket: Ticket, cast: Cast, gone: str):
    assignee = str(cast.sue.id) if gone == "left" else "999999"
    macro = saved_replies.create(actor=cast.sam, **values(changes={"assignee": assignee}))
    db.session.get_one(User, cast.sue.id).is_active = False
    with pytest.raises(MacroOutdated):
        macros.apply(actor=cast.sam, macro=macro, ticket=ticket, delay=NO_DELAY)


def test_who_has_not_seen_the_newest_answer_applies_nothing(ticket: Ticket, cast: Cast):
    macro = saved_replies.create(actor=cast.sam, **values(shared=True))
    seen = ticket.version
    macros.apply(actor=cast.sue, macro=macro, ticket=ticket, delay=NO_DELAY)
    with pytest.raises(Stale):
        macros.apply(actor=cast.sam, macro=macro, ticket=ticket, delay=NO_DELAY, seen_version=seen)


def test_customers_apply_nothing(ticket: Ticket, cast: Cast):
    macro = saved_replies.create(actor=cast.sam, **values(shared=True))
    with pytest.raises(Forbidden):
        macros.apply(actor=cast.ann, macro=macro, ticket=ticket, delay=NO_DELAY)
