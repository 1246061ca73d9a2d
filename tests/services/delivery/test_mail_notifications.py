"""What people are told about their accounts."""

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

from portal import clock, request_context
from portal.extensions import begin_write, db
from portal.models.delivery import Outbox
from portal.models.people import Actor, User
from portal.services.delivery import mail_notifications
from portal.services.delivery.outbox import Mail, schedule_mails
from tests.cast import Cast


def want(actor: Actor) -> None:
    """Somebody wants the address for something that says nothing of who has it."""
    schedule_mails(Mail("change_email", actor.email, data={"asked": True}))
    row = db.session.scalars(select(Outbox).order_by(Outbox.id.desc())).first()
    assert row is not None
    mail_notifications.rewrite_for_holder(row, db.session.get_one(User, actor.id))
    db.session.flush()


def told_of_it() -> list[int]:
    query = select(Outbox.id).where(Outbox.template == "already_registered")
    return list(db.session.scalars(query))


def test_an_address_that_is_tried_again_is_told_once_an_hour(context: object, cast: Cast) -> None:
    begin_write()
    for _ in range(3):
        want(cast.carl)
    assert len(told_of_it()) == 1
    with time_machine.travel(clock.now() + timedelta(hours=1, seconds=1)):
        want(cast.carl)
    assert len(told_of_it()) == 2


def test_a_disabled_account_is_told_nothing(context: object, cast: Cast) -> None:
    begin_write()
    db.session.get_one(User, cast.carl.id).is_active = False
    want(cast.carl)
    assert told_of_it() == []


def test_an_account_notice_says_from_where_and_goes_where_it_is_told(
    context: object, cast: Cast
) -> None:
    begin_write()
    carl = db.session.get_one(User, cast.carl.id)
    came = request_context.current.set(request_context.Origin("192.0.2.7", "Firefox/140"))
    mail_notifications.account_notice(carl, "key_made", about="Deploy (lk_abc)")
    mail_notifications.account_notice(carl, "email_changed", "old@example.com")
    request_context.current.reset(came)
    told = {row.recipient: row.data for row in db.session.scalars(select(Outbox))}
    assert told[cast.carl.email] == {
        "kind": "key_made",
        "about": "Deploy (lk_abc)",
        "from": "192.0.2.7",
        "user_agent": "Firefox/140",
    }
    assert told["old@example.com"]["kind"] == "email_changed"


def test_a_notice_of_an_unknown_kind_is_a_mistake_in_our_code(context: object, cast: Cast) -> None:
    begin_write()
    with pytest.raises(ValueError, match="moonrise"):
        mail_notifications.account_notice(db.session.get_one(User, cast.carl.id), "moonrise")
