"""Who may change which profile, and that nothing is set when something is wrong."""

from typing import Any

import pytest
from flask.ctx import AppContext
from sqlalchemy import select

from portal.errors import Forbidden, Invalid
from portal.extensions import begin_write, db
from portal.models.people import AccountEvent, Actor, User
from portal.services.people import profile
from tests.cast import Cast

pytestmark = pytest.mark.usefixtures("context")


def change(actor: Actor, person: Actor, **values: Any) -> list[str]:
    return profile.change(actor=actor, user=db.session.get_one(User, person.id), values=values)


def test_an_own_profile_and_for_admins_any(context: AppContext, cast: Cast) -> None:
    begin_write()
    assert change(cast.ann, cast.ann, first_name="Anna") == ["first_name"]
    assert change(cast.ada, cast.ann, first_name="Anne") == ["first_name"]
    for other in (cast.bob, cast.sam):
        with pytest.raises(Forbidden):
            change(other, cast.ann, first_name="Eve")
    events = list(db.session.scalars(select(AccountEvent).order_by(AccountEvent.id)))
    assert [(e.user_id, e.actor_id) for e in events] == [
        (cast.ann.id, cast.ann.id),
        (cast.ann.id, cast.ada.id),
    ]


def test_every_wrong_field_is_named_and_none_is_set(cast: Cast) -> None:
    begin_write()
    with pytest.raises(Invalid) as refused:
        change(cast.ann, cast.ann, first_name="Anna", phone="x", inn="1", timezone="Mars/Base")
    assert refused.value.details == {"phone": "phone", "inn": "inn", "timezone": "unknown"}
    assert db.session.get_one(User, cast.ann.id).first_name == "Ann"


def test_empty_facts_are_none(cast: Cast) -> None:
    begin_write()
    change(cast.ann, cast.ann, phone="+79123456789", username="archer")
    change(cast.ann, cast.ann, phone="", username="")
    ann = db.session.get_one(User, cast.ann.id)
    assert (ann.phone, ann.username) == (None, None)


def test_only_mails_that_may_be_declined_are_muted(cast: Cast) -> None:
    begin_write()
    names = ["ticket_filed", "reply", "assigned", "account_notice"]
    change(cast.ann, cast.ann, muted=names)
    change(cast.sam, cast.sam, muted=names)
    assert db.session.get_one(User, cast.ann.id).muted == ["reply"]
    assert db.session.get_one(User, cast.sam.id).muted == ["reply", "assigned"]
    change(cast.ann, cast.ann, muted_on_pages=names)
    change(cast.sam, cast.sam, muted_on_pages=names)
    assert db.session.get_one(User, cast.ann.id).muted_on_pages == []
    assert db.session.get_one(User, cast.sam.id).muted_on_pages == ["assigned"]
