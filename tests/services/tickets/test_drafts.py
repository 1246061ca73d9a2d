from collections.abc import Callable
from datetime import timedelta

import pytest
from flask.ctx import AppContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from portal import clock
from portal.errors import Forbidden, Invalid, NotFound
from portal.extensions import begin_write, db
from portal.models.people import Actor
from portal.models.tickets import Draft, Priority, Ticket
from portal.queries.privacy import personal_data
from portal.queries.tickets import drafts as draft_queries
from portal.services.tickets import drafts, tickets
from portal.services.tickets.comments import MAX_MESSAGE
from portal.services.tickets.drafts import DISCARDED_KEPT, KEPT, DraftText
from tests.cast import Cast

FIRST = "The first text, which is long."


@pytest.fixture
def ticket(context: AppContext, cast: Cast) -> Ticket:
    begin_write()
    filed = tickets.file(actor=cast.ann, subject="No hot water", message="Since Monday.")
    db.session.flush()
    return filed


def save(
    actor: Actor, ticket: Ticket | None, message: str, seen: int = 0, **more: object
) -> draft_queries.DraftRow | None:
    text = DraftText(message=message, **more)
    drafts.save(actor=actor, ticket=ticket, text=text, seen_version=seen)
    return found(actor, ticket)


def found(actor: Actor, ticket: Ticket | None) -> draft_queries.DraftRow | None:
    db.session.flush()
    return draft_queries.find(actor, ticket.id if ticket else None)


def send(actor: Actor, ticket: Ticket | None, message: str, seen: int = 0) -> None:
    drafts.delete_sent(actor=actor, ticket=ticket, message=message, seen_version=seen)


def test_each_person_has_a_draft_for_each_ticket_and_for_a_new_one(ticket: Ticket, cast: Cast):
    save(cast.ann, ticket, "From Ann")
    save(cast.sam, ticket, "From Sam", internal=True)
    save(cast.ann, None, "Again", subject="Cold", priority=Priority.HIGH)
    assert found(cast.ann, ticket).message == "From Ann"
    assert (found(cast.sam, ticket).message, found(cast.sam, ticket).internal) == ("From Sam", True)
    new = found(cast.ann, None)
    assert (new.subject, new.message, new.priority) == ("Cold", "Again", Priority.HIGH)
    assert found(cast.sue, ticket) is found(cast.sam, None) is None


def test_nothing_is_kept_of_nothing(ticket: Ticket, cast: Cast):
    assert save(cast.ann, ticket, " \n") is None


def test_who_knows_the_draft_writes_on(ticket: Ticket, cast: Cast):
    first = save(cast.ann, ticket, FIRST)
    second = save(cast.ann, ticket, "Shorter.", first.version)
    assert (second.message, second.replaced) == ("Shorter.", "")
    assert second.version > first.version


def test_who_did_not_know_it_loses_nothing_of_it(ticket: Ticket, cast: Cast):
    save(cast.ann, ticket, FIRST)
    there = save(cast.ann, ticket, "Other")
    assert (there.message, there.replaced) == ("Other", FIRST)
    there = save(cast.ann, ticket, "Other words", there.version)
    assert there.replaced == FIRST
    drafts.bring_back(actor=cast.ann, ticket=ticket)
    assert found(cast.ann, ticket).message == FIRST
    assert found(cast.ann, ticket).replaced == "Other words"


@pytest.mark.threat("notes and secrets shown")
@pytest.mark.parametrize("verb", [drafts.discard, drafts.bring_back])
def test_a_note_that_a_reply_has_replaced_comes_back_as_a_note(
    ticket: Ticket, cast: Cast, verb: Callable[..., Draft]
):
    save(cast.sam, ticket, FIRST, internal=True)
    save(cast.sam, ticket, "Hello")
    verb(actor=cast.sam, ticket=ticket)
    there = found(cast.sam, ticket)
    assert (there.message, there.internal) == (FIRST, True)


def test_a_save_whose_answer_was_lost_is_no_other_device(ticket: Ticket, cast: Cast):
    save(cast.ann, ticket, "Begun")
    assert save(cast.ann, ticket, "Begun, and gone on").replaced == ""


@pytest.mark.parametrize("how", ["discarded", "emptied"])
def test_what_is_thrown_away_can_be_brought_back_until_something_is_written(
    ticket: Ticket, cast: Cast, how: str
):
    there = save(cast.ann, ticket, FIRST)
    if how == "discarded":
        drafts.discard(actor=cast.ann, ticket=ticket)
    else:
        save(cast.ann, ticket, "", there.version)
    assert found(cast.ann, ticket).discarded
    drafts.bring_back(actor=cast.ann, ticket=ticket)
    there = found(cast.ann, ticket)
    assert (there.message, there.discarded) == (FIRST, False)
    drafts.discard(actor=cast.ann, ticket=ticket)
    there = save(cast.ann, ticket, "New")
    assert (there.message, there.replaced, there.discarded) == ("New", "", False)


def test_an_empty_page_elsewhere_throws_nothing_away(ticket: Ticket, cast: Cast):
    save(cast.ann, ticket, FIRST)
    there = save(cast.ann, ticket, "")
    assert (there.message, there.discarded) == (FIRST, False)


def test_throwing_away_ones_own_leaves_the_text_of_the_other_device(ticket: Ticket, cast: Cast):
    save(cast.ann, ticket, FIRST)
    save(cast.ann, ticket, "Other")
    drafts.discard(actor=cast.ann, ticket=ticket)
    there = found(cast.ann, ticket)
    assert (there.message, there.replaced, there.discarded) == (FIRST, "", False)


@pytest.mark.parametrize(
    ("message", "seen", "left"),
    [
        (FIRST, 1, False),
        ("Changed", 1, False),
        (f"{FIRST} And more.", 0, False),
        ("Something else", 0, True),
    ],
)
def test_what_was_sent_is_no_draft_and_what_another_device_wrote_still_is(
    ticket: Ticket, cast: Cast, message: str, seen: int, left: bool
):
    save(cast.ann, ticket, FIRST)
    send(cast.ann, ticket, message, seen)
    assert (found(cast.ann, ticket) is not None) is left


@pytest.mark.threat("foreign rows")
def test_only_who_may_write_has_a_draft(ticket: Ticket, cast: Cast):
    with pytest.raises(Forbidden):
        save(cast.carl, ticket, "Hello")
    with pytest.raises(Forbidden):
        save(cast.ann, ticket, "Hello", internal=True)
    save(cast.ann, ticket, "Hello")
    for verb in (drafts.discard, drafts.bring_back):
        with pytest.raises(NotFound):
            verb(actor=cast.sam, ticket=ticket)


def test_a_draft_is_no_longer_than_what_can_be_sent(ticket: Ticket, cast: Cast):
    save(cast.ann, ticket, "x" * MAX_MESSAGE)
    with pytest.raises(Invalid):
        save(cast.ann, ticket, "x" * (MAX_MESSAGE + 1))
    with pytest.raises(Invalid):
        save(cast.ann, None, "x", subject="x" * 251)


@pytest.mark.threat("floods")
def test_the_oldest_drafts_make_room(ticket: Ticket, cast: Cast, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(drafts, "MAX_DRAFTS", 3)
    others = [tickets.file(actor=cast.ann, subject="S", message="M") for _ in range(4)]
    save(cast.sam, ticket, "Of Sam")
    for number, one in enumerate(others):
        with clock.at(clock.now() + timedelta(minutes=number)):
            save(cast.ann, one, f"Draft {number}")
    kept = select(Draft.message).where(Draft.user_id == cast.ann.id).order_by(Draft.id)
    assert list(db.session.scalars(kept)) == ["Draft 1", "Draft 2", "Draft 3"]
    assert found(cast.sam, ticket) is not None


def test_forgotten_drafts_go_and_those_thrown_away_sooner(ticket: Ticket, cast: Cast):
    now = clock.now()
    for actor, age in ((cast.ann, KEPT), (cast.sam, DISCARDED_KEPT), (cast.sue, DISCARDED_KEPT)):
        with clock.at(now - age - timedelta(minutes=1)):
            save(actor, ticket, "Old")
            if actor is cast.sue:
                drafts.discard(actor=actor, ticket=ticket)
    with clock.at(now):
        drafts.delete_old(10)
    left = list(db.session.scalars(select(Draft.user_id)))
    assert left == [cast.sam.id]


def test_a_copy_of_personal_data_has_ones_own_drafts(ticket: Ticket, cast: Cast):
    save(cast.ann, ticket, "Of Ann")
    save(cast.sam, ticket, "Of Sam", internal=True)
    given = dict(personal_data.rows(cast.ann))["drafts"]
    assert [(row["ticket_id"], row["message"]) for row in given] == [(ticket.id, "Of Ann")]


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.booleans(), st.sampled_from(["a", "ab", "abc", "ac"]))))
def test_of_two_devices_that_write_at_once_the_last_text_of_each_is_there(
    ticket: Ticket, cast: Cast, saves: list[tuple[bool, str]]
):
    """Each device knows the version that its own last save was answered with."""
    db.session.execute(Draft.__table__.delete())
    db.session.expire_all()
    known, last = {True: 0, False: 0}, {True: "", False: ""}
    for device, typed in saves:
        text = typed if device else typed.upper()
        there = save(cast.ann, ticket, text, known[device])
        known[device], last[device] = there.version, text
    there = found(cast.ann, ticket)
    kept = [there.message, there.replaced] if there else [""]
    assert all(any(one.startswith(text) for one in kept) for text in last.values())
    assert db.session.scalar(select(func.count(Draft.id))) <= 1
