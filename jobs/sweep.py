"""What is done again and again: finding work that no bell was heard for, and clearing away."""

import logging
import time
from collections.abc import Callable
from datetime import datetime, timedelta

from flask import current_app

from jobs import job, privacy
from portal import clock, markdown
from portal.extensions import begin_log_write, begin_write, setting
from portal.isolation import alone, together
from portal.mail.transport import FolderTransport
from portal.models.operations import Pulse
from portal.queries.delivery import outbox as outbox_queries
from portal.queueing import Enqueuer, Job
from portal.security.people import refresh_tokens, sessions, tokens
from portal.services.delivery import outbox
from portal.services.operations import action_log, api_log, files, heartbeats, idempotency
from portal.services.organizations import invitations
from portal.services.people import account_log, registration
from portal.services.tickets import bulk, comments

log = logging.getLogger(__name__)

_BATCH = 500
_SEAL_SECONDS = 3.0
_RENDER_SECONDS = 3.0
_RENDERED = 100
# However short logs are kept: what is from then may still be needed.
_LATELY = timedelta(days=7)
# More workers than any desk has.
_TURNS = 100


@job
def sweep() -> None:
    """Do each part, whatever became of the one before it."""
    go_round(Pulse.SWEEP, _PARTS)


def go_round(pulse: Pulse, parts: tuple[Callable[[], None], ...]) -> None:
    """Do each of `parts`, and write down for which of them that worked."""
    _note(pulse, {part.__name__: guarded(part) for part in parts})


@job
def _note(pulse: Pulse, done: dict[str, bool]) -> None:
    begin_write()
    heartbeats.beat_sweep(pulse, done)


def ring_for_mail() -> None:
    """Let each worker have a turn at mail that no bell was heard for, or that had to wait."""
    if waiting := _mail_due():
        enqueuer: Enqueuer = current_app.extensions["lodge.enqueuer"]
        enqueuer.enqueue_for_workers(Job.DRAIN_OUTBOX, waiting)


@job
def delete_expired_sessions() -> None:
    """Remove a batch of session rows that have run out."""
    begin_write()
    sessions.delete_expired(_BATCH)


@job
def delete_expired_refresh_tokens() -> None:
    """Remove a batch of programs' sign-ins that have run out."""
    begin_write()
    refresh_tokens.delete_expired(_BATCH)


@job
def delete_old_links() -> None:
    """Remove a batch of mailed links that ran out long ago."""
    begin_write()
    tokens.delete_old(_BATCH)


@job
def delete_expired_registrations() -> None:
    """Remove a batch of registrations that nobody has finished in time."""
    begin_write()
    registration.delete_expired(_BATCH)


@job
def delete_old_requests() -> None:
    """Remove a batch of the API's requests that are remembered no longer."""
    begin_write()
    idempotency.delete_expired(_BATCH)


@job
def delete_old_mails() -> None:
    """Remove a batch of mails that left, or must not leave, long ago."""
    # By these rows the files of people who want to be forgotten are found.
    if not isinstance(current_app.extensions["lodge.mail"], FolderTransport):
        begin_write()
        outbox.delete_settled(_long_ago(), _BATCH)


@job
def delete_old_visits() -> None:
    """Remove a batch of the accounts' sign-ins and sign-outs of long ago."""
    begin_write()
    account_log.delete_visits(_long_ago(), _BATCH)


@job
def delete_old_invitations() -> None:
    """Remove a batch of invitations that ran out long ago."""
    begin_write()
    invitations.delete_old(_long_ago(), _BATCH)


@job
def delete_old_bulk_changes() -> None:
    """Remove a batch of bulk actions that cannot be taken back any more."""
    begin_write()
    bulk.delete_old(_BATCH)


def _long_ago() -> datetime:
    moment: datetime = clock.now() - max(setting("LOG_RETENTION"), _LATELY)
    return moment


@job
def remove_orphans() -> None:
    """Remove stored files that no row names, in one part of the store."""
    files.remove_orphans(current_app.extensions["lodge.storage"])


def render_again() -> None:
    """Render messages that an older renderer has rendered, for a bounded time.

    So what a newer sanitizer lets through no more is gone from old messages, too. Nobody waits for
    the rendering: it is done between two transactions.
    """
    until = time.monotonic() + _RENDER_SECONDS
    last = comments.BEFORE_ALL
    while (old := _rendered_before(last)) and time.monotonic() < until:
        _render(old)
        last = old[-1][:2]


def _render(old: list[tuple[int, int, str]]) -> None:
    again = {of: (of, text, _rendered(of, text)) for _version, of, text in old}
    together("comment", _replace_html, again)


def _rendered(comment_id: int, text: str) -> str:
    """The newest HTML of a message; without its marks where the renderer breaks off."""
    html = alone("rendering of comment", lambda _id: markdown.render(text), comment_id)
    return markdown.plain(text) if html is None else html


def seal_actions() -> None:
    """Seal what people did since the last sweep, for a bounded time."""
    until = time.monotonic() + _SEAL_SECONDS
    while _seal_some() and time.monotonic() < until:
        continue


@job
def forget_old_api_requests() -> None:
    """Let go of logged requests that are older than wanted."""
    begin_log_write()
    api_log.forget_before(clock.now() - setting("LOG_RETENTION"))


@job
def forget_old_actions() -> None:
    """Let go of a day's actions that are older than wanted."""
    begin_log_write()
    action_log.forget_before(action_log.kept_since(setting("LOG_RETENTION")))


@job
def _rendered_before(last: comments.Rendered) -> list[tuple[int, int, str]]:
    return comments.rendered_before(last, _RENDERED)


@job
def _replace_html(rendered: list[tuple[int, str, str]]) -> None:
    begin_write()
    comments.replace_html(rendered)


@job
def _seal_some() -> bool:
    begin_log_write()
    return action_log.seal_new() == action_log.BATCH


@job
def _mail_due() -> int:
    begin_write()
    outbox.park_exhausted()
    return outbox_queries.count_due(_TURNS)


_PARTS = (
    ring_for_mail,
    privacy.ring_for_exports,
    privacy.expire_exports,
    privacy.forget_due,
    privacy.remove_mail_files,
    privacy.clear_api_log,
    privacy.clear_farewells,
    delete_expired_sessions,
    delete_expired_refresh_tokens,
    delete_old_links,
    delete_expired_registrations,
    delete_old_requests,
    delete_old_mails,
    delete_old_visits,
    delete_old_invitations,
    delete_old_bulk_changes,
    remove_orphans,
    render_again,
    seal_actions,
    forget_old_api_requests,
    forget_old_actions,
)


def guarded(part: Callable[[], None]) -> bool:
    """Do one part of a sweep; its failure is written down and is nobody else's."""
    try:
        part()
    except Exception:
        log.exception("the sweep's %s failed", part.__name__)
        return False
    return True
