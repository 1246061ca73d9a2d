"""Writing exports of personal data."""

from collections.abc import Iterator
from functools import partial
from typing import NamedTuple

from jobs import job
from jobs.delivery_handler import Claimed, Settle
from jobs.file_handler import FileHandler
from portal.extensions import db
from portal.models.people import Actor, User
from portal.models.privacy import PrivacyRequest
from portal.queries.privacy import personal_data
from portal.services.delivery.leases import Lease
from portal.services.privacy import data_exports, export_zip
from portal.services.privacy.export_zip import Piece
from portal.storage import Stored


class _Copy(NamedTuple):
    """The owner, and the tickets to include."""

    actor: Actor
    ticket_ids: list[int]


@job
def export_person(request_id: int) -> None:
    """Write the export if it is due and no other worker has its lease."""
    ExportHandler(request_id).write_if_due()


class ExportHandler(FileHandler[_Copy, Piece]):
    """Writes one export."""

    name = "export"
    model = PrivacyRequest

    def lease(self, row_id: int) -> Lease | None:
        return data_exports.claim(row_id)

    @job
    def compose(self, item: Claimed) -> _Copy | Settle:
        request = db.session.get_one(PrivacyRequest, item.lease.row_id)
        user = db.session.get_one(User, request.user_id)
        if (reason := data_exports.reason_not_to_write(user)) is not None:
            return partial(data_exports.refuse, item.lease, reason)
        return _Copy(user.actor, personal_data.ticket_ids(user.actor))

    def pieces(self, order: _Copy) -> Iterator[Piece]:
        return export_zip.pieces(order.actor, order.ticket_ids, self.storage)

    def advance(self, lease: Lease, piece: Piece) -> bool:
        return data_exports.advance(lease, piece.percent)

    def finish(self, lease: Lease, stored: Stored, order: _Copy, last: Piece | None) -> list[str]:  # noqa: ARG002
        return data_exports.finish(lease, stored, order.ticket_ids)

    def postpone(self, lease: Lease, error: Exception) -> object:
        return data_exports.fail(lease, f"{type(error).__name__}: {error}")
