"""Products are fetched page by page, once, whatever the marketplace or the worker does."""

import itertools
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from decimal import Decimal
from typing import Any
from unittest.mock import patch

import pytest
from flask import Flask
from sqlalchemy import select

from jobs import products as jobs
from jobs.parts.products import enqueue_product_syncs, run_product_schedules
from portal import clock
from portal.extensions import db
from portal.integrations.shop import Page
from portal.models.delivery import Outbox
from portal.models.organizations import Organization
from portal.models.products import Product, ProductSchedule, ProductStock, ProductSync, SyncState
from portal.queueing import BACKLOG_QUEUE, Enqueuer, Job
from portal.services.organizations import credentials
from portal.services.products import catalogue, schedules, syncs
from portal.services.products.syncs import LEASE, MAX_ATTEMPTS
from tests import factories
from tests.cast import Cast
from tests.forked import ended, forked
from tests.jobs.dying import die_at
from tests.marketplaces import wildberries
from tests.marketplaces.fixtures import KEYS, open_to, point_clients_at, sells_at
from tests.marketplaces.ozon import Ozon
from tests.marketplaces.server import Answer
from tests.marketplaces.wildberries import Wildberries, card

CARDS = "cards/list"
PAGE = 10


@pytest.fixture
def market(app: Flask, cast: Cast) -> Iterator[Wildberries]:
    """Wildberries with three pages of cards, where Ann's organization sells."""
    made = Wildberries(25)
    sells_at(app, cast.ann, "wildberries")
    with open_to(app, made), patch("portal.integrations.wildberries.shop.LIMIT", PAGE):
        yield made


def ask(app: Flask, cast: Cast) -> int:
    with factories.writing(app):
        return syncs.ask(actor=cast.ann)[0].id


def run(app: Flask, sync_id: int) -> ProductSync:
    with app.app_context():
        jobs.sync(sync_id)
    return row(app, sync_id)


def row(app: Flask, sync_id: int) -> ProductSync:
    with app.app_context():
        return db.session.get_one(ProductSync, sync_id)


def fetched(app: Flask, cast: Cast) -> ProductSync:
    return run(app, ask(app, cast))


def later(app: Flask, sync_id: int) -> None:
    """Its pause, or the lease of a dead worker, is over."""
    with factories.writing(app):
        db.session.get_one(ProductSync, sync_id).due_at = clock.now()


def catalogue_of(app: Flask) -> dict[str, Product]:
    with app.app_context():
        return {one.external_id: one for one in db.session.scalars(select(Product))}


def notices(app: Flask) -> list[tuple[str, str]]:
    with app.app_context():
        query = select(Outbox).where(Outbox.template == "account_notice").order_by(Outbox.id)
        kinds = [(mail.data["kind"], mail.data["about"]) for mail in db.session.scalars(query)]
        return [pair for pair in kinds if pair[0] != "credential_changed"]


def enqueued(app: Flask) -> list[int]:
    enqueuer: Enqueuer = app.extensions["lodge.enqueuer"]
    found = enqueuer._queues[BACKLOG_QUEUE].jobs
    return [job.args[0] for job in found if job.func_name == Job.SYNC_PRODUCTS]


def schedule(app: Flask, cast: Cast) -> None:
    """A schedule that is due."""
    with factories.writing(app):
        schedules.put(actor=cast.ann, cron="0 6 * * *", zone="Europe/Moscow")
        db.session.get_one(ProductSchedule, cast.ann.organization_id).next_run_at = clock.now()


def scheduled(app: Flask, cast: Cast) -> int:
    schedule(app, cast)
    with app.app_context():
        run_product_schedules()
        return db.session.scalars(select(ProductSync.id).order_by(ProductSync.id.desc())).first()


def test_all_products_are_there_with_prices_and_stocks(
    app: Flask, cast: Cast, market: Wildberries
) -> None:
    market.stocks[7] = {50_003: 4}
    market.stocks[8] = {50_003: 5}
    sync_id = ask(app, cast)
    assert enqueued(app) == [sync_id]
    made = run(app, sync_id)
    assert (made.state, made.error, made.lease) == (SyncState.DONE, None, None)
    assert (made.pages, made.seen, made.added, made.changed, made.gone, made.errors) == (
        3,
        25,
        25,
        0,
        0,
        0,
    )
    assert made.started_at
    assert made.ended_at
    found = catalogue_of(app)
    assert len(found) == 25
    kettle = found["1003"]
    assert (kettle.name, kettle.price, kettle.currency, kettle.stock) == (
        "Kettle 3",
        Decimal(100),
        "RUB",
        9,
    )
    with app.app_context():
        kept = db.session.scalars(select(ProductStock).order_by(ProductStock.id)).all()
        assert [(one.product_id, one.warehouse, one.present) for one in kept] == [
            (kettle.id, "Tula", 4),
            (kettle.id, "Kazan", 5),
        ]


def test_the_next_one_says_what_is_new_changed_gone_and_back(
    app: Flask, cast: Cast, market: Wildberries
) -> None:
    market.cards = [card(number) for number in range(5)]
    market.stocks[7] = {50_002: 1, 50_004: 2}
    fetched(app, cast)
    before = catalogue_of(app)
    market.cards[0]["title"] = "Teapot"
    market.prices[1001] = 120
    market.stocks[7] = {50_003: 8, 50_004: 2}
    del market.cards[4]
    market.cards.append(card(5))
    made = fetched(app, cast)
    assert (made.added, made.changed, made.gone) == (1, 4, 1)
    after = catalogue_of(app)
    assert after["1000"].name == "Teapot"
    assert after["1001"].price == Decimal(120)
    assert [after[name].stock for name in ("1002", "1003", "1004")] == [0, 8, 0]
    assert after["1004"].gone_at
    # Its row is the same: tickets may name it.
    assert after["1004"].id == before["1004"].id
    market.cards.append(card(4))
    made = fetched(app, cast)
    assert (made.added, made.changed, made.gone) == (0, 1, 0)
    assert (catalogue_of(app)["1004"].gone_at, catalogue_of(app)["1004"].stock) == (None, 2)


def test_what_has_not_changed_says_so(app: Flask, cast: Cast, market: Wildberries) -> None:
    market.stocks[7] = {50_003: 4}
    fetched(app, cast)
    before = {key: one.changed_at for key, one in catalogue_of(app).items()}
    made = fetched(app, cast)
    assert (made.added, made.changed, made.gone) == (0, 0, 0)
    assert {key: one.changed_at for key, one in catalogue_of(app).items()} == before


def test_many_products_of_one_name_are_many_products(
    app: Flask, cast: Cast, market: Wildberries
) -> None:
    for one in market.cards:
        one["title"] = one["vendorCode"] = "Kettle"
    assert fetched(app, cast).added == 25
    assert fetched(app, cast).changed == 0
    assert {one.name for one in catalogue_of(app).values()} == {"Kettle"}


def test_two_organizations_with_the_same_products_have_them_each(
    app: Flask, cast: Cast, market: Wildberries
) -> None:
    sells_at(app, cast.carl, "wildberries")
    fetched(app, cast)
    with factories.writing(app):
        other = syncs.ask(actor=cast.carl)[0].id
    made = run(app, other)
    assert (made.added, made.gone) == (25, 0)
    assert fetched(app, cast).changed == 0
    with app.app_context():
        owners = db.session.execute(select(Product.organization_id)).scalars().all()
    assert sorted(set(owners)) == sorted({cast.ann.organization_id, cast.carl.organization_id})


def test_two_at_once_are_one(app: Flask, cast: Cast, market: Wildberries) -> None:
    first = ask(app, cast)
    assert ask(app, cast) == first
    with factories.writing(app):
        assert syncs.claim(first)
    assert ask(app, cast) == first
    # Its worker has the lease.
    assert run(app, first).state == SyncState.RUNNING
    assert market.asked == []


def test_run_twice_it_asks_once(app: Flask, cast: Cast, market: Wildberries) -> None:
    sync_id = fetched(app, cast).id
    asked = len(market.asked)
    assert run(app, sync_id).pages == 3
    assert len(market.asked) == asked


def test_it_waits_as_long_as_the_marketplace_wants_and_goes_on_where_it_was(
    app: Flask, cast: Cast, market: Wildberries
) -> None:
    market.instead[CARDS] = [None, Answer.json({}, 429, X_Ratelimit_Retry="40")]
    made = fetched(app, cast)
    assert (made.state, made.error, made.pages, made.attempts) == ("queued", "busy", 1, 0)
    assert timedelta(seconds=38) < made.due_at - clock.now() <= timedelta(seconds=40)
    asked = len(market.asked)
    # Too early.
    assert run(app, made.id).state == SyncState.QUEUED
    assert len(market.asked) == asked
    later(app, made.id)
    made = run(app, made.id)
    assert (made.state, made.error, made.pages, made.added) == ("done", None, 3, 25)
    cursors = [one.body["settings"]["cursor"] for one in market.asked if CARDS in one.path]
    # The page that was refused is asked for again, no other.
    assert [len(cursor) for cursor in cursors] == [1, 3, 3, 3]
    assert cursors[1] == cursors[2]


def test_a_marketplace_that_always_wants_to_be_asked_later_is_given_up_after_a_day(
    app: Flask, cast: Cast, market: Wildberries
) -> None:
    market.instead[CARDS] = [Answer.json({}, 429)] * 2 * MAX_ATTEMPTS
    sync_id = ask(app, cast)
    for _ in range(2 * MAX_ATTEMPTS):
        later(app, sync_id)
        assert run(app, sync_id).state == SyncState.QUEUED
    with factories.writing(app):
        db.session.get_one(ProductSync, sync_id).created_at -= syncs.LONGEST
    later(app, sync_id)
    assert (run(app, sync_id).state, row(app, sync_id).error) == ("failed", "too_long")


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (Answer(200, b"<html>", "text/html"), "answer"),
        (Answer(200, b'{"cards": [', cut=5), "answer"),
        (Answer.json({"error": True, "errorText": "later"}), "shop"),
        (Answer.json({}, 500), "server"),
        (Answer.json({"detail": "no"}, 404), "shop"),
    ],
)
def test_a_failure_that_may_pass_is_tried_again_and_then_said(
    app: Flask, cast: Cast, market: Wildberries, answer: Answer, error: str
) -> None:
    fetched(app, cast)
    market.instead[CARDS] = [None, *[answer] * (MAX_ATTEMPTS + 1)]
    sync_id = ask(app, cast)
    tries = 0
    while run(app, sync_id).state == SyncState.QUEUED:
        tries += 1
        assert row(app, sync_id).error == error
        later(app, sync_id)
    made = row(app, sync_id)
    assert (made.state, made.error, tries) == ("failed", error, MAX_ATTEMPTS)
    # Nothing is lost, nothing taken for gone.
    assert not [one for one in catalogue_of(app).values() if one.gone_at]
    assert fetched(app, cast).state == SyncState.DONE


@pytest.mark.parametrize(
    ("keys", "error"),
    [
        ({"wildberries_api_key": wildberries.key(owner="another")}, "key_refused"),
        ({"wildberries_api_key": wildberries.key(expires=1_600_000_000)}, "key_expired"),
        ({"wildberries_api_key": "two words"}, "key_unreadable"),
    ],
)
@pytest.mark.threat("secrets in logs")
def test_a_key_that_is_no_good_is_said_at_once_and_stands_in_no_log(
    app: Flask,
    cast: Cast,
    market: Wildberries,
    keys: dict[str, str],
    error: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    sells_at(app, cast.ann, "wildberries", **keys)
    with caplog.at_level(logging.DEBUG):
        made = fetched(app, cast)
    assert (made.state, made.error, made.attempts) == ("failed", error, 1)
    [secret] = keys.values()
    assert secret not in caplog.text
    assert secret not in str(vars(made))


def test_a_key_that_was_deleted_meanwhile_is_said(
    app: Flask, cast: Cast, market: Wildberries
) -> None:
    sync_id = ask(app, cast)
    with factories.writing(app):
        for number in (1, 2, 3):
            credentials.delete(actor=cast.ann, credential_id=number)
    made = run(app, sync_id)
    assert (made.state, made.error) == ("failed", "key_missing")
    assert market.asked == []


def test_a_key_that_nobody_can_decrypt_any_more_is_said(
    app: Flask, cast: Cast, market: Wildberries, monkeypatch: pytest.MonkeyPatch
) -> None:
    sync_id = ask(app, cast)
    monkeypatch.setitem(app.config, "ENCRYPTION_MASTER_KEYS", [])
    assert run(app, sync_id).error == "key_unreadable"


@pytest.mark.parametrize(
    ("columns", "error"),
    [({"marketplace_type": "ozon"}, "not_chosen"), ({"is_active": False}, "shut")],
)
def test_an_organization_that_does_not_want_or_may_not_is_not_fetched(
    app: Flask, cast: Cast, market: Wildberries, columns: dict[str, Any], error: str
) -> None:
    sync_id = ask(app, cast)
    with factories.writing(app):
        for name, value in columns.items():
            setattr(db.session.get_one(Organization, cast.ann.organization_id), name, value)
    assert run(app, sync_id).error == error
    assert market.asked == []


def test_a_marketplace_that_names_nothing_loses_nothing(
    app: Flask, cast: Cast, market: Wildberries
) -> None:
    fetched(app, cast)
    market.cards = []
    made = fetched(app, cast)
    assert (made.state, made.error, made.gone) == ("failed", "empty", 0)
    assert not [one for one in catalogue_of(app).values() if one.gone_at]


def test_a_marketplace_that_names_less_than_it_has_loses_nothing(app: Flask, cast: Cast) -> None:
    market = Ozon(100, page=40)
    sells_at(app, cast.ann, "ozon")
    with open_to(app, market):
        assert fetched(app, cast).added == 100
        market.products, market.total = market.products[:50], 100
        made = fetched(app, cast)
    assert (made.state, made.error, made.gone, made.total) == ("failed", "incomplete", 0, 100)
    assert not [one for one in catalogue_of(app).values() if one.gone_at]


def test_an_item_that_cannot_be_read_keeps_all_from_being_taken_for_gone(
    app: Flask, cast: Cast, market: Wildberries
) -> None:
    market.cards = [card(number) for number in range(3)]
    fetched(app, cast)
    said = {"cards": [card(0), card(1), {"title": "?"}], "cursor": {"total": 3}}
    market.instead[CARDS] = [Answer.json(said)]
    made = fetched(app, cast)
    assert (made.state, made.errors, made.gone) == ("done", 1, 0)


def test_a_cursor_that_leads_in_a_circle_comes_to_an_end(
    app: Flask, cast: Cast, market: Wildberries
) -> None:
    page = [card(number) for number in range(10)]
    here = {"updatedAt": "x", "nmID": 5, "total": 10}
    there = {"updatedAt": "y", "nmID": 6, "total": 10}
    same = Answer.json({"cards": page, "cursor": here})
    market.instead[CARDS] = [same, same]
    made = fetched(app, cast)
    assert (made.error, made.detail, made.pages) == ("answer", "the same page again", 1)
    other = Answer.json({"cards": page, "cursor": there})
    market.instead[CARDS] = [answer for _ in range(20) for answer in (other, same)]
    later(app, made.id)
    made = run(app, made.id)
    assert (made.error, made.detail) == ("answer", "pages without an end")
    assert len(catalogue_of(app)) == 10


def test_called_off_in_the_middle_it_stops_and_keeps_what_it_has(
    app: Flask, cast: Cast, market: Wildberries, monkeypatch: pytest.MonkeyPatch
) -> None:
    sync_id = ask(app, cast)
    real = catalogue.advance

    def advance(lease: Any, page: Page) -> bool:
        more = real(lease, page)
        assert syncs.cancel(actor=cast.ann, sync_id=sync_id)
        return more

    monkeypatch.setattr(catalogue, "advance", advance)
    made = run(app, sync_id)
    assert (made.state, made.pages) == (SyncState.CANCELLED, 1)
    assert len(catalogue_of(app)) == 10
    monkeypatch.undo()
    with open_to(app, market):
        assert fetched(app, cast).added == 15


def test_a_long_one_lets_others_have_their_turn(
    app: Flask, cast: Cast, market: Wildberries, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "_TURN_SECONDS", -1.0)
    sync_id = ask(app, cast)
    for pages in (1, 2):
        made = run(app, sync_id)
        assert (made.state, made.pages, made.lease) == ("running", pages, None)
    assert enqueued(app) == [sync_id] * 3
    assert run(app, sync_id).state == SyncState.DONE


def test_a_fault_of_ours_is_tried_again_at_the_same_place(
    app: Flask,
    cast: Cast,
    market: Wildberries,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sync_id = ask(app, cast)
    real, calls = catalogue._store, itertools.count()

    def store(sync: ProductSync, page: Page) -> None:
        real(sync, page)
        db.session.flush()
        if next(calls) == 1:
            raise RuntimeError(KEYS["wildberries_api_key"])

    monkeypatch.setattr(catalogue, "_store", store)
    made = run(app, sync_id)
    assert (made.state, made.error, made.detail) == ("queued", "internal", "RuntimeError")
    assert (made.pages, len(catalogue_of(app))) == (1, 10)
    later(app, sync_id)
    assert run(app, sync_id).added == 25


@contextmanager
def dead(app: Flask, sync_id: int) -> Iterator[None]:
    """The worker is dead, and its lease over."""
    yield
    with factories.writing(app):
        db.session.get_one(ProductSync, sync_id).due_at -= LEASE


def die(url: str, sync_id: int, count: int) -> None:
    """For a process of its own."""
    from jobs.running import application

    point_clients_at(url)
    app = application()
    with app.app_context():
        die_at(count, lambda: jobs.sync(sync_id))


@pytest.mark.slow
@pytest.mark.databases("sqlite")
def test_killed_anywhere_it_goes_on_and_nothing_is_lost_or_doubled(
    app: Flask, cast: Cast, market: Wildberries, settings: dict[str, str]
) -> None:
    """Killed before its first page is stored, and in the middle of the next one."""
    sync_id = ask(app, cast)
    environment = {**settings, "OUTBOUND_ALLOW": f"127.0.0.1:{market.port}"}
    for count in (8, 14):
        with dead(app, sync_id), forked(environment, die, market.url, sync_id, count) as process:
            assert ended(process) == -9
        assert row(app, sync_id).state == SyncState.RUNNING
    made = run(app, sync_id)
    assert (made.state, made.seen, made.added, made.changed, made.gone, made.pages) == (
        "done",
        25,
        25,
        0,
        0,
        3,
    )
    assert len(catalogue_of(app)) == 25


def test_a_worker_that_dies_at_every_try_is_said(
    app: Flask, cast: Cast, market: Wildberries
) -> None:
    sync_id = ask(app, cast)
    for _ in range(MAX_ATTEMPTS):
        with dead(app, sync_id), factories.writing(app):
            assert syncs.claim(sync_id)
    with app.app_context():
        enqueue_product_syncs()
    made = row(app, sync_id)
    assert (made.state, made.error) == ("failed", "interrupted")


def test_the_sweep_finds_what_the_queue_has_lost(
    app: Flask, cast: Cast, market: Wildberries
) -> None:
    sync_id = ask(app, cast)
    app.extensions["lodge.enqueuer"]._queues[BACKLOG_QUEUE].empty()
    with app.app_context():
        enqueue_product_syncs()
    assert enqueued(app) == [sync_id]


def test_a_schedule_that_is_due_begins_one_and_says_when_the_next_is(
    app: Flask, cast: Cast, market: Wildberries
) -> None:
    made = run(app, scheduled(app, cast))
    assert (made.state, made.started_by_id) == (SyncState.DONE, None)
    with app.app_context():
        kept = db.session.get_one(ProductSchedule, cast.ann.organization_id)
        assert kept.next_run_at
        assert kept.next_run_at > clock.now()
        run_product_schedules()
        assert db.session.scalars(select(ProductSync.id)).all() == [made.id]


@pytest.mark.usefixtures("market")
def test_the_owners_hear_once_of_a_schedule_that_fails_until_it_is_well_again(
    app: Flask, cast: Cast
) -> None:
    sells_at(app, cast.ann, "wildberries", wildberries_api_key="nonsense")
    for _ in range(3):
        assert run(app, scheduled(app, cast)).error == "key_refused"
    assert notices(app) == [("products_not_fetched", "Wildberries")]
    sells_at(app, cast.ann, "wildberries")
    assert run(app, scheduled(app, cast)).state == SyncState.DONE
    sells_at(app, cast.ann, "wildberries", wildberries_api_key="nonsense")
    run(app, scheduled(app, cast))
    assert len(notices(app)) == 2


@pytest.mark.usefixtures("market")
def test_a_marketplace_that_is_well_hides_no_other_that_fails(app: Flask, cast: Cast) -> None:
    with open_to(app, Ozon(1)):
        sells_at(app, cast.ann, **KEYS | {"ozon_api_key": "nonsense"})
        for _ in range(3):
            run_both(app, cast)
        assert notices(app) == [("products_not_fetched", "Ozon")]
        assert failures(app, cast) == 3
        sells_at(app, cast.ann)
        run_both(app, cast)
    assert failures(app, cast) == 0


def run_both(app: Flask, cast: Cast) -> None:
    """What the schedule begins at both marketplaces."""
    last = scheduled(app, cast)
    for sync_id in (last - 1, last):
        run(app, sync_id)


def failures(app: Flask, cast: Cast) -> int:
    with app.app_context():
        return db.session.get_one(ProductSchedule, cast.ann.organization_id).failures


@pytest.mark.usefixtures("market")
def test_the_log_says_that_one_has_ended_not_that_another_worker_has_it(
    app: Flask, cast: Cast, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        made = fetched(app, cast)
    assert f"sync of products {made.id} has ended" in caplog.messages
    assert "another worker" not in caplog.text


@pytest.mark.usefixtures("market")
def test_who_has_begun_one_is_not_mailed_about_it(app: Flask, cast: Cast) -> None:
    sells_at(app, cast.ann, "wildberries", wildberries_api_key="nonsense")
    assert fetched(app, cast).error == "key_refused"
    assert notices(app) == []


def test_a_marketplace_where_nobody_sells_any_more_is_not_asked_by_the_schedule(
    app: Flask, cast: Cast, market: Wildberries
) -> None:
    schedule(app, cast)
    with factories.writing(app):
        db.session.get_one(Organization, cast.ann.organization_id).marketplace_type = None
    with app.app_context():
        run_product_schedules()
        assert db.session.scalars(select(ProductSync.id)).all() == []
        assert db.session.get_one(ProductSchedule, cast.ann.organization_id).next_run_at
    assert market.asked == []
