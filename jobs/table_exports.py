"""Writing exports of the desk's tables: a handler of `jobs.delivery`.

The file is streamed into the store outside of any transaction; recording the progress renews the
lease, and finds out whether the export was called off.
"""

from collections.abc import Iterator
from functools import partial

from flask import current_app

from jobs import delivery, job, stored_pieces
from jobs.delivery_handler import Claimed, Settle
from jobs.stored_pieces import LeaseLostError, write
from portal.errors import Invalid
from portal.extensions import db
from portal.isolation import attempt_each
from portal.models.operations import FileFormat, TableExport, TableKind
from portal.models.people import User
from portal.queries.operations.export_tables.reading import Scope
from portal.queries.operations.export_tables.tables import TABLES
from portal.services.delivery.leases import Lease
from portal.services.operations import table_exports, table_files
from portal.services.operations.table_files import Piece
from portal.storage import Storage, Stored


@job
def export_table(export_id: int) -> None:
    """Write the export if it is due and no other worker has its lease."""
    storage: Storage = current_app.extensions["lodge.storage"]
    exports = TableExportHandler(storage, export_id)
    delivery.deliver_due(exports, 0.0)
    attempt_each("file", storage.delete, exports.unwanted)


class TableExportHandler:
    """Writes one export. `unwanted` collects storage keys of files to delete afterwards."""

    name = "table export"
    model = TableExport
    longest = 10.0  # between two renewals
    at_once = 1

    def __init__(self, storage: Storage, export_id: int) -> None:
        self._storage = storage
        self._id = export_id
        self.unwanted: list[str] = []

    def claim(self) -> Claimed | None:
        lease = table_exports.claim(self._id)
        return None if lease is None else Claimed(lease)

    @job
    def compose(self, item: Claimed) -> Iterator[Piece] | Settle:
        export = db.session.get_one(TableExport, item.lease.row_id)
        user = db.session.get_one(User, export.user_id)
        if (reason := table_exports.reason_not_to_write(user)) is not None:
            return partial(table_exports.refuse, item.lease, reason)
        scope = Scope(user.actor, export.query, export.since, export.until)
        try:
            batches = TABLES[TableKind(export.kind)].batches(scope, export.columns)
        except (Invalid, KeyError):  # asked for by another version of ours
            return partial(table_exports.refuse, item.lease, "a filter or column is no more")
        return table_files.pieces(FileFormat(export.format), export.columns, batches)

    def send(self, item: Claimed, message: Iterator[Piece], within: float) -> Settle:  # noqa: ARG002
        """Write the file."""
        rows = 0

        def counted() -> Iterator[Piece]:
            nonlocal rows
            for piece in message:
                rows = piece.rows
                yield piece

        try:
            stored = stored_pieces.store(self._storage, counted(), partial(_advance, item.lease))
        except LeaseLostError:
            return delivery.lease_lost(self, item.lease)
        return partial(self._finish, item.lease, stored, rows)

    def postpone(self, lease: Lease, error: Exception) -> object:
        """Record the error for who asked, and try again."""
        return table_exports.fail(lease, f"{type(error).__name__}: {error}")

    def _finish(self, lease: Lease, stored: Stored, rows: int) -> None:
        self.unwanted = table_exports.finish(lease, stored, rows)


def _advance(lease: Lease, piece: Piece) -> bool:
    return write(table_exports.advance, lease, piece.percent, piece.rows)
