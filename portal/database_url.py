"""Turns DATABASE_URL as an operator writes it into SQLAlchemy's URL and engine options."""

from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import urlsplit

from portal import variables
from portal.errors import ConfigError

_POOLER = "pgbouncer"
# Session settings that our statements rely on. PgBouncer shares a few sessions among all
# clients and accepts none of them: there the role has them (docs/deploy.md).
SESSION_SETTINGS = {
    # A hanging statement must not block its thread.
    "statement_timeout": "15s",
    "plan_cache_mode": "force_custom_plan",
    # Dates and time stamps must not depend on the server's own zone.
    "timezone": "UTC",
    # The default of 4 is for rotating disks: with it a search for a rare word scans the tickets
    # in order instead of fetching the few matches.
    "random_page_cost": "1.1",
}


class DatabaseUrl(NamedTuple):
    """`pooled`: PgBouncer stands in between, in transaction mode."""

    url: str
    options: dict[str, object]
    pooled: bool


def parse(name: str, text: str, *, connections: int, threads: int) -> DatabaseUrl:
    """Parse `text`, the value of the variable `name`. Raises ConfigError.

    `connections` is the size of a process's pool for PostgreSQL, `threads` how many threads may
    query at the same time.
    """
    if text.startswith("postgres://"):
        text = "postgresql://" + text.removeprefix("postgres://")
    if text.startswith("postgresql://"):
        text = "postgresql+psycopg://" + text.removeprefix("postgresql://")
    known = text.startswith(("sqlite:///", "postgresql+psycopg://"))
    if not known or not variables.is_valid_url(text):
        raise ConfigError(f"{name} has to begin with sqlite:/// or postgresql://")
    if text.startswith("sqlite:///"):
        # A connection is an open file, and whoever waits to write holds one.
        return DatabaseUrl(text, _options(keep=10, more=threads), pooled=False)
    url, pooled = _without_pooler(name, text)
    return DatabaseUrl(url, _postgresql(connections, pooled=pooled), pooled=pooled)


def _without_pooler(name: str, text: str) -> tuple[str, bool]:
    """Split off our own parameter `pgbouncer`, which no driver knows; return its value too."""
    plain, _, query = text.partition("?")
    parts = [part.partition("=") for part in query.split("&") if part]
    label = f"{_POOLER} in {name}"
    said = [value for key, _, value in parts if key == _POOLER]
    pooled = any(variables.flag({label: value}, label, default=True) for value in said)
    rest = "&".join("".join(part) for part in parts if part[0] != _POOLER)
    return f"{plain}?{rest}" if rest else plain, pooled


def _options(*, keep: int, more: int) -> dict[str, object]:
    return {
        "pool_size": keep,
        "max_overflow": more,
        "pool_timeout": 10,
        # The connection used last has the warmest caches.
        "pool_use_lifo": True,
        # Errors are logged, and parameters may be user input or hashes.
        "hide_parameters": True,
    }


def _postgresql(connections: int, *, pooled: bool) -> dict[str, object]:
    session: Mapping[str, object] = (
        # A statement prepared in one session does not exist in the next.
        {"prepare_threshold": None}
        if pooled
        else {"options": " ".join(f"-c {name}={value}" for name, value in SESSION_SETTINGS.items())}
    )
    return {
        **_options(keep=connections, more=0),
        # Each statement reads a snapshot of its own, in a transaction or not: a page that only
        # reads saves the two round trips that begin and end one.
        "isolation_level": "AUTOCOMMIT",
        "pool_pre_ping": False,
        "pool_recycle": 1800,
        "connect_args": {
            "connect_timeout": 3,
            # So that a network that swallows everything is noticed within seconds; in milliseconds.
            "tcp_user_timeout": 10_000,
            "keepalives_idle": 60,
            "application_name": "lodge",
            **session,
        },
    }


def server_key(url: str) -> str:
    """Host, port and parameters: equal for two databases that share a server's connections."""
    parts = urlsplit(url)
    return f"{parts.hostname}:{parts.port}?{parts.query}"
