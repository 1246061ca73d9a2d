"""What `make run` does to the database before it serves."""

from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import func, select

from jobs.launcher import database as launcher
from portal import config
from portal.errors import ConfigError
from portal.extensions import db
from portal.models.people import User
from portal.models.tickets import Ticket
from tests.conftest import MakeApp
from tests.databases import Database
from tests.servers import free_port

Accounts = dict[str, tuple[str, str]]


@pytest.fixture
def empty(another_app: MakeApp, empty_database: Database) -> Iterator[Flask]:
    """The application of `make run` on a database without a schema."""
    made = another_app(DATABASE_URL=empty_database.url, LODGE_DEMO="1")
    yield made
    with made.app_context():
        db.engine.dispose()


def counted(app: Flask) -> tuple[int | None, int | None]:
    with app.app_context():
        return tuple(db.session.scalar(select(func.count()).select_from(m)) for m in (User, Ticket))


def test_an_empty_database_gets_a_schema_accounts_and_a_demonstration_once(
    empty: Flask, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    # Two hundred tickets have a test of their own.
    monkeypatch.setattr("portal.cli.demo.TICKETS", 2)
    launcher.prepare(empty)
    said = capsys.readouterr().out
    assert said.startswith("Writing the demonstration (once)…\n")
    for email, password in config.DEMO_ACCOUNTS.values():
        assert f"{email} / {password}\n" in said
    people, tickets = counted(empty)
    assert tickets == 2
    launcher.prepare(empty)
    assert "Writing" not in capsys.readouterr().out
    assert counted(empty) == (people, tickets)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_database_that_does_not_answer_is_named(another_app: MakeApp) -> None:
    url = f"postgresql://nobody@127.0.0.1:{free_port()}/none"
    with pytest.raises(ConfigError, match=r"^the database cannot be used: connection"):
        launcher.prepare(another_app(DATABASE_URL=url))
