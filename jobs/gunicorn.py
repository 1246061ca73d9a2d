"""Gunicorn's settings, for `make run` and for production alike: `gunicorn -c jobs/gunicorn.py`.

Gunicorn reads this before there is an application.
"""

import os
import signal
import sys
from pathlib import Path
from typing import Any

wsgi_app = "wsgi:app"
chdir = str(Path(__file__).resolve().parent.parent)
worker_class = "jobs.serving.loop.PatientWorker"
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
    if chdir not in sys.path:
        sys.path.insert(0, chdir)  # as gunicorn does, once it has read this
    from jobs.refusal import said_in_one_line
    from portal import config  # not above: gunicorn has a setting of that name

    with said_in_one_line():
        env = config.environment()
        listen = env.get("LISTEN") or f"127.0.0.1:{env.get('PORT', '8000')}"
        return config.load(env) | {"LISTEN": listen}


_lodge = _settings()
# The supervisor hands over an open socket (`fd://3`): connections wait while the server restarts.
bind, workers = _lodge["LISTEN"], _lodge["WEB_WORKERS"]
threads = _lodge["WEB_THREADS"] + _lodge["WEB_STREAMS"]


def on_starting(server):  # type: ignore[no-untyped-def]
    """Log as everybody else does, make a folder for metrics, load the application.

    All workers are forked from it: one that is started later, between an upgrade of the files and
    the restart, has the same code as the others. Gunicorn's `preload_app` would load it before
    there is the folder.
    """
    from jobs.process import settle
    from jobs.serving import metrics_slots
    from portal import logs

    logs.configure(_lodge["LOG_LEVEL"], _lodge["LOG_FORMAT"])
    logs.adopt(server.log.error_log)
    server.handle_hup = lambda: _end_instead_of_reload(server)
    metrics_slots.open_folder()
    try:
        app = server.app.wsgi()
        if _lodge["DEMO"]:
            from jobs.launcher.prepare import prepare

            prepare(app)
        else:
            from jobs.first_start import say_how_to_set_up

            say_how_to_set_up(app)
    except BaseException:
        metrics_slots.close_folder()
        raise
    settle()


def _end_instead_of_reload(server: Any) -> None:
    """The master has the code that it was started with: what it reloaded would be old and new."""
    server.log.error("there is no reload: ending, to be started again (systemctl restart)")
    server.handle_term()


def post_fork(server, worker):  # type: ignore[no-untyped-def]  # noqa: ARG001
    """End with the master: a worker left alone would keep answering with old code."""
    from jobs.process import die_with_parent
    from jobs.serving import metrics_slots

    die_with_parent(signal.SIGKILL, server.pid)
    metrics_slots.take_slot()


def child_exit(server, worker):  # type: ignore[no-untyped-def]  # noqa: ARG001
    """Its slot is free; what it counted stays."""
    from jobs.serving import metrics_slots

    metrics_slots.remove_gauges_of_dead()


def on_exit(server):  # type: ignore[no-untyped-def]  # noqa: ARG001
    """Leave nothing behind in memory."""
    from jobs.serving import metrics_slots

    metrics_slots.close_folder()
