"""Throw-away servers for one run: PostgreSQL and a queue server, each on a private unix socket.

A missing server is an error that says what to install, never a skipped test.
"""

import ctypes
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from itertools import chain
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import psycopg
from redis import Redis
from redis.exceptions import RedisError

from tests.waiting import PATIENCE

_PR_SET_PDEATHSIG = 1
# A part of the name of its socket, no more: it listens to no network.
_POOLER_PORT = 6432
_LIBC = ctypes.CDLL(None, use_errno=True)
_WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
_FIRST = 20_000 + 1_500 * (_WORKER % 8)
# Not always the same first: another run may go on beside this one.
_SKIPPED = os.getpid() % 1_000
_PORTS = chain(range(_FIRST + _SKIPPED, _FIRST + 1_500), range(_FIRST, _FIRST + _SKIPPED))
# What is lost in a crash does not matter here; how long a commit takes does.
_POSTGRES_SETTINGS = {
    "listen_addresses": "",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "shared_buffers": "64MB",
    "max_connections": "300",
    "log_min_messages": "fatal",
}


@contextmanager
def short_folder(prefix: str) -> Iterator[Path]:
    """A new folder, in memory if there is room, with a path short enough for a socket."""
    memory = Path("/dev/shm")  # noqa: S108 - mkdtemp makes a folder of our own in it
    roomy = memory.is_dir() and shutil.disk_usage(memory).free > 1 << 30
    root = memory if roomy and os.access(memory, os.W_OK) else None
    folder = Path(tempfile.mkdtemp(prefix=f"lodge-{prefix}-", dir=root))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def postgres(keep: Path | None = None, **settings: str) -> Iterator[str]:
    """A cluster of its own. Yields a URL in which `{name}` stands for the database's.

    `keep`: a folder in which the data stays, for the next time; else the cluster is fresh, and in
    memory. `settings` are PostgreSQL's own.
    """
    with short_folder("pg") as folder:
        command, user = postgres_command(folder, keep, **settings)
        with running(command, folder, stop=signal.SIGINT, user=user) as process:
            wait(lambda: postgres_answers(folder), process, "PostgreSQL")
            yield postgres_address(folder)


def postgres_command(
    folder: Path, keep: Path | None = None, **settings: str
) -> tuple[list[str | Path], str | None]:
    """How a cluster with its socket in `folder` is started, and as whom. Made when missing."""
    data, user = (keep or folder) / "data", _unprivileged_user()
    for place in {folder, keep or folder}:
        if user is not None:
            shutil.chown(place, user)
    binaries = _postgres_binaries()
    if not data.exists():
        _initialise(binaries, data, folder, user)
    chosen = {**_POSTGRES_SETTINGS, **settings}
    options = [f"--{name}={value}" for name, value in chosen.items()]
    return [binaries / "postgres", "-D", data, "-k", folder, *options], user


def postgres_address(folder: Path) -> str:
    """The URL of the cluster with its socket in `folder`, with `{name}` for the database."""
    return f"postgresql://lodge@/{{name}}?host={folder}"


@contextmanager
def pgbouncer(cluster: str, settings: str) -> Iterator[str]:
    """PgBouncer before the cluster at the URL `cluster`, with its `settings` as lines of its file.

    Yields a URL in which `{name}` stands for the database's.
    """
    binary = shutil.which("pgbouncer") or shutil.which("pgbouncer", path="/usr/sbin")
    if binary is None:
        raise RuntimeError("no PgBouncer: apt-get install pgbouncer")
    with short_folder("pgbouncer") as folder:
        address = f"postgresql://lodge@/{{name}}?host={folder}&port={_POOLER_PORT}"
        file, user = folder / "pgbouncer.ini", _unprivileged_user()
        own = {"unix_socket_dir": folder, "listen_port": _POOLER_PORT, "auth_type": "any"}
        lines = [f"{name} = {value}" for name, value in own.items()]
        host = f"host={parse_qs(urlsplit(cluster).query)['host'][0]} user=lodge"
        file.write_text("\n".join(["[databases]", f"* = {host}", "[pgbouncer]", settings, *lines]))
        if user is not None:
            shutil.chown(folder, user)
        with running([binary, file], folder, stop=signal.SIGINT, user=user) as process:
            wait(lambda: _takes_connections(address.format(name="postgres")), process, "PgBouncer")
            yield address


@contextmanager
def queue_server() -> Iterator[str]:
    """An empty queue server. Yields its URL."""
    with short_folder("queue") as folder:
        command, url = queue_command(folder)
        with running(command, folder, stop=signal.SIGTERM) as process:
            wait(lambda: queue_answers(url), process, "the queue server")
            yield url


def queue_command(folder: Path) -> tuple[list[str | Path], str]:
    """How a queue server in `folder` is started, and its URL."""
    binary = shutil.which("valkey-server") or shutil.which("redis-server")
    if binary is None:
        raise RuntimeError("no queue server on PATH: apt-get install redis-server")
    path = folder / "queue.sock"
    command = [binary, "--port", "0", "--unixsocket", path, "--save", "", "--dir", folder]
    return command, f"unix://{path}?db=0"


def free_port() -> int:
    """A port on loopback that nobody listens on, and that nobody else is given before it is used.

    Those that the kernel gives out by itself lie higher; each worker of a run has its own.
    """
    for port in _PORTS:
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise RuntimeError("no port is free")


def create_database(address: str, name: str, template: str = "template1") -> str:
    """Make a database in the cluster at `address`, like `template`; answers its URL."""
    with psycopg.connect(address.format(name="postgres"), autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    return address.format(name=name)


def _initialise(binaries: Path, data: Path, folder: Path, user: str | None) -> None:
    options = ["-U", "lodge", "-A", "trust", "-E", "UTF8", "--locale", "C.UTF-8", "--no-sync"]
    subprocess.run(
        [binaries / "initdb", "-D", data, *options],
        check=True,
        user=user,
        cwd=folder,
        stdout=subprocess.DEVNULL,
    )


@contextmanager
def running(
    command: list[str | Path],
    folder: Path,
    *,
    stop: signal.Signals,
    user: str | None = None,
    env: dict[str, str] | None = None,
) -> Iterator[subprocess.Popen[bytes]]:
    """`command` until the block ends; what it prints is in the error when it does not start."""
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            command,
            cwd=folder,
            user=user,
            env=env,
            stdout=log,
            stderr=log,
            preexec_fn=_die_with_parent,  # noqa: PLW1509 - the test run starts it from one thread
        )
    try:
        yield process
    except RuntimeError as error:
        raise RuntimeError(f"{error}\n{(folder / 'log').read_text()[-2000:]}") from error
    finally:
        process.send_signal(stop)
        try:
            process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _die_with_parent() -> None:
    """So that a killed test run leaves no server behind."""
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGINT)


def wait(ready: Callable[[], bool], process: subprocess.Popen[bytes], name: str) -> None:
    """Wait until `ready()`. Raises RuntimeError when `process` ends first, or takes too long."""
    deadline = time.monotonic() + PATIENCE
    while not ready():
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"{name} did not start (exit code {process.poll()})")
        time.sleep(0.02)


def postgres_answers(folder: Path) -> bool:
    """Whether the cluster with its socket in `folder` takes connections."""
    return _takes_connections(f"host={folder} user=lodge dbname=postgres")


def _takes_connections(address: str) -> bool:
    try:
        psycopg.connect(address, connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True


def queue_answers(url: str) -> bool:
    """Whether the queue server there takes commands."""
    try:
        with Redis.from_url(url) as client:
            return bool(client.ping())
    except RedisError:
        return False


def _postgres_binaries() -> Path:
    """Debian keeps the servers of each version in a folder of its own, off PATH."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda p: int(p.parts[-3]))
    if found:
        return found[-1].parent
    if on_path := shutil.which("initdb"):
        return Path(on_path).resolve().parent
    raise RuntimeError("no PostgreSQL server: apt-get install postgresql")


def _unprivileged_user() -> str | None:
    """PostgreSQL refuses to run as root, so root lends it a user; others run it as themselves."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name).pw_name
        except KeyError:
            continue
    raise RuntimeError("no unprivileged user for PostgreSQL")
