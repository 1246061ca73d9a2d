"""Checks of `flask doctor` on PostgreSQL: session settings and free connections."""

from flask import current_app
from sqlalchemy import text

from portal import database_url
from portal.cli.finding import OK, WARN, Finding, Findings
from portal.extensions import db
from portal.queueing import Enqueuer

_NODES = text(
    "SELECT count(DISTINCT coalesce(host(client_addr), '')) FROM pg_stat_activity "
    "WHERE application_name = 'lodge' AND usename = current_user"
)
_LIMIT = text(
    "SELECT sum(setting::int * CASE name WHEN 'max_connections' THEN 1 ELSE -1 END) "
    "FROM pg_settings WHERE name IN "
    "('max_connections', 'superuser_reserved_connections', 'reserved_connections')"
)


def session_settings() -> Findings:
    """Settings that came with the connection or, through PgBouncer, those of the role."""
    connection = db.session.connection()
    for name, wanted in database_url.SESSION_SETTINGS.items():
        found = connection.scalar(text(f"SHOW {name}"))
        if found != wanted:
            yield Finding(WARN, f"{name} is {found}, not {wanted}: ALTER ROLE, see docs/deploy.md")


def free_connections() -> Findings:
    """Whether all connected nodes could open as many connections as they may.

    PgBouncer lets the others wait, so nothing is checked behind it.
    """
    if "DATABASE_URL" in current_app.config["POOLED_DATABASES"]:
        yield Finding(OK, "connections go through PgBouncer")
        return
    connection = db.session.connection()
    nodes, limit = connection.scalar(_NODES) or 1, connection.scalar(_LIMIT)
    wanted = nodes * _connections_of_a_node() + _workers()
    fits = wanted <= limit
    usage = f"{nodes} node(s) may take {wanted} of {limit} connections"
    yield Finding(OK if fits else WARN, usage if fits else f"{usage}: lower DATABASE_POOL")


def _connections_of_a_node() -> int:
    config = current_app.config
    here = database_url.server_key(config["SQLALCHEMY_DATABASE_URI"])
    pools = [config["SQLALCHEMY_ENGINE_OPTIONS"]]
    pools += [
        bind
        for bind in config["SQLALCHEMY_BINDS"].values()
        if database_url.server_key(bind["url"]) == here
    ]
    connections = sum(pool["pool_size"] + pool["max_overflow"] for pool in pools)
    return int(connections * config["WEB_WORKERS"])


def _workers() -> int:
    """A connection for the job of each worker."""
    enqueuer: Enqueuer = current_app.extensions["lodge.enqueuer"]
    return int(str(enqueuer.health()["workers"]))
