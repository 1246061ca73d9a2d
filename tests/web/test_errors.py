import re

import pytest
from flask import Flask
from sqlalchemy.exc import OperationalError

from portal.extensions import db
from portal.web import errors, problems
from tests.cast import Cast
from tests.conftest import MakeApp
from tests.page import Visitor


@pytest.fixture
def broken(make_app) -> Visitor:
    """An application with routes that fail in different ways."""
    app: Flask = make_app()

    def fail(kind: str) -> str:
        if kind == "database":
            raise OperationalError("SELECT 1", {}, Exception("connection refused"))
        raise ZeroDivisionError("secret detail")

    app.add_url_rule("/fail/<kind>", "fail", fail)
    app.config["PROPAGATE_EXCEPTIONS"] = False
    return Visitor(app)


def test_an_unexpected_error_is_a_page_with_the_id_that_the_log_has(
    broken: Visitor, caplog: pytest.LogCaptureFixture
):
    page = broken.get("/fail/anything", status=500)
    assert "secret detail" not in page.text
    assert "Traceback" not in page.text
    assert page.headers["X-Request-ID"] in page.words
    assert "ZeroDivisionError" in caplog.text


def test_a_database_that_is_away_is_a_503_to_try_again(broken: Visitor):
    page = broken.get("/fail/database", status=503)
    assert page.headers["Retry-After"] == "5"
    assert "connection refused" not in page.text


def test_who_finds_no_free_connection_is_told_to_try_again(
    client: Visitor, cast: Cast, another_app: MakeApp
) -> None:
    client.sign_in(cast.ann)
    pool = {"pool_size": 1, "max_overflow": 0, "pool_timeout": 0.01}
    app = another_app(flask={"SQLALCHEMY_ENGINE_OPTIONS": pool, "PROPAGATE_EXCEPTIONS": False})
    reader = Visitor(app)
    reader.set_cookie(client.cookie())
    with app.app_context():
        engine = db.engine
    with engine.connect():
        page = reader.get("/tickets/", status=503)
    assert page.headers["Retry-After"] == "5"
    reader.get("/tickets/")


@pytest.mark.parametrize(("path", "method"), [("/tickets/", "get"), ("/tickets/new", "post")])
def test_who_is_signed_in_is_told_so_without_asking_the_database_who_it_is(
    client: Visitor, cast: Cast, another_app, path: str, method: str
):
    client.sign_in(cast.ann)
    away = another_app(
        DATABASE_URL="postgresql://lodge@/lodge?host=/nowhere",
        flask={"PROPAGATE_EXCEPTIONS": False},
    )
    reader = Visitor(away)
    reader.set_cookie(client.cookie())
    page = getattr(reader, method)(path, status=503, headers={"Accept-Language": "ru"})
    assert page.headers["Retry-After"] == "5"
    assert page.one("html")["lang"] == "ru"


def test_htmx_gets_a_fragment_and_others_a_page(client: Visitor):
    assert client.get("/nothing", status=404).all("html")
    assert not client.get("/nothing", status=404, htmx=True).all("html")


def test_errors_speak_the_readers_language(client: Visitor):
    page = client.get("/nothing", status=404, headers={"Accept-Language": "ru"})
    assert re.search("[а-яё]{4}", page.words)
    assert page.one("html")["lang"] == "ru"


def test_a_wrong_method_is_told_so(client: Visitor, cast: Cast):
    page = client.sign_in(cast.ann).get("/language", status=405)
    assert "POST" in page.headers["Allow"]


def test_every_domain_error_has_an_answer():
    from portal.errors import DomainError

    for kind in DomainError.__subclasses__():
        as_page = {*errors.TITLES} & {*errors.MESSAGES}
        assert errors.STATUS[kind] in as_page | {*problems.TITLES}
        assert kind.code in {*problems.DETAILS} | {*errors.SENTENCES}
