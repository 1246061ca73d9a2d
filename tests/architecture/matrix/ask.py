"""Sends every request as every role, always with the same rows, and tabulates the statuses."""

import atexit
import logging
import re
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

from flask import Flask
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from portal import clock, config, create_app
from portal.cli import migrations
from portal.extensions import db, limiter
from portal.web.operations import health
from tests.architecture.matrix import forms
from tests.architecture.matrix.rows import Rows, rows_of
from tests.architecture.matrix.world import World, build
from tests.bare_app import ENVIRONMENT
from tests.servers import short_folder
from tests.waiting import PATIENCE

TABLE = Path(__file__).with_name("table.txt")
METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE"})
Question = tuple[Rule, str]


@contextmanager
def desk(queue_url: str, database_url: str, **settings: str) -> Iterator[tuple[World, Rows]]:
    """The application on an empty database, with the rows to restore."""
    with (
        short_folder("matrix") as folder,
        served(folder, queue_url, database_url, **settings) as world,
        closing(rows_of(database_url)) as kept,
    ):
        yield world, kept


@contextmanager
def served(folder: Path, queue_url: str, database_url: str, **settings: str) -> Iterator[World]:
    """The application on an empty database.

    Restores afterwards what a process has once: Flask-Limiter's instance, and the level of its log.
    """
    kept, level = dict(vars(limiter)), logging.getLogger().level
    app = _application(folder, queue_url, database_url, **settings)
    try:
        with app.app_context():
            migrations.upgrade(app)
        # However long it takes, nobody is away so long that their next look is written down or that
        # a password is asked for again, and what is there is found.
        with clock.at(clock.now()), patch.object(health, "_TIMEOUT_SECONDS", PATIENCE):
            yield build(app)
    finally:
        # Its database ends before the process does.
        atexit.unregister(app.extensions["lodge.api_log"].flush)
        with app.app_context():
            db.engine.dispose()
        vars(limiter).update(kept)
        logging.getLogger().setLevel(level)


def _application(folder: Path, queue_url: str, database_url: str, **settings: str) -> Flask:
    loaded = config.load(
        {
            **ENVIRONMENT,
            "DATA_DIR": str(folder),
            "DATABASE_URL": database_url,
            "REDIS_URL": queue_url,
            "RATELIMIT_ENABLED": "0",  # a table has more questions than people have hands
            "LOG_LEVEL": "ERROR",
            **settings,
        }
    )
    tests = {"TESTING": True, "BCRYPT_ROUNDS": 4, "WEB_STREAMS": 0, "API_LOG_SECONDS": 3600.0}
    return create_app({**loaded, **tests})


def questions(app: Flask) -> list[Question]:
    """(rule, method) of all routes but the API's, sorted by URL."""
    asked = [
        (rule, method)
        for rule in app.url_map.iter_rules()
        for method in METHODS & (rule.methods or set())
        if not rule.rule.startswith("/api/")
    ]
    return sorted(asked, key=lambda question: (address(question[0]), question[1]))


def address(rule: Rule) -> str:
    """The rule without converters: `/tickets/<number>`."""
    return re.sub(r"<[^<>]*:(\w+)>", r"<\1>", rule.rule)


def table(world: World, rows: Rows) -> list[str]:
    """The lines of the table: a header, then one for each route and method."""
    asked = questions(world.app)
    width = max(len(address(rule)) for rule, _method in asked)
    lines = [_line("method", "address", list(world.browsers), width)]
    for rule, method in asked:
        cells = [_cell(world, rows, role, rule, method) for role in world.browsers]
        lines.append(_line(method, address(rule), cells, width))
    return lines


def _line(method: str, where: str, cells: list[str], width: int) -> str:
    return f"{method:7}{where:{width}}" + "".join(f"  {cell:>10}" for cell in cells)


def _cell(world: World, rows: Rows, role: str, rule: Rule, method: str) -> str:
    status, location = ask(world, rows, role, rule, method)
    if status == 303 and location.startswith("/auth/login"):
        return "login" if not location.startswith("/auth/login/code") else "303"
    return "confirm" if location.startswith("/account/confirm") else str(status)


def ask(world: World, rows: Rows, role: str, rule: Rule, method: str) -> tuple[int, str]:
    """Status and Location of one request with valid form data and CSRF token."""
    fields = forms.fields(world, role, rule.endpoint) if method != "GET" else None
    headers = {"X-CSRFToken": world.csrf[role]}
    answer = send(world, rows, role, (rule, method), data=fields, headers=headers)
    return answer.status_code, answer.headers.get("Location", "")


def send(world: World, rows: Rows, role: str, question: Question, **options: Any) -> TestResponse:
    """Send one request with `options`, then restore rows and cookies."""
    rule, method = question
    browser = world.browsers[role]
    cookies = dict(browser.http._cookies or {})
    answer = browser.http.open(path(world, role, rule), method=method, **options)
    browser.http._cookies = cookies
    rows.changed = rows.restore()
    return answer


def path(world: World, role: str, rule: Rule) -> str:
    """The URL, with the rows of `world` for its parameters."""
    values = {name: world.parameter(role, name) for name in rule.arguments}
    values |= world.instead(rule.endpoint)
    if "token" in values:
        values["token"] = world.token(_page_of(world.app, rule))
    built = rule.build(values, append_unknown=False)
    assert built is not None, rule
    return built[1]


def _page_of(app: Flask, rule: Rule) -> str:
    """The endpoint that shows the page of a link: the one that answers GET at its address."""
    return next(
        other.endpoint
        for other in app.url_map.iter_rules()
        if other.rule == rule.rule and "GET" in (other.methods or ())
    )
