"""A command that loses data names what goes and asks; one that has no use here is refused."""

import os
import pty
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import click
import pytest
from click.testing import Result
from flask import Flask
from flask.cli import FlaskGroup, ScriptInfo
from sqlalchemy import text

from portal import schema
from portal.cli import migrations
from portal.cli.backups import data_loss
from portal.extensions import begin_maintenance_write, begin_write, db, limiter
from portal.models.delivery import Outbox, OutboxState
from portal.models.tickets import Ticket
from portal.queries.operations import read_only
from portal.services.delivery.outbox import Mail, schedule_mails
from portal.services.operations import read_only as services
from portal.services.tickets import tickets
from portal.storage import open_storage
from tests import factories
from tests.cast import Cast, make_cast
from tests.conftest import MakeApp
from tests.databases import AnotherDatabase, Cluster, Database, copy


def root(app: Flask) -> FlaskGroup:
    """`flask --app wsgi`, as operators have it."""
    migrations.attach(app)
    return FlaskGroup(create_app=lambda: app)


def run(app: Flask, *words: str, typed: str = "", debug: bool = False) -> Result:
    runner = app.test_cli_runner(env={"FLASK_DEBUG": "1" if debug else "0"})
    return runner.invoke(root(app), [*words], input=typed)


@pytest.fixture
def commands(app: Flask) -> dict[str, click.Command]:
    """Every command by the words that lead to it."""
    with click.Context(root(app), obj=ScriptInfo(create_app=lambda: app)) as context:
        return dict(leaves(root(app), context))


def leaves(
    group: click.Group, context: click.Context, before: str = ""
) -> Iterator[tuple[str, click.Command]]:
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if isinstance(command, click.Group):
            yield from leaves(command, context, f"{before}{name} ")
        elif command is not None:
            yield f"{before}{name}", command


def test_of_every_command_is_said_whether_it_loses_data(commands: dict[str, click.Command]) -> None:
    said = {*data_loss.LOSES, *data_loss.FOR_DEVELOPMENT, *data_loss.HARMLESS}
    assert commands.keys() == said
    assert not data_loss.HARMLESS.keys() & {*data_loss.LOSES, *data_loss.FOR_DEVELOPMENT}


def test_those_that_lose_data_can_be_told_yes_and_no_other_can(
    commands: dict[str, click.Command],
) -> None:
    told = {way for way, known in commands.items() if any(p.name == "yes" for p in known.params)}
    assert told == data_loss.LOSES.keys()


@dataclass
class Scene:
    """A command about to lose something: what it has to name, and whether that is still there."""

    app: Flask
    words: tuple[str, ...]
    named: str
    is_there: Callable[[], bool]

    def run(self, *more: str, typed: str = "") -> Result:
        debug = " ".join(self.words).startswith(tuple(data_loss.FOR_DEVELOPMENT))
        return run(self.app, *self.words, *more, typed=typed, debug=debug)


Prepare = Callable[[], Scene]


@pytest.fixture
def restore(app: Flask, cast: Cast, tmp_path: Path) -> Prepare:
    def subjects() -> list[str]:
        with app.app_context():
            return list(db.session.scalars(db.select(Ticket.subject)))

    def prepare() -> Scene:
        target = str(tmp_path / "monday")
        assert run(app, "backup", target).exit_code == 0
        factories.file_ticket(app, cast.ann, "Later")
        words = ("restore", target, "--replace")
        return Scene(
            app, words, "1 ticket(s), 1 message(s), 6 account(s)", lambda: "Later" in subjects()
        )

    return prepare


@pytest.fixture
def claim_files(app: Flask, another_app: MakeApp, tmp_path: Path) -> Prepare:
    def prepare() -> Scene:
        url = f"file://{tmp_path}/theirs"
        store = open_storage(url)
        store.put(BytesIO(b"theirs"), limit=10)
        store.claim("f" * 32)
        other = another_app(FILES_URL=url)
        return Scene(other, ("claim-files",), url, lambda: store.owner() == "f" * 32)

    return prepare


@pytest.fixture
def drop(app: Flask) -> Prepare:
    def states() -> list[str]:
        with app.app_context():
            return list(db.session.scalars(db.select(Outbox.state)))

    def prepare() -> Scene:
        with factories.writing(app):
            schedule_mails(Mail(template="already_registered", recipient="ann@example.com"))
            db.session.execute(db.update(Outbox).values(state=OutboxState.PARKED))
        words = ("outbox", "drop", "1")
        return Scene(app, words, "mail 1 to ann@example.com", lambda: states() == ["parked"])

    return prepare


@pytest.fixture
def leave(app: Flask) -> Prepare:
    """A desk that was moved elsewhere: what would be lost is that nobody writes to it."""

    def is_left() -> bool:
        with app.app_context():
            return read_only.current() is not None

    def prepare() -> Scene:
        with app.app_context():
            begin_maintenance_write()
            services.begin(None)
            services.note_move("postgresql://db.example/lodge")
            db.session.commit()
        words = ("read-only", "off")
        return Scene(app, words, "moved to postgresql://db.example/lodge", is_left)

    return prepare


@pytest.fixture(scope="module")
def ratings(migrated_database: AnotherDatabase, make_app: MakeApp) -> Iterator[Database]:
    """A database with ratings, to be copied."""
    with migrated_database() as made:
        kept = dict(vars(limiter))
        app = make_app(DATABASE_URL=made.url)
        vars(limiter).update(kept)
        cast = make_cast(app)
        with factories.writing(app):
            for _ in range(30):
                tickets.file(actor=cast.ann, subject="Cold", message="It is.")
            rated = "UPDATE tickets SET rating = 'good', rating_comment = 'Quick.'"
            db.session.execute(text(rated))
        with app.app_context():
            db.engine.dispose()
        yield made


@pytest.fixture
def rated(
    another_app: MakeApp, ratings: Database, cluster: Cluster, tmp_path: Path
) -> Iterator[Flask]:
    """A developer's desk with ratings."""
    with copy(ratings, cluster) as made:
        yield another_app(DATABASE_URL=made.url, FILES_URL=f"file://{tmp_path}/files")


@pytest.fixture
def downgrade(rated: Flask) -> Prepare:
    def has_ratings() -> bool:
        with rated.app_context():
            columns = {column["name"] for column in db.inspect(db.engine).get_columns("tickets")}
            return "rating" in columns and bool(
                db.session.scalar(text("SELECT count(rating) FROM tickets"))
            )

    def prepare() -> Scene:
        words = ("db", "downgrade", "0008")
        return Scene(rated, words, "the column tickets.rating with 30 value(s)", has_ratings)

    return prepare


FIXTURES = {
    "restore": "restore",
    "claim-files": "claim_files",
    "outbox drop": "drop",
    "read-only off": "leave",
    "db downgrade": "downgrade",
}


def test_every_command_that_loses_data_is_tried_here() -> None:
    assert FIXTURES.keys() == data_loss.LOSES.keys()


@pytest.fixture(params=FIXTURES)
def scene(request: pytest.FixtureRequest, lodge: object) -> Scene:
    prepare: Prepare = request.getfixturevalue(FIXTURES[request.param])
    return prepare()


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(data_loss, "at_terminal", lambda: True)


def test_without_a_terminal_nothing_is_lost_and_one_line_names_it(scene: Scene) -> None:
    result = scene.run()
    said = result.stderr.splitlines()[-1]
    assert result.exit_code == 1
    assert scene.named in said
    assert "say --yes" in said
    assert "Traceback" not in result.output
    assert scene.is_there()


@pytest.mark.usefixtures("terminal")
def test_at_a_terminal_the_desk_s_name_alone_is_yes(scene: Scene) -> None:
    for typed in ("\n", "yes\n", "other.example.com\n", ""):
        result = scene.run(typed=typed)
        assert result.exit_code == 1
        assert scene.named in result.stderr
        assert scene.is_there()
    result = scene.run(typed="localhost\n")
    assert result.exit_code == 0, result.output
    assert not scene.is_there()


def test_a_script_says_yes_and_what_goes_is_named_all_the_same(scene: Scene) -> None:
    result = scene.run("--yes")
    assert result.exit_code == 0, result.output
    assert scene.named in result.stderr
    assert not scene.is_there()


def test_somebody_can_be_asked_at_a_terminal_and_not_by_a_pipe(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ends = [*pty.openpty(), *os.pipe()]
    try:
        for end, is_one in ((ends[1], True), (ends[2], False)):
            with os.fdopen(os.dup(end)) as stream, monkeypatch.context() as patch:
                patch.setattr("sys.stdin", stream)
                assert data_loss.at_terminal() is is_one
    finally:
        for end in ends:
            os.close(end)


def test_in_production_what_is_for_development_is_refused_whatever_is_said(rated: Flask) -> None:
    for way in data_loss.FOR_DEVELOPMENT:
        agreed = ["--yes"] if way in data_loss.LOSES else []
        more = ["0008"] if way in {"db downgrade", "db stamp", "db edit"} else []
        result = run(rated, *way.split(), *more, *agreed)
        assert result.exit_code == 1
        assert f"Error: `{way}` is for development" in result.stderr
        assert result.output.count("\n") == 1
        assert revision(rated) == schema.latest_revision()


def revision(app: Flask) -> str:
    with app.app_context():
        found: str = db.session.scalar(text("SELECT version_num FROM alembic_version"))
        return found


@pytest.mark.usefixtures("terminal")
def test_a_downgrade_names_all_that_goes_and_leaves_it_there(rated: Flask) -> None:
    before = contents(rated)
    said = run(rated, "db", "downgrade", "base", debug=True).stderr.splitlines()
    with rated.app_context():
        everything = set(db.metadata.tables)
    assert {line.split()[2] for line in said if line.startswith("  the table ")} == everything
    assert "  the table tickets with 30 row(s)" in said
    said = run(rated, "db", "downgrade", "0013", debug=True).stderr.splitlines()
    tables = [line.split(" with ")[0] for line in said if line.startswith("  the table ")]
    known = (
        "assistance_acts",
        "learned_features",
        "learned_labels",
        "learned_tickets",
        "learning_progress",
        "model_calls",
        "model_days",
        "model_permissions",
        "unassisted_tickets",
        "unlearned_tickets",
        "blocked_senders",
        "bulk_change_tickets",
        "counting_progress",
        "statistics_cells",
        "ticket_facts",
        "uncounted_tickets",
        "search_names",
        "customer_notes",
        "department_members",
        "departments",
        "drafts",
        "inbound_messages",
        "mail_alarms",
        "mail_trials",
        "returned_mails",
        "mailboxes",
        "mailed_comments",
        "organization_domains",
        "organization_storage",
        "report_subscriptions",
        "stored_shards",
        "ticket_types",
        "ticket_viewers",
        "ticket_participants",
        "ticket_products",
        "desk",
        "mail_server",
        "mail_texts",
        "named_roles",
        "read_only_mode",
        "notifications",
        "pending_attachments",
        "plans",
        "product_schedules",
        "product_stocks",
        "product_syncs",
        "products",
        "saved_replies",
        "saved_views",
        "settings",
        "table_export_schedules",
        "table_exports",
        "scheduled_comments",
        "thumbnails",
        "ticket_reads",
        "unsent_attachments",
    )
    assert sorted(tables) == sorted(f"  the table {name}" for name in known)
    assert "  the column heartbeats.due_at with 0 value(s)" in said
    assert contents(rated) == before


def test_a_downgrade_names_rows_that_the_older_schema_has_no_place_for(
    rated: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(data_loss, "_IN_A_LINE", 1000)  # all that came since is lost as well
    with rated.app_context():
        begin_write()
        row = f"'{'x' * 20}', '2026-01-01 00:00:00'"
        db.session.execute(text(f"INSERT INTO heartbeats (name, beat_at) VALUES ({row})"))
        db.session.commit()
    assert "1 row(s) of heartbeats" in run(rated, "db", "downgrade", "0014", debug=True).stderr


def contents(app: Flask) -> list[object]:
    with app.app_context():
        tables = db.metadata.sorted_tables
        return [tuple(row) for table in tables for row in db.session.execute(db.select(table))]


def test_a_downgrade_to_what_is_not_there_is_one_line(rated: Flask) -> None:
    result = run(rated, "db", "downgrade", "nowhere", debug=True)
    assert (result.exit_code, result.output.count("\n")) == (1, 1)


def test_on_a_newer_schema_old_code_says_so_and_changes_nothing(rated: Flask) -> None:
    with factories.writing(rated):
        db.session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    before = contents(rated)
    for words in ("upgrade", "current", "check", "downgrade --yes", "stamp head", "migrate"):
        result = run(rated, "db", *words.split(), debug=True)
        assert result.exit_code == 1, words
        assert result.output.count("\n") == 1
        told = "Error: the database is newer (its schema is 9999) than this"
        assert result.output.startswith(told)
        assert (revision(rated), contents(rated)) == ("9999", before)


def test_a_database_that_is_away_is_one_line(another_app: MakeApp, app: Flask) -> None:
    away = another_app(DATABASE_URL="postgresql://lodge@127.0.0.1:1/lodge")
    result = run(away, "db", "upgrade")
    assert (result.exit_code, result.output.count("\n")) == (1, 1)
    assert "the database cannot be used" in result.output
