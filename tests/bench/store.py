"""Where the benchmark's databases are kept: built once, copied for each run.

A run files tickets, so it works on copies; the kept ones stay as they were built. They are thrown
away when the schema or the data changes.
"""

import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
from flask import Flask
from rq import Queue, Worker

from portal import config, create_app
from portal.cli import migrations
from portal.extensions import begin_write, db
from portal.models.people import KeyScope, User
from portal.queueing import QUEUE, connect
from portal.services.people import api_keys
from portal.services.statistics import counting
from tests import factories
from tests.bench import data
from tests.servers import create_database, postgres
from tests.waiting import wait_for

KINDS = ("sqlite", "postgresql")
# Enough for the indexes of a million tickets; commits wait for the disk, as in real life.
CLUSTER = {
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "shared_buffers": "1GB",
    "max_wal_size": "4GB",
    # PostgreSQL's own choice of a plan must not wait for the next visit of the vacuum cleaner.
    "autovacuum": "off",
}


# Tickets in one transaction: days that lie close together share rows.
_COUNTED = 10_000


def default_folder() -> Path:
    """A folder that PostgreSQL's own user can reach, which a home folder is not."""
    return Path(tempfile.gettempdir()) / f"lodge-bench-{os.getuid()}"


def settings(database_url: str, folder: Path, redis_url: str) -> dict[str, str]:
    """The environment of an application on that database."""
    return {
        "SECRET_KEY": "only-for-the-benchmark",
        "ENCRYPTION_MASTER_KEY": "bG9kZ2UtYmVuY2gtbG9kZ2UtYmVuY2gtbG9kZ2UtMDE=",
        "BASE_URL": "http://127.0.0.1",
        "DATA_DIR": str(folder),
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "RATELIMIT_ENABLED": "0",
        "LOG_LEVEL": "ERROR",
    }


@contextmanager
def sqlite_databases(folder: Path, sizes: list[int], scratch: Path) -> Iterator[dict[int, str]]:
    """Number of tickets → URL of a copy in `scratch`."""
    kept = _kept(folder, "sqlite")
    urls = {}
    for size in sizes:
        original = kept / f"{size}.sqlite3"
        if not original.exists():
            building = kept / "building.sqlite3"
            for leftover in kept.glob("building*"):
                leftover.unlink()
            _build(f"sqlite:///{building}", size, scratch)
            building.rename(original)
        copy = scratch / f"{size}.sqlite3"
        shutil.copyfile(original, copy)
        urls[size] = f"sqlite:///{copy}"
    yield urls


@contextmanager
def postgresql_databases(folder: Path, sizes: list[int], scratch: Path) -> Iterator[dict[int, str]]:
    """Number of tickets → URL of a copy in a cluster that is up as long as the block."""
    with (
        postgres(keep=_kept(folder, "postgresql"), **CLUSTER) as address,
        psycopg.connect(address.format(name="postgres"), autocommit=True) as admin,
    ):
        names = {row[0] for row in admin.execute("SELECT datname FROM pg_database")}
        for size in sizes:
            if f"tickets_{size}" not in names:
                admin.execute("DROP DATABASE IF EXISTS building")
                _build(create_database(address, "building"), size, scratch)
                admin.execute(f"ALTER DATABASE building RENAME TO tickets_{size}")
            admin.execute(f"DROP DATABASE IF EXISTS run_{size}")
            admin.execute(f"CREATE DATABASE run_{size} TEMPLATE tickets_{size}")
        yield {size: address.format(name=f"run_{size}") for size in sizes}
        for size in sizes:
            admin.execute(f"DROP DATABASE run_{size} WITH (FORCE)")


@contextmanager
def empty_database(kind: str, folder: Path) -> Iterator[str]:
    """The URL of one without a schema, in `folder`, whose commits wait for the disk."""
    if kind == "sqlite":
        yield f"sqlite:///{folder}/lodge.sqlite3"
        return
    kept = folder / "postgresql"
    kept.mkdir()
    with postgres(keep=kept, **CLUSTER) as address:
        yield create_database(address, "bench")


def wait_for_workers(url: str, workers: int) -> None:
    """Wait until so many wait for jobs of the queue server at `url`."""
    with connect(url, timeout=60) as client:
        queue = Queue(QUEUE, connection=client)
        wait_for(lambda: Worker.count(queue=queue) == workers, "at work")


def cluster_socket(url: str) -> Path:
    """The folder with a cluster's socket and log, from the URL of one of its databases."""
    return Path(urlsplit(url).query.removeprefix("host="))


def application(environment: dict[str, str]) -> Flask:
    """Lodge in this process."""
    return create_app(config.load(environment))


def keys(app: Flask, people: Iterable[str]) -> dict[str, str]:
    """Address → a new API key of that person."""
    made = {}
    with factories.writing(app):
        for email in people:
            user = db.session.scalars(db.select(User).where(User.email == email)).one()
            _, made[email] = api_keys.create(
                actor=factories.actor(user),
                user=user,
                name="Benchmark",
                scope=KeyScope.WRITE,
                days=None,
            )
    return made


def _build(url: str, size: int, scratch: Path) -> None:
    print(f"building {size:,} tickets in {url.partition(':')[0]} (once)", flush=True)
    app = application(settings(url, scratch, "unix:///nowhere.sock?db=0"))
    with app.app_context():
        migrations.upgrade(app)
        data.build(db.engine, size)
        _count()
        db.engine.dispose()


def _count() -> None:
    """Count all tickets into the statistics, as the sweeps would."""
    is_left = True
    while is_left:
        begin_write()
        is_left = counting.count_some(_COUNTED)
        db.session.commit()


def _kept(folder: Path, kind: str) -> Path:
    """The folder for what is built from today's schema and data; what was built before goes."""
    folder.mkdir(mode=0o711, exist_ok=True)
    if folder.stat().st_uid != os.getuid():
        raise RuntimeError(f"{folder} belongs to somebody else: name another one with --keep")
    kept = folder / f"{kind}-{_fingerprint()}"
    for old in folder.glob(f"{kind}-*"):
        if old != kept:
            shutil.rmtree(old)
    kept.mkdir(exist_ok=True)
    return kept


def _fingerprint() -> str:
    here = Path(__file__).parent
    sources = [
        here / "bulk.py",
        here / "data.py",
        here / "search_index.py",
        here / "words.py",
        *config.ROOT.glob("migrations/versions/*.py"),
    ]
    return hashlib.sha256(b"".join(path.read_bytes() for path in sorted(sources))).hexdigest()[:12]
