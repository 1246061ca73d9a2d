"""The lease of an export: one writer at a time, an end to every try, files that nobody wants."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine
from flask.ctx import AppContext
from sqlalchemy import select
from time_machine import Traveller

from portal import clock
from portal.extensions import begin_write, db
from portal.models.delivery import Outbox
from portal.models.people import User
from portal.models.privacy import PrivacyRequest, PrivacyState
from portal.services.delivery.leases import Lease
from portal.services.privacy import data_exports, privacy_requests
from portal.services.privacy.data_exports import LEASE, MAX_ATTEMPTS
from portal.storage import Stored
from tests.cast import Cast

FILE = Stored("0" * 32, 1234, "f" * 64)


@pytest.fixture
def moment() -> Iterator[Traveller]:
    with time_machine.travel(clock.now(), tick=False) as travelled:
        yield travelled


@pytest.fixture
def request_id(context: AppContext, moment: Traveller, cast: Cast) -> int:
    begin_write()
    return privacy_requests.ask_export(actor=cast.ann).id


def state(request_id: int) -> tuple[str, int, str | None]:
    row = db.session.get_one(PrivacyRequest, request_id, populate_existing=True)
    return row.state, row.progress, row.error


def claimed(request_id: int) -> Lease:
    lease = data_exports.claim(request_id)
    assert lease is not None
    return lease


def test_one_writer_has_the_lease_and_its_progress_shows(request_id: int, moment: Traveller):
    lease = claimed(request_id)
    assert data_exports.claim(request_id) is None
    assert data_exports.advance(lease, 40)
    assert state(request_id) == (PrivacyState.RUNNING, 40, None)
    moment.shift(LEASE - timedelta(seconds=1))
    assert data_exports.claim(request_id) is None


def test_progress_makes_the_lease_last(request_id: int, moment: Traveller):
    lease = claimed(request_id)
    for percent in (10, 20, 30):
        moment.shift(LEASE - timedelta(seconds=1))
        assert data_exports.advance(lease, percent)
    assert data_exports.claim(request_id) is None


def test_who_has_lost_the_lease_changes_nothing(request_id: int, moment: Traveller):
    slow = claimed(request_id)
    moment.shift(LEASE)
    quick = claimed(request_id)
    assert not data_exports.advance(slow, 90)
    assert not data_exports.fail(slow, "too late")
    assert data_exports.finish(slow, FILE) == [FILE.key]
    assert state(request_id) == (PrivacyState.RUNNING, 0, None)
    assert data_exports.finish(quick, FILE) == []
    assert state(request_id) == (PrivacyState.READY, 100, None)
    assert data_exports.finish(quick, FILE) == [FILE.key]
    assert len(list(db.session.scalars(select(Outbox)))) == 1


def test_a_failure_is_tried_again_and_the_last_one_stays(request_id: int, moment: Traveller):
    for _ in range(MAX_ATTEMPTS - 1):
        assert data_exports.fail(claimed(request_id), "no space left")
        assert state(request_id) == (PrivacyState.WAITING, 0, "no space left")
        assert data_exports.claim(request_id) is None
        moment.shift(timedelta(minutes=1))
    assert data_exports.fail(claimed(request_id), "still no space")
    assert state(request_id) == (PrivacyState.FAILED, 0, "still no space")
    moment.shift(timedelta(days=1))
    assert data_exports.claim(request_id) is None


def test_what_kills_every_writer_is_given_up(request_id: int, moment: Traveller):
    for _ in range(MAX_ATTEMPTS):
        claimed(request_id)
        assert not data_exports.give_up()
        moment.shift(LEASE)
    assert data_exports.claim(request_id) is None
    assert data_exports.give_up()
    assert state(request_id) == (PrivacyState.FAILED, 0, "the worker died while writing it")


def test_all_tries_are_over_within_five_minutes(request_id: int, moment: Traveller):
    begun = clock.now()
    for attempt in range(MAX_ATTEMPTS):
        lease = claimed(request_id)
        if attempt % 2:
            moment.shift(LEASE)
        else:
            data_exports.fail(lease, "no space left")
            moment.shift(timedelta(seconds=60))
    assert clock.now() - begun < timedelta(minutes=5)


def test_who_was_disabled_meanwhile_gets_nothing(request_id: int, cast: Cast):
    lease = claimed(request_id)
    db.session.get_one(User, cast.ann.id).is_active = False
    assert data_exports.finish(lease, FILE) == [FILE.key]
    assert state(request_id)[0] == PrivacyState.FAILED
    assert list(db.session.scalars(select(Outbox))) == []


def test_a_new_copy_takes_the_place_of_the_former_one(request_id: int, cast: Cast):
    data_exports.finish(claimed(request_id), FILE)
    again = privacy_requests.ask_export(actor=cast.ann).id
    bobs = privacy_requests.ask_export(actor=cast.bob).id
    data_exports.finish(claimed(bobs), FILE._replace(key="b" * 32))
    assert data_exports.finish(claimed(again), FILE._replace(key="1" * 32)) == [FILE.key]
    assert [state(i)[0] for i in (request_id, again, bobs)] == ["expired", "ready", "ready"]


def test_a_copy_ends_after_a_week(request_id: int, moment: Traveller):
    data_exports.finish(claimed(request_id), FILE)
    moment.shift(timedelta(days=7) - timedelta(seconds=1))
    assert data_exports.expire(10) == []
    moment.shift(timedelta(seconds=1))
    assert data_exports.expire(10) == [FILE.key]
    assert state(request_id)[0] == PrivacyState.EXPIRED
    assert data_exports.expire(10) == []


@pytest.mark.parametrize("ready", [True, False])
def test_what_is_withdrawn_is_not_finished(request_id: int, cast: Cast, ready: bool):
    lease = claimed(request_id)
    if ready:
        data_exports.finish(lease, FILE)
    ann = db.session.get_one(User, cast.ann.id)
    assert data_exports.withdraw(ann) == ([FILE.key] if ready else [])
    assert state(request_id)[0] == PrivacyState.EXPIRED
    assert data_exports.finish(lease, FILE) == [FILE.key]
    assert data_exports.claim(request_id) is None


def test_what_was_never_asked_for_is_not_claimed(request_id: int, cast: Cast):
    deletion = privacy_requests.ask_deletion(actor=cast.carl)
    deletion.due_at = clock.now()
    db.session.flush()
    assert data_exports.claim(deletion.id) is None
    assert data_exports.claim(404) is None
