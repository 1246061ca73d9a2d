"""`flask outbox`: list owed mail, and decide about mails that cannot be sent."""

from collections.abc import Callable
from enum import Enum
from functools import partial

import click
from flask.cli import AppGroup
from sqlalchemy import select

from portal.cli.backups import data_loss
from portal.extensions import begin_write, db
from portal.i18n import iso
from portal.isolation import attempt
from portal.models.delivery import Outbox, OutboxState
from portal.queries.delivery import outbox as outbox_queries
from portal.services.delivery import outbox as outbox_service

_ID = click.IntRange(1, 2**63 - 1)

outbox = AppGroup("outbox", help="Look after owed mail: list, retry, park, drop.")


@outbox.command("list")
@click.option("--state", type=click.Choice([s.value for s in OutboxState]), help="Only these.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True)
def list_mails(state: str | None, limit: int) -> None:
    """List mails, newest first: id, state, tries, due time, kind, recipient, last error."""
    for row in outbox_queries.page(OutboxState(state) if state else None, limit):
        click.echo(_line(row))


@outbox.command()
def status() -> None:
    """Say how many mails wait and how many were given up; exit code 1 when some were."""
    health = outbox_queries.health()
    oldest = iso(health.oldest_pending_at) if health.oldest_pending_at else "-"
    click.echo(
        f"pending {_count(health.pending)} (after a failed try {_count(health.failing)}, "
        f"oldest {oldest}), parked {_count(health.parked)}"
    )
    if health.parked:
        raise SystemExit(1)


@outbox.command()
@click.argument("ids", type=_ID, nargs=-1, metavar="ID...")
@click.option("--parked", is_flag=True, help="All that were parked.")
def retry(ids: tuple[int, ...], parked: bool) -> None:
    """Send parked, dropped or waiting mails now, with all their tries again."""
    if bool(ids) == parked:
        raise click.UsageError("name mails by ID, or use --parked")
    chosen = outbox_queries.ids_in_state(OutboxState.PARKED) if parked else ids
    _change_each(
        chosen, outbox_service.retry, done="will be sent", refused="was sent or is being sent"
    )


@outbox.command()
@click.argument("ids", type=_ID, nargs=-1, required=True, metavar="ID...")
@click.option("--reason", default="parked by the operator", show_default=True)
def park(ids: tuple[int, ...], reason: str) -> None:
    """Stop trying to send mails that wait."""

    def verb(outbox_id: int) -> bool:
        return outbox_service.park(outbox_id, reason)

    _change_each(ids, verb, done="parked", refused="does not wait, or is being sent")


@outbox.command()
@click.argument("ids", type=_ID, nargs=-1, required=True, metavar="ID...")
@click.option("--reason", default="not wanted any more", show_default=True)
@data_loss.yes_option
def drop(ids: tuple[int, ...], reason: str, yes: bool) -> None:
    """Let parked mails go that nobody needs any more."""
    if going := outbox_queries.parked_among(ids):
        data_loss.confirm_loss([f"mail {n} to {whom} ({kind})" for n, whom, kind in going], yes=yes)

    def verb(outbox_id: int) -> bool:
        return outbox_service.drop(outbox_id, reason)

    _change_each(ids, verb, done="will not be sent", refused="is not parked")


def _change_each(
    ids: tuple[int, ...] | list[int], verb: Callable[[int], bool], *, done: str, refused: str
) -> None:
    """Call `verb` for each id in a transaction of its own and print the outcomes.

    Raises ClickException if one was refused.
    """
    words = {
        _Outcome.DONE: done,
        _Outcome.REFUSED: refused,
        _Outcome.UNKNOWN: "is unknown",
        None: "failed: the log says why",
    }
    failed = 0
    for outbox_id in ids:
        outcome = attempt("mail", partial(_change_one, verb), outbox_id)
        failed += outcome is not _Outcome.DONE
        click.echo(f"{outbox_id} {words[outcome]}")
    if failed:
        raise click.ClickException(f"{failed} of {len(ids)} could not be changed")


class _Outcome(Enum):
    DONE, REFUSED, UNKNOWN = range(3)


def _change_one(verb: Callable[[int], bool], outbox_id: int) -> _Outcome:
    begin_write()
    try:
        if db.session.scalar(select(Outbox.id).where(Outbox.id == outbox_id)) is None:
            return _Outcome.UNKNOWN
        outcome = _Outcome.DONE if verb(outbox_id) else _Outcome.REFUSED
        db.session.commit()
        return outcome
    finally:
        db.session.rollback()


def _count(number: int) -> str:
    return f"{outbox_queries.COUNT_CAP}+" if number >= outbox_queries.COUNT_CAP else str(number)


def _line(row: Outbox) -> str:
    words = (
        str(row.id),
        row.state,
        str(row.attempts),
        iso(row.due_at),
        row.template,
        row.recipient,
        row.error or "",
    )
    return "\t".join(" ".join(word.split()) for word in words).rstrip()
