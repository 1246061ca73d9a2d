"""Writing exports of personal data: a handler of `jobs.delivery`.

The file is streamed into the store outside of any transaction; recording the progress renews the
lease. When the worker dies, the sweep finds the export after the lease has expired.
"""

from functools import partial
from typing import NamedTuple

from flask import current_app

from jobs import delivery, job, stored_pieces
from jobs.delivery_handler import Claimed, Settle
from jobs.stored_pieces import LeaseLostError, write
from portal.extensions import db
from portal.isolation import attempt_each
from portal.models.people import Actor, User
from portal.models.privacy import PrivacyRequest
from portal.queries.privacy import personal_data
from portal.services.delivery.leases import Lease
from portal.services.privacy import data_exports, export_zip
from portal.services.privacy.export_zip import Piece
from portal.storage import Storage, Stored


class _Copy(NamedTuple):
    """The owner, and the tickets to include."""

    actor: Actor
    ticket_ids: list[int]


@job
def export_person(request_id: int) -> None:
    """Write the export if it is due and no other worker has its lease."""
    storage: Storage = current_app.extensions["lodge.storage"]
    exports = ExportHandler(storage, request_id)
    delivery.deliver_due(exports, 0.0)
    attempt_each("file", storage.delete, exports.unwanted)


class ExportHandler:
    """Writes one export. `unwanted` collects storage keys of files to delete afterwards."""

    name = "export"
    model = PrivacyRequest
    longest = 10.0  # between two renewals
    at_once = 1

    def __init__(self, storage: Storage, request_id: int) -> None:
        self._storage = storage
        self._id = request_id
        self.unwanted: list[str] = []

    def claim(self) -> Claimed | None:
        lease = data_exports.claim(self._id)
        return None if lease is None else Claimed(lease)

    @job
    def compose(self, item: Claimed) -> _Copy | Settle:
        request = db.session.get_one(PrivacyRequest, item.lease.row_id)
        user = db.session.get_one(User, request.user_id)
        if (reason := data_exports.reason_not_to_write(user)) is not None:
            return partial(data_exports.refuse, item.lease, reason)
        return _Copy(user.actor, personal_data.ticket_ids(user.actor))

    def send(self, item: Claimed, message: _Copy, within: float) -> Settle:  # noqa: ARG002
        """Write the file."""
        pieces = export_zip.pieces(message.actor, message.ticket_ids, self._storage)
        try:
            stored = stored_pieces.store(self._storage, pieces, partial(_advance, item.lease))
        except LeaseLostError:
            return delivery.lease_lost(self, item.lease)
        return partial(self._finish, item.lease, stored, message.ticket_ids)

    def postpone(self, lease: Lease, error: Exception) -> object:
        """Record the error for the owner, and try again."""
        return data_exports.fail(lease, f"{type(error).__name__}: {error}")

    def _finish(self, lease: Lease, stored: Stored, ticket_ids: list[int]) -> None:
        self.unwanted = data_exports.finish(lease, stored, ticket_ids)


def _advance(lease: Lease, piece: Piece) -> bool:
    return write(data_exports.advance, lease, piece.percent)
