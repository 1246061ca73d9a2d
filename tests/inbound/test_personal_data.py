"""Mails that came in are the person's: given in a copy, gone when the person is forgotten."""

from flask import Flask
from sqlalchemy import select

from portal import clock
from portal.extensions import db
from portal.models.delivery import ReturnedMail
from portal.models.inbound import BlockedSender, InboundMessage
from portal.models.people import AccountEvent, Actor, User
from portal.queries.privacy import find_personal_data, personal_data
from portal.services.inbound import blocked_senders
from portal.services.people import returned_mails
from portal.services.privacy import erase, merge_accounts, privacy_requests
from tests import factories
from tests.cast import Cast
from tests.factories import writing
from tests.inbound.mails import mail, take_in


def left(app: Flask) -> list[tuple[str, int | None]]:
    with app.app_context():
        query = select(InboundMessage.sender, InboundMessage.user_id).order_by(InboundMessage.id)
        return [tuple(row) for row in db.session.execute(query)]


def forget(app: Flask, person: Actor) -> None:
    with writing(app):
        actor = factories.actor(db.session.get_one(User, person.id))
        request = privacy_requests.ask_deletion(actor=actor)
        request.due_at = clock.now()
        db.session.flush()
        found = find_personal_data.find_rows(db.session.get_one(User, actor.id))
        erase.erase_person(request.id, found)


def test_a_copy_of_ones_data_says_which_mails_came(app: Flask, cast: Cast) -> None:
    take_in(app, mail(subject="A leak"), mail("bob@example.com"))
    with app.app_context():
        [given] = dict(personal_data.rows(cast.ann))["mails_received"]
    assert (given["sender"], given["subject"]) == ("ann@example.com", "A leak")
    assert "storage_key" not in given


def test_merged_accounts_keep_their_mails(app: Flask, cast: Cast) -> None:
    take_in(app, mail("carl@example.com"))
    with writing(app):
        source, kept = (db.session.get_one(User, one.id) for one in (cast.carl, cast.ann))
        ada = factories.actor(db.session.get_one(User, cast.ada.id))
        merge_accounts.merge(actor=ada, source=source, kept=kept)
    assert left(app) == [("carl@example.com", cast.ann.id)]


def test_a_blocked_address_goes_with_its_owner_and_their_domain_stays(
    app: Flask, cast: Cast
) -> None:
    with writing(app):
        ada = factories.actor(db.session.get_one(User, cast.ada.id))
        carl = db.session.get_one(User, cast.carl.id)
        carl.email = "carl@list.example"
        for pattern in ("carl@list.example", "list.example"):
            blocked_senders.block(actor=ada, pattern=pattern)
    forget(app, cast.carl)
    with app.app_context():
        patterns = list(db.session.scalars(select(BlockedSender.pattern)))
        events = select(AccountEvent.data).where(AccountEvent.kind.startswith("sender_"))
        assert patterns == ["@list.example"]
        assert "carl@list.example" not in str(list(db.session.scalars(events)))


def test_mails_of_a_forgotten_person_go_those_that_were_never_believed_too(
    app: Flask, cast: Cast
) -> None:
    spam = mail("carl@example.com", headers={"X-Spam-Flag": "YES"})
    take_in(app, mail("carl@example.com"), spam, mail("bob@example.com"))
    forget(app, cast.carl)
    assert left(app) == [("bob@example.com", cast.bob.id)]


def test_a_copy_says_which_mails_came_back_and_they_go_with_the_account(
    app: Flask, cast: Cast
) -> None:
    with writing(app):
        returned_mails.record(
            user_id=cast.carl.id, address="carl@example.com", status="5.1.1", said="carl is gone"
        )
    with app.app_context():
        [given] = dict(personal_data.rows(cast.carl))["mails_returned"]
        assert (given["address"], given["said"]) == ("carl@example.com", "carl is gone")
        assert "message_id" not in given
    with writing(app):
        source, kept = (db.session.get_one(User, one.id) for one in (cast.carl, cast.ann))
        ada = factories.actor(db.session.get_one(User, cast.ada.id))
        merge_accounts.merge(actor=ada, source=source, kept=kept)
    with app.app_context():
        assert db.session.scalars(select(ReturnedMail)).all() == []
