import re
from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy.exc import OperationalError

from portal.errors import CallsUsedUp, DomainError, ModelBudgetSpent, ProofNeeded
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


def kinds(kind: type[DomainError] = DomainError) -> Iterator[type[DomainError]]:
    for one in kind.__subclasses__():
        yield one
        yield from kinds(one)


def raised(kind: type[DomainError]) -> DomainError:
    details: dict[type[DomainError], dict[str, int]] = {
        CallsUsedUp: {"calls": 1, "retry_after": 60},
        ModelBudgetSpent: {"retry_after": 60},
        ProofNeeded: {"max_age": 600},
    }
    return kind(**details.get(kind, {}))


@pytest.mark.parametrize("kind", [*kinds()], ids=lambda kind: kind.code)
def test_a_domain_error_says_what_is_answered_to_it(kind: type[DomainError]):
    assert {"code", "status"} <= vars(kind).keys()
    assert kind.sentence or kind.detail
    assert kind.status in errors.PAGES or problems.STATUS_TEXTS[kind.status].title


def test_no_two_domain_errors_have_one_code():
    codes = [kind.code for kind in kinds()]
    assert len(set(codes)) == len(codes)


def test_pages_and_programs_are_told_what_a_domain_error_says(make_app: MakeApp):
    app = make_app()
    by_code = {kind.code: kind for kind in kinds()}

    def fail(code: str) -> str:
        raise raised(by_code[code])

    app.add_url_rule("/fail/<code>", "fail", fail)
    app.add_url_rule("/api/v1/fail/<code>", "fail_in_the_api", fail)
    for code, kind in by_code.items():
        problem = app.test_client().get(f"/api/v1/fail/{code}", headers={"Accept-Language": "en"})
        assert (problem.status_code, problem.json["code"]) == (kind.status, code)
        assert problem.json["detail"] == (kind.detail or kind.sentence)
        assert problem.headers.get("Retry-After", "0") == str(raised(kind).retry_after)
        assert kind.challenge in problem.headers.get("WWW-Authenticate", "")
        if kind.status in errors.PAGES and kind is not ProofNeeded:  # which leads to a page
            page = Visitor(app).get(f"/fail/{code}", status=kind.status)
            assert (kind.sentence or str(errors.PAGES[kind.status][1])) in page.words


def test_who_is_signed_in_keeps_navigation_and_search(client: Visitor, cast: Cast):
    page = client.sign_in(cast.sam).get("/tickets/REQ999999", status=404)
    assert page.one("nav", class_="ways")
    assert page.one("form", id="find")
    assert page.one("main").one("div", class_="card").one("h1").text


def test_a_stranger_and_a_broken_server_have_a_plain_page(client: Visitor, broken: Visitor):
    assert not client.get("/nothing", status=404).all("nav", class_="ways")
    assert not broken.get("/fail/database", status=503).all("nav", class_="ways")
