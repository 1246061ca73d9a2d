"""Fixtures for every test: databases, queue server, application, client, cast.

Route tests take `client` and never hold an application context: a context held by a test is
shared with its requests, and a route that forgot to commit would still look right. Tests of
services and queries take `context`, which holds one. The two do not go together.
"""

import atexit
import gc
import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from flask import Flask
from flask.ctx import AppContext
from hypothesis.internal.conjecture import providers
from jinja2 import FileSystemBytecodeCache
from redis import Redis

from portal import config, create_app
from portal.cli import migrations
from portal.extensions import db, limiter
from portal.queueing import Enqueuer
from tests import servers
from tests.bare_app import ENVIRONMENT, bare_app
from tests.cast import Cast, make_cast
from tests.databases import (
    NAMES,
    AnotherDatabase,
    Cleaner,
    Cluster,
    Database,
    copy,
    create,
    database_of,
    names_for,
)
from tests.mailbox import Mailbox
from tests.page import Visitor
from tests.stages import broad, quarantine, slow_files
from tests.waiting import PATIENCE

MakeApp = Callable[..., Flask]
Migrated = tuple[Flask, Database]
# The same examples in each run: what fails has to fail for whoever caused it.
hypothesis.settings.register_profile("lodge", derandomize=True, database=None, deadline=None)
hypothesis.settings.load_profile("lodge")
# Else it would choose from the constants of whatever of ours this worker has imported so far.
pytest.MonkeyPatch().setattr(providers, "_get_local_constants", providers.Constants)


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--every-database`: where one database is enough, both are taken none the less.

    `--only-database NAME`: nothing is run on the other.
    `--first-values`: of each test with values only the first; what one runs before a commit.
    """
    parser.addoption("--every-database", action="store_true", help="run every test on both")
    parser.addoption("--only-database", choices=NAMES, help="run no test on the other")
    parser.addoption("--first-values", action="store_true", help="of its values each test's first")


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Of slow tests alone, only the files that may hold one."""
    asked = config.option.markexpr == "slow" and collection_path.name.startswith("test_")
    return True if asked and not slow_files.may_hold(collection_path) else None


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test on the databases that are for it; one that names its own has only that."""
    marks = metafunc.definition.iter_markers("parametrize")
    if "database" in metafunc.fixturenames and not any(
        "database" in mark.args[0] for mark in marks
    ):
        every = metafunc.config.getoption("every_database")
        names = names_for(metafunc.definition, every=every)
        metafunc.parametrize("database", names, indirect=True, scope="session")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the other database, and other values; let tests in quarantine fail."""
    slow_files.check(items)
    broad.mark(items)
    if only := config.getoption("only_database"):
        _keep(config, items, (item for item in items if database_of(item) in {None, only}))
    if config.getoption("first_values"):
        first = {item.nodeid.partition("[")[0]: item for item in reversed(items)}
        _keep(config, items, first.values())
    quarantine.excuse(items, quarantine.read(quarantine.FILE.read_text("utf-8")))


def _keep(config: pytest.Config, items: list[pytest.Item], kept: Iterable[pytest.Item]) -> None:
    """Only those, in the order in which they are."""
    chosen = set(kept)
    config.hook.pytest_deselected(items=[item for item in items if item not in chosen])
    items[:] = [item for item in items if item in chosen]


# Thousands of tests are collected, and stay until the end: nothing of that has to be looked at for
# garbage, neither while they come nor with each test.
gc.disable()


@pytest.hookimpl(trylast=True)
def pytest_collection_finish() -> None:
    """Look for garbage in what comes from now on."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 10, 10)
    gc.enable()


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """A PostgreSQL cluster of this run's own: `create_database(postgres, name)` adds to it."""
    with servers.postgres() as address:
        yield address


@pytest.fixture(scope="session")
def queue_url() -> Iterator[str]:
    """A real queue server; emptied before each test that takes `app`."""
    with servers.queue_server() as url:
        yield url


@pytest.fixture(scope="session")
def queue(queue_url: str) -> Iterator[Redis]:
    """A client of the queue server, for looking into it."""
    with Redis.from_url(queue_url) as client:
        yield client


@pytest.fixture(scope="session")
def database(request: pytest.FixtureRequest, cluster: Cluster) -> Iterator[Database]:
    """One database for the run, of each kind in turn. Its schema comes with `lodge`."""
    with create(request.param, cluster) as made:
        yield made


@pytest.fixture(scope="session")
def cluster(request: pytest.FixtureRequest) -> Cluster:
    """`postgres`, started when somebody asks for it."""
    return lambda: str(request.getfixturevalue("postgres"))


@pytest.fixture(scope="session")
def another_database(database: Database, cluster: Cluster) -> AnotherDatabase:
    """`with another_database() as …`: a new database of the same kind, without a schema."""
    return lambda: create(database.name, cluster)


@pytest.fixture
def empty_database(another_database: AnotherDatabase) -> Iterator[Database]:
    """One of them: for migrations and operator's commands."""
    with another_database() as made:
        yield made


@pytest.fixture(scope="session")
def data_dir() -> Iterator[Path]:
    """DATA_DIR of the run's application."""
    with servers.short_folder("data") as folder:
        yield folder


@pytest.fixture(scope="session")
def settings(database: Database, queue_url: str, data_dir: Path) -> dict[str, str]:
    """The environment that the run's application is made from."""
    return {
        **ENVIRONMENT,
        "DATA_DIR": str(data_dir),
        "DATABASE_URL": database.url,
        "REDIS_URL": queue_url,
        "LOG_LEVEL": "WARNING",
    }


@pytest.fixture(scope="session", autouse=True)
def compiled_templates(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Each template is compiled once in a run, for all applications of all of its workers."""
    folder = tmp_path_factory.getbasetemp()
    shared = (folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder) / "templates"
    shared.mkdir(exist_ok=True)
    cache = {"bytecode_cache": FileSystemBytecodeCache(str(shared))}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Flask, "jinja_options", {**Flask.jinja_options, **cache})
        yield


@pytest.fixture(scope="session")
def make_app(settings: dict[str, str]) -> Iterator[MakeApp]:
    """`make_app(BASE_URL="https://…", BCRYPT_ROUNDS=5)`: another application on this database.

    Names in capitals that the environment knows go through it; others are Flask's own.
    """

    made = []

    def make(*, flask: dict[str, Any] | None = None, **environment: str) -> Flask:
        loaded = config.load({**settings, **environment})
        tests = {
            "TESTING": True,
            "BCRYPT_ROUNDS": 4,
            "API_LOG_SECONDS": 3600.0,
            # A queue server that a busy machine keeps from answering for a moment is not away.
            "RATELIMIT_STORAGE_OPTIONS": {"socket_timeout": PATIENCE},
            # A client that reads each answer to its end would wait for theirs.
            "WEB_STREAMS": 0,
        }
        app = create_app({**loaded, **tests, **(flask or {})})
        app.extensions["lodge.enqueuer"] = Enqueuer(loaded["REDIS_URL"], timeout=PATIENCE)
        made.append(app)
        return app

    yield make
    for app in made:
        # Its database ends before the process does.
        atexit.unregister(app.extensions["lodge.api_log"].flush)
        with app.app_context():
            for engine in db.engines.values():
                engine.dispose()


@pytest.fixture
def another_app(make_app: MakeApp) -> Iterator[MakeApp]:
    """`make_app`, after which the one limiter belongs to the run's application again."""
    kept = dict(vars(limiter))
    yield make_app
    vars(limiter).update(kept)


@pytest.fixture(scope="session")
def migrated(make_app: MakeApp, database: Database, cluster: Cluster) -> Iterator[Migrated]:
    """The application of the run on one database, migrated once, and a copy of that database."""
    app = make_app()
    with app.app_context():
        migrations.upgrade(app)
        db.engine.dispose()
    with copy(database, cluster) as template:
        yield app, template


@pytest.fixture(scope="session")
def migrated_database(migrated: Migrated, cluster: Cluster) -> AnotherDatabase:
    """`with migrated_database() as …`: a new one of the same kind, with the schema. Takes less time
    than `another_database` and an upgrade."""
    return lambda: copy(migrated[1], cluster)


@pytest.fixture(scope="session")
def lodge(migrated: Migrated) -> tuple[Flask, Cleaner]:
    """The application of the run, and who empties its database."""
    app = migrated[0]
    with app.app_context():
        return app, Cleaner(db.engine, db.metadata)


@pytest.fixture
def app(lodge: tuple[Flask, Cleaner], queue: Redis, data_dir: Path) -> Flask:
    """The application with nothing in its database, queue, mail folder and file store."""
    return _emptied(lodge, queue, data_dir)


@pytest.fixture(scope="module")
def shared_app(lodge: tuple[Flask, Cleaner], queue: Redis, data_dir: Path) -> Flask:
    """`app`, emptied once for a module whose tests only read what a fixture of the module builds.

    That fixture yields inside `tests.databases.unchanged`. Whoever takes `app` there, or what rests
    on it (`cast`, `client`), empties the database for all others.
    """
    return _emptied(lodge, queue, data_dir)


def _emptied(lodge: tuple[Flask, Cleaner], queue: Redis, data_dir: Path) -> Flask:
    application, cleaner = lodge
    recorder = application.extensions["lodge.api_log"]
    recorder.flush()
    recorder._notes.clear()  # those of a desk that was left read-only
    cleaner.clean()
    queue.flushdb()
    for folder in ("outbox", "files"):
        for path in (data_dir / folder).glob("**/*"):
            if path.is_file():
                path.unlink()
    return application


@pytest.fixture
def context(app: Flask) -> Iterator[AppContext]:
    """An application context held for the test: for services, queries and jobs, not for routes."""
    with app.app_context() as held:
        yield held


@pytest.fixture
def bare_context() -> Iterator[AppContext]:
    """A context for rules that store nothing: no database, no queue."""
    with bare_app().app_context() as held:
        yield held


@pytest.fixture
def client(app: Flask) -> Visitor:
    """A browser without JavaScript, signed in as nobody."""
    return Visitor(app)


@pytest.fixture
def visit(app: Flask) -> Callable[[], Visitor]:
    """For tests with several people: each call is another browser."""
    return lambda: Visitor(app)


@pytest.fixture
def cast(app: Flask) -> Cast:
    """Ann, Bob, Carl, Sam, Sue and Ada, in the database."""
    return make_cast(app)


@pytest.fixture
def mail_folder(app: Flask, data_dir: Path) -> Path:
    """Where this test's mails are written."""
    return data_dir / "outbox"


@pytest.fixture
def mailbox(app: Flask, mail_folder: Path) -> Mailbox:
    """The mails of this test: sends what is due, and reads it."""
    return Mailbox(app, mail_folder)
