"""Gunicorn's settings, for `make run` and for production alike: `gunicorn -c jobs/gunicorn.py`.

Gunicorn reads this before there is an application, and again at each reload.
"""

import os
import signal
import sys
from pathlib import Path
from typing import Any

wsgi_app = "wsgi:app"
chdir = str(Path(__file__).resolve().parent.parent)
worker_class = "jobs.web_worker.Worker"
timeout = 60
graceful_timeout = 8
# Longer than proxies keep a connection without a request: one that ends it itself loses no request.
keepalive = 75
# A process may have 1,024 files open where nothing else is said, and needs some for itself.
worker_connections = 500
# A unix socket is for its group: whoever speaks to us past the proxy can name any client's address.
umask = 0o117
# Heartbeats are files; a slow disk must not look like a dead worker.
worker_tmp_dir = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # noqa: S108
control_socket_disable = True
# Whom to believe about the client's address is TRUSTED_PROXIES' business alone.
forwarded_allow_ips = ""
loglevel = "warning"


def _settings() -> dict[str, Any]:
    """All settings. A worker that ended by a wrong one would be started again for ever."""
    if chdir not in sys.path:
        sys.path.insert(0, chdir)  # as gunicorn does, once it has read this
    _forget_our_code()
    from jobs.refusal import refuse
    from portal import config  # not above: gunicorn has a setting of that name
    from portal.errors import ConfigError

    try:
        env = config.environment()
        listen = env.get("LISTEN") or f"127.0.0.1:{env.get('PORT', '8000')}"
        return config.load(env) | {"LISTEN": listen}
    except ConfigError as error:
        refuse(error)


def _forget_our_code() -> None:
    """Let what is imported from now on come from the files as they are now.

    The master lives through upgrades. Whom it forks would have the parts that it imported itself
    as they were when it was started, beside all others as they are.
    """
    for name in list(sys.modules):
        if name.partition(".")[0] in {"portal", "jobs"}:
            del sys.modules[name]


_lodge = _settings()
# The supervisor hands over an open socket (`fd://3`): connections wait while the server restarts.
bind, workers, threads = (_lodge[name] for name in ("LISTEN", "WEB_WORKERS", "WEB_THREADS"))


def post_fork(server, worker):  # type: ignore[no-untyped-def]  # noqa: ARG001
    """End with the master: a worker left alone would keep answering with old code."""
    _forget_our_code()
    from jobs import metrics_slots
    from jobs.process import die_with_parent

    die_with_parent(signal.SIGKILL, server.pid)
    metrics_slots.take_slot()


def post_worker_init(worker):  # type: ignore[no-untyped-def]
    """The application is loaded: give back what loading left over, and wait to be let in."""
    from jobs.process import settle
    from jobs.web_worker import report_ready

    settle()
    if gate := os.environ.get("LODGE_GATE_FD"):
        os.read(int(gate), 1)  # ends when the supervisor closes its side: the database is ready
    report_ready(worker.age)


def on_starting(server):  # type: ignore[no-untyped-def]
    """Log as everybody else does, and make room for figures."""
    from jobs import metrics_slots

    _log_as_we_do(server)
    metrics_slots.open_folder()


def on_reload(server):  # type: ignore[no-untyped-def]
    """Remember who is to be replaced. Gunicorn has gone back to its own way of logging."""
    from jobs.web_worker import begin_reload

    _log_as_we_do(server)
    begin_reload(server.worker_age)


def _log_as_we_do(server: Any) -> None:
    from portal import logs

    logs.configure(_lodge["LOG_LEVEL"], _lodge["LOG_FORMAT"])
    logs.adopt(server.log.error_log)


def child_exit(server, worker):  # type: ignore[no-untyped-def]  # noqa: ARG001
    """What a worker had in hand is nobody's now."""
    from jobs import metrics_slots

    metrics_slots.forget_dead()


def on_exit(server):  # type: ignore[no-untyped-def]  # noqa: ARG001
    """Leave nothing behind in memory."""
    from jobs import metrics_slots

    metrics_slots.close_folder()
