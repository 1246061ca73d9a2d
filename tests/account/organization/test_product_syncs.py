"""`/account/organization/products/syncs`: what each role sees and may do."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from jobs.products import sync
from portal.extensions import db
from portal.models.organizations import Organization
from portal.models.people import Actor, OrganizationRole, User
from portal.models.products import ProductSchedule, ProductSync, SyncState
from portal.services.products import syncs
from tests import factories
from tests.cast import Cast
from tests.marketplaces.fixtures import open_to, sells_at
from tests.marketplaces.ozon import Ozon
from tests.marketplaces.wildberries import KEY, Wildberries
from tests.page import Visitor

PAGE = "/account/organization/products/syncs"
MARKETPLACES = "/account/organization/products/marketplaces"
SCHEDULE = "/account/organization/products/schedule"
Visit = Callable[[], Visitor]


@pytest.fixture
def ann(visit: Visit, cast: Cast) -> Visitor:
    return visit().sign_in(cast.ann)


def rows(app: Flask, model: Any) -> list[Any]:
    with app.app_context():
        return list(db.session.scalars(select(model)))


def make(app: Flask, person: Actor, role: OrganizationRole) -> None:
    with factories.writing(app):
        db.session.get_one(User, person.id).organization_role = role


def begin(app: Flask, actor: Actor) -> int:
    with factories.writing(app):
        return syncs.ask(actor=actor)[0].id


def changes(sync_id: int) -> list[tuple[str, dict[str, str]]]:
    """Every change that the page offers, with good values."""
    return [
        (PAGE, {}),
        (f"{PAGE}/{sync_id}/cancel", {}),
        (MARKETPLACES, {"marketplace_type": "ozon"}),
        (f"{MARKETPLACES}/check", {"marketplace": "ozon"}),
        (SCHEDULE, {"cron": "0 6 * * *", "zone": "Europe/Moscow"}),
        (f"{SCHEDULE}/delete", {}),
    ]


def test_where_nothing_is_set_up_it_says_so(ann: Visitor, visit: Visit, cast: Cast) -> None:
    words = ann.get(PAGE).words
    assert "sells at no marketplace yet" in words
    assert "Fetch the products now" not in words
    assert "owners and administrators can choose one" in visit().sign_in(cast.bob).get(PAGE).words


def test_an_owner_chooses_stores_tries_and_fetches(app: Flask, cast: Cast, ann: Visitor) -> None:
    words = ann.follow(ann.post(MARKETPLACES, {"marketplace_type": "both"})).words
    assert words.count("is missing") == 3
    sells_at(app, cast.ann)
    with open_to(app, Wildberries(3), Ozon(2)):
        tried = ann.follow(ann.post(f"{MARKETPLACES}/check", {"marketplace": "wildberries"})).words
        assert "Wildberries: The keys are good" in tried
        assert "They end on" in tried
        words = ann.follow(ann.post(PAGE)).words
        assert "The products are being fetched." in words
        assert words.count("Waiting") == 2
        for one in rows(app, ProductSync):
            with app.app_context():
                sync(one.id)
    words = ann.get(PAGE).words
    assert words.count("Done") == 2
    assert "by Ann Archer" in words
    assert "3 products" in words
    assert "new: 3" in words


def test_one_of_two_marketplaces_can_be_asked_alone(app: Flask, cast: Cast, ann: Visitor) -> None:
    sells_at(app, cast.ann)
    ann.post(PAGE, {"marketplace": "ozon"})
    assert [one.marketplace for one in rows(app, ProductSync)] == ["ozon"]


@pytest.mark.parametrize(
    ("kind", "said"), [(None, "Say first at which marketplace"), ("ozon", "Store the key")]
)
def test_without_choice_or_keys_nothing_is_begun(
    app: Flask, cast: Cast, ann: Visitor, kind: str | None, said: str
) -> None:
    with factories.writing(app):
        db.session.get_one(Organization, cast.ann.organization_id).marketplace_type = kind
    assert said in ann.follow(ann.post(PAGE)).words
    assert rows(app, ProductSync) == []


def test_a_trial_says_what_is_wrong_and_shows_no_key(app: Flask, cast: Cast, ann: Visitor) -> None:
    sells_at(app, cast.ann, "wildberries", wildberries_api_key="n0-g00d-key")
    with open_to(app, Wildberries(1)):
        page = ann.follow(ann.post(f"{MARKETPLACES}/check", {"marketplace": "wildberries"}))
    assert "The marketplace refuses the key" in page.words
    assert "signature is invalid" in page.words
    assert "n0-g00d-key" not in page.text
    assert KEY not in page.text


def test_the_log_says_why_one_failed(app: Flask, cast: Cast, ann: Visitor) -> None:
    sells_at(app, cast.ann, "wildberries", wildberries_api_key="n0-g00d-key")
    with open_to(app, Wildberries(1)):
        sync_id = begin(app, cast.ann)
        with app.app_context():
            sync(sync_id)
    words = ann.get(PAGE).words
    assert "Failed" in words
    assert "(cards: HTTP 401 token problem; signature is invalid)" in words


def test_an_open_one_shows_how_far_it_is_and_can_be_called_off(
    app: Flask, cast: Cast, ann: Visitor
) -> None:
    sells_at(app, cast.ann, "ozon")
    sync_id = begin(app, cast.ann)
    with factories.writing(app):
        row = db.session.get_one(ProductSync, sync_id)
        row.state, row.total, row.seen = SyncState.RUNNING, 200, 50
    page = ann.get(PAGE)
    assert page.one("progress")["value"] == "25"
    assert page.one(id="syncs")["hx-trigger"] == "every 2s"
    assert "every 2s" in ann.get(PAGE, htmx=True).text
    ann.post(f"{PAGE}/{sync_id}/cancel")
    words = ann.get(PAGE).words
    assert "Called off" in words
    assert "The sync is called off." in words
    assert "Too late" in ann.follow(ann.post(f"{PAGE}/{sync_id}/cancel")).words
    assert "every 2s" not in ann.get(PAGE, htmx=True).text


def test_the_schedule_says_when_it_runs_next_and_ends(app: Flask, ann: Visitor, cast: Cast) -> None:
    sells_at(app, cast.ann, "ozon")
    page = ann.follow(ann.post(SCHEDULE, {"cron": " 0  6 * * * ", "zone": "Europe/Moscow"}))
    assert "Next run:" in page.words
    assert page.one("input", name="cron")["value"] == "0 6 * * *"
    words = ann.follow(ann.post(f"{SCHEDULE}/delete")).words
    assert "only when somebody asks" in words
    assert rows(app, ProductSchedule) == []


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"cron": "*/5 * * * *", "zone": "Europe/Moscow"}, "At most once an hour"),
        ({"cron": "each day", "zone": "Europe/Moscow"}, "Use five fields"),
        ({"cron": "0 99 * * *", "zone": "Europe/Moscow"}, "a value that there is not"),
        ({"cron": "0 6 31 2 *", "zone": "Europe/Moscow"}, "There is no such day."),
        ({"cron": "0 6 * * *", "zone": "Mars/Base"}, "Please choose one of the list."),
        ({"cron": "x" * 500, "zone": "Europe/Moscow"}, "This is too long."),
        ({"cron": "<b>", "zone": ""}, "Please fill this in."),
        ({}, "Please fill this in."),
    ],
)
def test_nonsense_is_refused_with_a_sentence_and_what_was_typed_stays(
    app: Flask, cast: Cast, ann: Visitor, fields: dict[str, str], said: str
) -> None:
    sells_at(app, cast.ann, "ozon")
    page = ann.post(SCHEDULE, fields, 422)
    assert said in page.words
    assert page.one("input", name="cron")["value"] == fields.get("cron", "")
    assert rows(app, ProductSchedule) == []


def test_beside_a_refused_form_the_log_goes_on_to_be_asked_for(
    app: Flask, cast: Cast, ann: Visitor
) -> None:
    sells_at(app, cast.ann, "ozon")
    begin(app, cast.ann)
    page = ann.post(SCHEDULE, {"cron": "often", "zone": "Europe/Moscow"}, 422)
    assert "Waiting" in ann.get(page.one(id="syncs")["hx-get"], htmx=True).words


@pytest.mark.parametrize("path", [PAGE, f"{MARKETPLACES}/check"])
def test_a_marketplace_that_there_is_not_is_refused(ann: Visitor, path: str) -> None:
    ann.post(path, {"marketplace": "ebay"}, 422)
    assert "one of the list" in ann.post(MARKETPLACES, {"marketplace_type": "ebay"}, 422).words


@pytest.mark.parametrize("role", [OrganizationRole.USER, OrganizationRole.VIEWER])
def test_users_and_viewers_read_and_change_nothing(
    app: Flask, cast: Cast, visit: Visit, role: OrganizationRole
) -> None:
    sells_at(app, cast.ann, "ozon")
    sync_id = begin(app, cast.ann)
    make(app, cast.bob, role)
    bob = visit().sign_in(cast.bob)
    page = bob.get(PAGE)
    assert "Ozon" in page.words
    assert page.one("main").all("form") == []
    for path, fields in changes(sync_id):
        bob.post(path, fields, 403)
    assert rows(app, ProductSync)[0].state == SyncState.QUEUED
    assert rows(app, ProductSchedule) == []


def test_an_administrator_of_the_organization_may_all(app: Flask, cast: Cast, visit: Visit) -> None:
    sells_at(app, cast.ann, "ozon")
    make(app, cast.bob, OrganizationRole.ADMIN)
    sync_id = begin(app, cast.ann)
    bob = visit().sign_in(cast.bob)
    with open_to(app, Ozon(1)):
        for path, fields in changes(sync_id):
            bob.post(path, fields, 303)


def test_another_organizations_sync_is_as_none(app: Flask, cast: Cast, visit: Visit) -> None:
    sells_at(app, cast.ann, "ozon")
    sync_id = begin(app, cast.ann)
    carl = visit().sign_in(cast.carl)
    assert f"sync-{sync_id}" not in carl.get(PAGE).text
    for number in (sync_id, 404):
        carl.post(f"{PAGE}/{number}/cancel", {}, 404)
    assert rows(app, ProductSync)[0].state == SyncState.QUEUED


def test_signed_out_one_is_asked_to_sign_in(visit: Visit, cast: Cast) -> None:
    stranger = visit()
    assert "/auth/login" in stranger.get(PAGE, 303).location
    for path, fields in changes(1):
        assert "/auth/login" in stranger.post(path, fields, 303).location


def test_the_page_takes_a_page_of_the_log_at_a_time(app: Flask, cast: Cast, ann: Visitor) -> None:
    with factories.writing(app):
        place = db.session.get_one(Organization, cast.ann.organization_id)
        for _ in range(31):
            one = syncs.start(place, "ozon", None)
            one.state = SyncState.DONE
            db.session.flush()
    page = ann.get(PAGE)
    assert len([n for n in page.all("li") if (n.get("id") or "").startswith("sync-")]) == 30
    assert "by the schedule" in page.words
    assert ann.get(f"{PAGE}?cursor=2").words.count("Done") == 1
    ann.get(f"{PAGE}?cursor=x", 422)
