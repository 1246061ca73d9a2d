"""The desk behind PgBouncer in transaction mode, as docs/deploy.md sets it up: all of it works."""

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path

import psycopg
import pytest
from click import Command
from click.testing import Result
from flask import Flask
from sqlalchemy import delete, select

from portal import database_url
from portal.cli import migrations
from portal.cli.backups.backup import backup
from portal.cli.backups.restore import restore
from portal.cli.doctor import doctor
from portal.extensions import db
from portal.models.delivery import Outbox
from portal.models.operations import HeartbeatName
from portal.models.privacy import PrivacyRequest, PrivacyState
from portal.queries.operations import heartbeats
from tests import factories
from tests.cast import Cast, make_cast
from tests.conftest import MakeApp
from tests.databases import Database
from tests.flows.conftest import DEPLOYING
from tests.flows.consistency import check
from tests.flows.desk import Desk
from tests.flows.desk import desk as make_desk
from tests.flows.http_browser import CastBrowser
from tests.flows.load import load
from tests.flows.request_log import State
from tests.servers import pgbouncer
from tests.waiting import PATIENCE, wait_for
from tests.webhook_receiver import Receiver, receiver
from tests.webhooks import create_webhook

pytestmark = [
    pytest.mark.slow,
    pytest.mark.parametrize("database", ["postgresql"], indirect=True),
]

_PAGES = (
    "/tickets/queue",
    "/tickets/queue?view=all&q=water",
    "/tickets/queue?view=all&status=pending",
    "/admin/",
    "/admin/users",
    "/admin/logs/actions",
    "/admin/logs/api",
    "/account/security",
)
_REQUESTS, _READS = 20, 200


def test_the_guide_gives_the_role_all_that_a_session_is_to_have(database: Database) -> None:
    given = dict(
        re.findall(r"^ALTER ROLE lodge IN DATABASE lodge SET (\w+) = '(.*)';$", DEPLOYING, re.M)
    )
    assert given == database_url.SESSION_SETTINGS


def test_a_day_of_a_desk(
    settings: dict[str, str], another_app: MakeApp, pooled: str, tmp_path: Path
) -> None:
    with receiver() as hook:
        own = {"DATABASE_URL": pooled, "OUTBOUND_ALLOW": f"127.0.0.1:{hook.port}"}
        own["FILES_URL"] = f"file://{tmp_path}/files"
        app = another_app(**own)
        with app.app_context():
            migrations.upgrade(app)
        cast = make_cast(app)
        create_webhook(app, cast.ada, hook.url, desk=True)
        with factories.writing(app):  # the notice of it is none of the load's requests
            db.session.execute(delete(Outbox))
        with make_desk({**settings, **own}, web_workers=2) as desk:
            work_for_a_day(app, desk, cast, hook)


def work_for_a_day(app: Flask, desk: Desk, cast: Cast, hook: Receiver) -> None:
    desk.open()
    with reading(CastBrowser(cast.ada, desk.port)) as reader:
        # Each request owes mail, which takes longer than the request.
        with load(desk.port, cast, pause=0.1) as work:
            work.request_log.wait_for_more(_REQUESTS)
        wait_for(lambda: reader.over or len(reader.statuses) >= _READS, f"{_READS} pages")
    assert set(reader.statuses) == {200}
    assert work.request_log.statuses == {303, 422}
    check(app, desk, work)
    assert work.customers[0].post("/account/privacy/exports", {}).status == 303
    wait_for(lambda: state_of_export(app) == PrivacyState.READY, "a finished export")
    # For each request at least one event is sent.
    hook.wait_for(len(work.request_log.all(State.ACKED)))
    said = (desk.web.said + desk.worker.said).splitlines()
    assert [line for line in said if " ERROR " in line or "psycopg" in line] == []


@dataclass
class Reader:
    """What somebody saw who looked at one page after the other."""

    statuses: list[int] = field(default_factory=list)
    over: bool = False


@contextmanager
def reading(person: CastBrowser) -> Iterator[Reader]:
    """An admin looks at pages until the block ends."""
    person.sign_in()
    reader, end = Reader(), threading.Event()

    def read() -> None:
        try:
            for page in cycle(_PAGES):
                reader.statuses.append(person.get(page).status)
                if end.is_set():
                    return
        finally:
            reader.over = True

    thread = threading.Thread(target=read)
    thread.start()
    try:
        yield reader
    finally:
        end.set()
        thread.join(PATIENCE)
    assert not thread.is_alive()


def state_of_export(app: Flask) -> str:
    with app.app_context():
        return db.session.scalars(select(PrivacyRequest.state)).one()


def test_the_database_s_own_programs_go_past_it(
    another_app: MakeApp, empty_database: Database, pooled: str, tmp_path: Path
) -> None:
    behind, direct = (
        another_app(DATABASE_URL=url, FILES_URL=f"file://{tmp_path}/files")
        for url in (pooled, empty_database.url)
    )
    with behind.app_context():
        migrations.upgrade(behind)
    for command in (backup, restore):
        refused = run(behind, command, str(tmp_path / "copy"))
        assert refused.exit_code == 1
        assert "DATABASE_URL leads to PgBouncer" in refused.output
    assert run(direct, backup, str(tmp_path / "copy")).exit_code == 0
    with behind.app_context():
        assert heartbeats.age(HeartbeatName.BACKUP) is not None
    assert run(direct, restore, str(tmp_path / "copy"), "--replace", "--yes").exit_code == 0


def test_doctor_names_the_settings_that_the_role_does_not_have(
    another_app: MakeApp, postgres: str, empty_database: Database, pooled: str
) -> None:
    app = another_app(DATABASE_URL=pooled)
    with app.app_context():
        migrations.upgrade(app)
    said = run(app, doctor).output
    assert "ALTER ROLE" not in said
    assert "connections go through PgBouncer" in said
    name = pooled.partition("?")[0].rpartition("/")[2]
    with psycopg.connect(empty_database.url, autocommit=True) as connection:
        connection.execute(f"ALTER ROLE lodge IN DATABASE {name} RESET ALL")
    with pgbouncer(postgres, "pool_mode = transaction") as address:
        other = another_app(DATABASE_URL=f"{address.format(name=name)}&pgbouncer=1")
        said = run(other, doctor).output
    named = re.findall(r"^warn +database +(\w+) is \S+, not \S+: ALTER ROLE", said, re.MULTILINE)
    assert set(named) == set(database_url.SESSION_SETTINGS)


def test_doctor_knows_a_pgbouncer_that_the_address_does_not_name(
    another_app: MakeApp, pooled: str
) -> None:
    app = another_app(DATABASE_URL=pooled.removesuffix("&pgbouncer=1"))
    assert "then DATABASE_URL ends in ?pgbouncer=1" in run(app, doctor).output


def run(app: Flask, command: Command, *words: str) -> Result:
    return app.test_cli_runner().invoke(command, words)
