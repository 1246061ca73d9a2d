"""`flask sync-products`, and what `doctor` says of products."""

from collections.abc import Sequence

from click.testing import Result
from flask import Flask
from sqlalchemy import select

from portal.cli.finding import OK, WARN, Finding
from portal.cli.product_checks import products
from portal.cli.sync_products import sync_products
from portal.extensions import db
from portal.models.organizations import Organization
from portal.models.products import ProductSchedule, ProductSync
from portal.services.products import schedules
from tests import factories
from tests.cast import Cast
from tests.marketplaces.fixtures import sells_at


def run(app: Flask, *numbers: str, code: int = 0) -> Result:
    result = app.test_cli_runner().invoke(sync_products, numbers)
    assert result.exit_code == code, result.output
    return result


def marketplaces(app: Flask) -> Sequence[tuple[object, ...]]:
    with app.app_context():
        query = select(ProductSync.organization_id, ProductSync.marketplace)
        return [tuple(row) for row in db.session.execute(query.order_by(ProductSync.id))]


def test_all_that_sell_are_fetched_once(app: Flask, cast: Cast) -> None:
    sells_at(app, cast.ann)
    sells_at(app, cast.carl, "ozon")
    assert "3 syncs are waiting" in run(app).output
    ann, carl = cast.ann.organization_id, cast.carl.organization_id
    asked = [(ann, "wildberries"), (ann, "ozon"), (carl, "ozon")]
    assert marketplaces(app) == asked
    run(app)
    assert marketplaces(app) == asked


def test_one_is_fetched_alone_and_a_shut_one_is_not(app: Flask, cast: Cast) -> None:
    sells_at(app, cast.ann, "ozon")
    sells_at(app, cast.carl, "ozon")
    with factories.writing(app):
        db.session.get_one(Organization, cast.ann.organization_id).is_active = False
    assert "0 syncs are waiting" in run(app, "ORG000001").output
    assert "1 syncs are waiting" in run(app, "ORG000003").output


def test_whose_keys_are_missing_is_named(app: Flask, cast: Cast) -> None:
    sells_at(app, cast.ann, "both", ozon_client_id="1")
    result = run(app)
    assert "ORG000001 has not stored wildberries_api_key, ozon_api_key" in result.output
    assert marketplaces(app) == []


def test_an_organization_that_there_is_not_is_said_in_one_line(app: Flask, cast: Cast) -> None:
    for number in ("ORG000099", "acme", "", "ORG1"):
        assert "there is no organization" in run(app, number, code=1).output


def test_doctor_says_how_many_schedules_fail(app: Flask, cast: Cast) -> None:
    with app.app_context():
        assert [one.level for one in products()] == [OK]
    with factories.writing(app):
        schedules.put(actor=cast.ann, cron="0 6 * * *", zone="UTC")
    with app.app_context():
        assert list(products()) == [Finding(OK, "0 of 1 schedules failed the last time")]
    with factories.writing(app):
        db.session.get_one(ProductSchedule, cast.ann.organization_id).failures = 2
    with app.app_context():
        [found] = products()
    assert (found.level, found.text[:15]) == (WARN, "1 of 1 schedule")
