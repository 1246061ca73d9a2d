"""Writing the copy of somebody's data that they asked for. Safe to run twice, and to be killed.

The file is streamed into the store outside any write transaction; the row's lease is renewed by
the progress that is written down. Who was killed is found by the sweep when the lease is over.
"""

import io
import logging
import time
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO, TypeVar, cast

from flask import current_app

from jobs import job
from portal.extensions import begin_write, db
from portal.isolation import each
from portal.models.people import User
from portal.models.privacy import PrivacyRequest
from portal.queries.privacy import personal_data
from portal.services.delivery.leases import Lease
from portal.services.privacy import data_exports, export_zip
from portal.services.privacy.export_zip import Piece
from portal.storage import Storage

log = logging.getLogger(__name__)

T = TypeVar("T")
_EVERY_SECONDS = 1.0
# What somebody may have is as large as what they have.
_NO_LIMIT = 2**63 - 1


class _LeaseLostError(Exception):
    """Somebody else writes this export now, or nobody shall."""


@job
def export_person(request_id: int) -> None:
    """Write the export if it is due and nobody else is at it."""
    lease = _write(data_exports.claim, request_id)
    if lease is None:
        return
    storage: Storage = current_app.extensions["lodge.storage"]
    request = db.session.get_one(PrivacyRequest, request_id)
    user = db.session.get_one(User, request.user_id)
    if (reason := data_exports.reason_not_to_write(user)) is not None:
        _write(data_exports.refuse, lease, reason)
        return
    actor = user.actor
    ids = personal_data.ticket_ids(actor)
    content = _Stream(export_zip.pieces(actor, ids, storage), lease)
    try:
        stored = storage.put(cast(BinaryIO, content), limit=_NO_LIMIT)
    except _LeaseLostError:
        log.info("export %s went to another worker", request_id)
        return
    except Exception as error:
        # Whatever it is, the person is told by the row's state, and a later try may do better.
        log.exception("export %s failed", request_id)
        _write(data_exports.fail, lease, f"{type(error).__name__}: {error}")
        return
    each("file", storage.delete, _write(data_exports.finish, lease, stored, ids))


class _Stream(io.RawIOBase):
    """An archive's pieces as a file to read; tells the row how far it is, now and then."""

    def __init__(self, pieces: Iterator[Piece], lease: Lease) -> None:
        super().__init__()
        self._pieces = pieces
        self._lease = lease
        self._left = b""
        self._told_at = time.monotonic()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill `buffer` as far as the next piece goes; 0 at the end."""
        while not self._left:
            piece = next(self._pieces, None)
            if piece is None:
                return 0
            self._left = piece.data
            self._tell(piece.percent)
        size = min(len(buffer), len(self._left))
        buffer[:size], self._left = self._left[:size], self._left[size:]
        return size

    def _tell(self, percent: int) -> None:
        if time.monotonic() - self._told_at < _EVERY_SECONDS:
            return
        self._told_at = time.monotonic()
        if not _write(data_exports.advance, self._lease, percent):
            raise _LeaseLostError


@job
def _write(verb: Callable[..., T], *args: Any) -> T:
    begin_write()
    return verb(*args)
