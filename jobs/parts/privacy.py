"""Enqueues and expires exports of personal data, and erases accounts whose deletion is due.

A part commits before it deletes files: a file without a row is removed by the store's own sweep,
but a row without its file would be an error for the user.
"""

import logging
from datetime import timedelta

from flask import current_app

from jobs import job
from jobs.parts.registry import EACH_SWEEP, MINUTE, Sweep, part
from portal import clock
from portal.extensions import begin_log_write, begin_write, db, setting
from portal.isolation import attempt_each
from portal.mail.transport import FolderTransport
from portal.models.people import User
from portal.models.privacy import PrivacyKind, PrivacyRequest, PrivacyState
from portal.models.privacy.privacy_request import OPEN_EXPORT
from portal.queries.privacy import find_personal_data, privacy_requests
from portal.queueing import Job, enqueue_after_commit
from portal.services.operations import api_log
from portal.services.privacy import data_exports, erase, scrub
from portal.storage import Storage

log = logging.getLogger(__name__)

_BATCH = 100
# Looking through years of mail takes seconds for each, and the sweep has other things to do.
_DELETIONS = 10
_LATELY = timedelta(days=1)


@part(Sweep.ON_TIME, every=EACH_SWEEP, within=MINUTE / 2)
@job
def enqueue_exports() -> None:
    """Enqueue due exports without a job; fail those that used up their tries."""
    waiting = privacy_requests.due(PrivacyKind.EXPORT, OPEN_EXPORT, _BATCH)
    if not waiting:
        return
    begin_write()
    data_exports.give_up()
    attempt_each(
        "export", lambda of: enqueue_after_commit(db.session(), Job.EXPORT_PERSON, of), waiting
    )


@part(Sweep.LATER, every=MINUTE, within=3 * MINUTE)
def expire_exports() -> None:
    """Delete expired exports, and those that may not be fetched any more."""
    _delete(_expired(_no_longer_fetchable()))


@part(Sweep.LATER, every=MINUTE, within=3 * MINUTE)
def forget_due() -> bool:
    """Erase accounts whose deletion is due; whether there may be more."""
    due = _due_deletions()
    attempt_each("deletion", _forget_or_postpone, due)
    return len(due) == _DELETIONS


def _forget_or_postpone(request_id: int) -> None:
    try:
        keys = _forget(request_id)
    except Exception as error:
        # Those that cannot be done must not stand before the others for ever.
        _postpone(request_id, type(error).__name__)
        raise
    _delete(keys)


@part(Sweep.LATER, every=MINUTE, within=3 * MINUTE)
def remove_mail_files() -> None:
    """Delete mails to erased accounts, where mail is written to a folder.

    Some time after the erasure, when no worker can still be writing one. The mails are searched for
    again until all are deleted, so a killed worker leaves none.
    """
    transport = current_app.extensions["lodge.mail"]
    if not isinstance(transport, FolderTransport):
        return

    def remove(request_id: int) -> None:
        transport.remove(_messages_to(request_id))
        _mark_files_removed(request_id)

    attempt_each("removal of mails for deletion", remove, _with_files_left())


@part(Sweep.LATER, every=MINUTE, within=3 * MINUTE)
@job
def clear_api_log() -> None:
    """Blank client addresses of recently erased accounts in the API log.

    In a transaction of its own, as the log may be in another database; repeated, as requests are
    logged with a delay.
    """
    gone = privacy_requests.erased_since(clock.now() - _LATELY)
    if gone:
        begin_log_write()
        api_log.blank_addresses(gone)


@part(Sweep.LATER, every=MINUTE, within=3 * MINUTE)
@job
def clear_farewells() -> None:
    """Blank addresses of farewell mails that were sent."""
    begin_write()
    scrub.clear_farewells()


@job
def _no_longer_fetchable() -> list[int]:
    return privacy_requests.no_longer_fetchable(_BATCH)


@job
def _expired(outlived: list[int]) -> list[str]:
    begin_write()
    return data_exports.expire(_BATCH) + data_exports.expire_early(outlived)


@job
def _due_deletions() -> list[int]:
    return privacy_requests.due(PrivacyKind.DELETION, [PrivacyState.WAITING], _DELETIONS)


@job
def _forget(request_id: int) -> list[str]:
    request = db.session.get_one(PrivacyRequest, request_id)
    found = find_personal_data.find_rows(db.session.get_one(User, request.user_id))
    begin_write()
    return erase.erase_person(request_id, found) or []


@job
def _postpone(request_id: int, reason: str) -> None:
    begin_write()
    erase.postpone(request_id, reason)


@job
def _with_files_left() -> list[int]:
    return privacy_requests.with_leftover_files(clock.now() - setting("OUTBOX_LEASE"), _DELETIONS)


@job
def _messages_to(request_id: int) -> list[str]:
    request = db.session.get_one(PrivacyRequest, request_id)
    return find_personal_data.message_ids_to(db.session.get_one(User, request.user_id))


@job
def _mark_files_removed(request_id: int) -> None:
    begin_write()
    erase.mark_files_removed(request_id)


def _delete(keys: list[str]) -> None:
    storage: Storage = current_app.extensions["lodge.storage"]
    attempt_each("file", storage.delete, keys)
