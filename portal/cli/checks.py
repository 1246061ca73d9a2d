"""The checks of `flask doctor`. They change nothing."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from flask import current_app
from redis.exceptions import RedisError
from sqlalchemy import select, text

from portal import clock, mail_words, schema
from portal.cli import (
    assistance_checks,
    background_checks,
    disk_checks,
    mail_in_checks,
    model_checks,
    postgresql_checks,
    product_checks,
)
from portal.cli.finding import FAIL, OK, WARN, Finding, Findings, duration_text
from portal.cli.moving import read_only
from portal.errors import NotConfigured
from portal.extensions import db, setting
from portal.inbound_url import Listening
from portal.mail_words import OwnText
from portal.models.operations import HeartbeatName
from portal.models.tickets import TicketEvent
from portal.queries.delivery import mail_server, outbox
from portal.queries.operations import action_log, heartbeats, mail_texts
from portal.queries.operations import read_only as read_only_queries
from portal.queries.operations.clock_skew import BAD_SKEW, SKEW, clock_skew
from portal.queueing import Enqueuer, connect
from portal.security import encryption
from portal.services.operations import rotation
from portal.settings import chosen

_SHOWN = 10
_MAIL_LAG = timedelta(minutes=5)


def _settings() -> Findings:
    config = current_app.config
    demo = config["DEMO"]
    secure = config["BASE_URL"].startswith("https://")
    if len(config["SECRET_KEY"]) < 32:
        yield Finding(WARN, "SECRET_KEY is short: openssl rand -hex 32")
    if not secure and not demo:
        yield Finding(WARN, "BASE_URL is not https: passwords cross the network as they are")
    if secure and not config["TRUSTED_PROXIES"]:
        yield Finding(WARN, "TRUSTED_PROXIES is 0: behind a proxy everybody has its address")
    if not config["RATELIMIT_ENABLED"]:
        yield Finding(WARN, "RATELIMIT_ENABLED is 0: passwords can be tried without end")
    if config["MAIL_URL"].startswith("folder://") and not demo:
        yield Finding(WARN, "MAIL_URL is not set: mail is written to a folder and reaches nobody")
    inbound = config["INBOUND_URL"]
    if isinstance(inbound, Listening) and not inbound.is_private:
        said = "INBOUND_URL listens beyond this machine, without a password"
        yield Finding(WARN, f"{said}: whoever can connect can write as anybody")
    if (accent := setting("PRODUCT").accent) and accent.chosen != accent.light.colour:
        shown = f"{accent.light.colour}, in the dark {accent.dark.colour}"
        yield Finding(OK, f"PRODUCT_ACCENT {accent.chosen} is shown as {shown}, to be readable")
    for row in mail_texts.all_texts():
        words = OwnText(row.subject, row.heading, row.lead, row.action)
        if mail_words.unknown(row.template, words):
            said = f"the text of {row.template} ({row.locale}) names what that mail has not"
            yield Finding(WARN, f"{said}: ours is sent, save it again")
    for name in chosen.problems():
        yield Finding(
            WARN, f"{name} on the pages does not fit: the environment's holds, save it again"
        )
    yield Finding(
        OK, f"{setting('PRODUCT').name}, {config['BASE_URL']}, data in {config['DATA_DIR']}"
    )


def _keys() -> Findings:
    keys = current_app.config["ENCRYPTION_MASTER_KEYS"]
    lost = []
    for place in rotation.encrypted_columns():
        stored = db.session.scalar(select(place.column).where(place.column.is_not(None)).limit(1))
        if stored is None:
            continue
        try:
            encryption.decrypt(stored)
        except NotConfigured:
            lost.append(place.name)
    if lost:
        yield Finding(FAIL, f"ENCRYPTION_MASTER_KEY does not open what is stored: {lost[0]}")
    elif not keys:
        yield Finding(WARN, "ENCRYPTION_MASTER_KEY is not set: no second factors, no credentials")
    else:
        yield Finding(OK, f"{len(keys)} encryption key(s), and what is stored opens")


def _clock() -> Findings:
    last = select(TicketEvent.created_at).order_by(TicketEvent.id.desc()).limit(1)
    newest = db.session.scalar(last)
    now = clock.now()
    if newest is not None and newest - now > BAD_SKEW:
        yield Finding(FAIL, f"the newest change is of {newest:%Y-%m-%d %H:%M} UTC: in the future")
    skew = clock_skew()
    if skew is None:
        yield Finding(OK, f"it is {now:%Y-%m-%d %H:%M} UTC")
        return
    level = FAIL if skew > BAD_SKEW else WARN if skew > SKEW else OK
    yield Finding(level, f"{skew.total_seconds():.1f} s apart from the database's clock")


# Settings under which a committed change survives a power cut.
_DURABLE = {
    "sqlite": {
        "PRAGMA journal_mode": {"wal"},
        "PRAGMA synchronous": {"2", "3"},
        "PRAGMA foreign_keys": {"1"},
    },
    "postgresql": {
        "SHOW fsync": {"on"},
        "SHOW full_page_writes": {"on"},
        "SHOW synchronous_commit": {"on", "local", "remote_write", "remote_apply"},
    },
}


def _database() -> Findings:
    dialect = db.engine.dialect.name
    connection = db.session.connection()
    revision = schema.database_revision(connection)
    if revision is None:
        yield Finding(FAIL, "there is no schema yet: flask --app wsgi db upgrade")
    elif revision not in schema.known_revisions():
        yield Finding(FAIL, f"the schema {revision} is of a newer Lodge")
    elif revision != schema.latest_revision():
        yield Finding(
            FAIL, f"the schema is {revision}, not {schema.latest_revision()}: flask db upgrade"
        )
    if (mode := read_only_queries.current()) is not None:
        yield Finding(FAIL if mode.moved_to else WARN, read_only.describe(mode))
    sound = True
    for question, wanted in _DURABLE[dialect].items():
        answer = str(connection.scalar(text(question))).lower()
        if answer not in wanted:
            sound = False
            name = question.rpartition(" ")[2]
            yield Finding(FAIL, f"{name} is {answer}: acknowledged changes can be lost")
    yield from _readable_by_others()
    if dialect == "postgresql":
        yield from postgresql_checks.session_settings()
        yield from postgresql_checks.free_connections()
    if sound:
        yield Finding(OK, f"{dialect}, schema {revision}, commits reach the disk")


def _readable_by_others() -> Findings:
    """SQLite's files that other users may read: an older Lodge or a copy left them so."""
    file = Path(db.engine.url.database or "")
    if db.engine.dialect.name != "sqlite" or not file.exists():
        return
    beside = [found for found in file.parent.glob(f"{file.name}*") if found.stat().st_mode & 0o077]
    if beside:
        yield Finding(WARN, f"others on this machine may read {beside[0]}: chmod 600 {file}*")


def _queue() -> Findings:
    enqueuer: Enqueuer = current_app.extensions["lodge.enqueuer"]
    health = enqueuer.health()
    if not health["workers"] and (restored := heartbeats.closed_since_restore()) is not None:
        yield background_checks.closed(restored)
        return
    if not health["connected"]:
        yield Finding(FAIL, "the queue server does not answer: mail leaves late or not at all")
        return
    if not health["workers"]:
        yield Finding(FAIL, "no worker runs: mail does not leave")
    policy = _policy()
    if policy not in {None, "noeviction"}:
        yield Finding(WARN, f"maxmemory-policy is {policy}: jobs can vanish, set noeviction")
    yield Finding(OK, f"{health['queued']} job(s) wait, {health['workers']} worker(s)")


def _streams() -> Findings:
    if not current_app.config["STREAMS_LISTEN"]:
        yield Finding(OK, "open pages have those of the web processes: STREAMS_LISTEN is not set")
        return
    enqueuer: Enqueuer = current_app.extensions["lodge.enqueuer"]
    streams = enqueuer.open_streams()
    if streams is None:
        yield Finding(WARN, "STREAMS_LISTEN wants `python -m jobs.streams` to run: nobody is there")
    else:
        yield Finding(OK, f"{streams} open page(s) are told of changes")


def _policy() -> str | None:
    """The queue server's eviction policy; None if it does not tell."""
    try:
        with connect(current_app.config["REDIS_URL"]) as client:
            return str(client.config_get("maxmemory-policy").get("maxmemory-policy"))
    except (RedisError, OSError):
        return None


def _mail() -> Findings:
    health, overdue = outbox.health(), outbox.overdue()
    if health.parked:
        yield Finding(WARN, f"{health.parked} mail(s) given up: flask outbox list --state parked")
    if health.uncomposable:
        yield Finding(
            FAIL, f"{health.uncomposable} of them cannot be made: a fault of Lodge's, see there"
        )
    server = mail_server.state()
    if server.failing_for is not None:
        level = FAIL if server.is_degraded else WARN
        yield Finding(
            level, f"no mail leaves since {duration_text(server.failing_for)}: {server.error}"
        )
    if overdue > _MAIL_LAG:
        yield Finding(FAIL, f"mail has waited {duration_text(overdue)} for a worker")
    yield Finding(OK, f"{health.pending} wait(s), {health.failing} of them after a failed try")


def _backups() -> Findings:
    age, limit = heartbeats.age(HeartbeatName.BACKUP), setting("BACKUP_MAX_AGE")
    if limit is not None and (lacking := heartbeats.incomplete_backup()) is not None:
        yield Finding(
            WARN, f"one of {duration_text(lacking)} ago is incomplete: `backup` names the files"
        )
    if limit is None:
        yield Finding(OK, "made by other means, as BACKUP_MAX_HOURS=0 says")
    elif age is None:
        yield Finding(WARN, "there was none yet: flask --app wsgi backup DIR")
    else:
        yield Finding(WARN if age > limit else OK, f"the last one is {duration_text(age)} old")


def _actions() -> Findings:
    verdict = action_log.verify()
    for problem in verdict.problems[:_SHOWN]:
        yield Finding(FAIL, problem)
    if len(verdict.problems) > _SHOWN:
        yield Finding(FAIL, f"and {len(verdict.problems) - _SHOWN} more")
    if not verdict.problems:
        yield Finding(OK, f"{verdict.lines} line(s) of the action log are as they were sealed")


CHECKS: dict[str, Callable[[], Findings]] = {
    "settings": _settings,
    "keys": _keys,
    "disk": disk_checks.disk,
    "files": disk_checks.files,
    "clock": _clock,
    "database": _database,
    "queue": _queue,
    "streams": _streams,
    "mail": _mail,
    "inbound": mail_in_checks.mail_in,
    "assistance": assistance_checks.assistance,
    "background": background_checks.background,
    "products": product_checks.products,
    "model": model_checks.model,
    "backups": _backups,
    "actions": _actions,
}
