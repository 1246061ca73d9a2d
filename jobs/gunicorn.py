"""Gunicorn's settings, for `make run` and for production alike: `gunicorn -c jobs/gunicorn.py`.

LISTEN, PORT, WEB_WORKERS and WEB_THREADS are read here, because gunicorn reads this before there
is an application.
"""

import os
import signal
import sys
from pathlib import Path

wsgi_app = "wsgi:app"
chdir = str(Path(__file__).resolve().parent.parent)
worker_class = "jobs.web_worker.Worker"
timeout = 60
graceful_timeout = 8
keepalive = 5
# Heartbeats are files; a slow disk must not look like a dead worker.
worker_tmp_dir = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # noqa: S108
control_socket_disable = True
# Whom to believe about the client's address is TRUSTED_PROXIES' business alone.
forwarded_allow_ips = ""
loglevel = "warning"


def _settings() -> tuple[str, int, int]:
    """Where to listen, processes, threads. Of a wrong one gunicorn would print a traceback."""
    if chdir not in sys.path:
        sys.path.insert(0, chdir)  # as gunicorn does, once it has read this
    from portal import config  # not above: gunicorn has a setting of that name
    from portal.errors import ConfigError

    try:
        env = config.environment()
        wanted = config.web_server(env)
    except ConfigError as error:
        raise SystemExit(f"lodge: {error}") from None
    listen = env.get("LISTEN") or f"127.0.0.1:{env.get('PORT', '8000')}"
    return listen, wanted["WEB_WORKERS"], wanted["WEB_THREADS"]


# The supervisor hands over an open socket (`fd://3`): connections wait while the server restarts.
bind, workers, threads = _settings()


def post_fork(server, worker):  # type: ignore[no-untyped-def]  # noqa: ARG001
    """End with the master: a worker left alone would keep answering with old code."""
    from jobs import figures
    from jobs.process import die_with_parent

    die_with_parent(signal.SIGKILL, server.pid)
    figures.take_slot()


def post_worker_init(worker):  # type: ignore[no-untyped-def]
    """The application is loaded: give back what loading left over, and wait to be let in."""
    from jobs.process import settle
    from jobs.web_worker import report_ready

    settle()
    if gate := os.environ.get("LODGE_GATE_FD"):
        os.read(int(gate), 1)  # ends when the supervisor closes its side: the database is ready
    report_ready(worker.age)


def on_starting(server):  # type: ignore[no-untyped-def]
    """Refuse a wrong setting once: a worker that ended by it would be started again for ever."""
    from portal import config
    from portal.errors import ConfigError

    try:
        settings = config.load()
    except ConfigError as error:
        raise SystemExit(f"lodge: {error}") from None
    from jobs import figures
    from portal import logs

    logs.configure(str(settings["LOG_LEVEL"]), str(settings["LOG_FORMAT"]))
    logs.adopt(server.log.error_log)
    figures.open_folder()


def on_reload(server):  # type: ignore[no-untyped-def]
    """Remember who is to be replaced."""
    from jobs.web_worker import begin_reload

    begin_reload(server.worker_age)


def child_exit(server, worker):  # type: ignore[no-untyped-def]  # noqa: ARG001
    """What a worker had in hand is nobody's now."""
    from jobs import figures

    figures.forget_dead()


def on_exit(server):  # type: ignore[no-untyped-def]  # noqa: ARG001
    """Leave nothing behind in memory."""
    from jobs import figures

    figures.close_folder()
