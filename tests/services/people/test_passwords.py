import pytest
from flask.ctx import AppContext
from sqlalchemy import select

from portal.errors import Invalid, Stale
from portal.extensions import begin_write, db
from portal.models.delivery import Outbox
from portal.models.people import User
from portal.services.people import passwords
from tests.cast import Cast


def test_a_poor_password_names_the_field_that_it_came_in() -> None:
    with pytest.raises(Invalid) as refused:
        passwords.require_strong("Archer2026", field="new_password", about=("Archer",))
    assert refused.value.details == {"new_password": "weak_password"}
    passwords.require_strong("an unlikely sentence of mine")


def test_the_words_of_a_person_are_what_others_know(context: AppContext, cast: Cast) -> None:
    user = db.session.get_one(User, cast.ann.id)
    assert passwords.personal_words(user) == ("ann@example.com", "Ann", "Archer")


def test_a_proof_of_a_password_that_is_no_more_proves_nothing(
    context: AppContext, cast: Cast
) -> None:
    begin_write()
    user = db.session.get_one(User, cast.ann.id)
    with pytest.raises(Stale):
        passwords.change(user=user, proven_hash="another", password_hash="new")
    assert not list(db.session.scalars(select(Outbox)))
