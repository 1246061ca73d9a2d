"""Writing exports of the desk's tables."""

from collections.abc import Iterator
from functools import partial

from jobs import job
from jobs.delivery_handler import Claimed, Settle
from jobs.file_handler import FileHandler
from portal.errors import Invalid
from portal.extensions import db
from portal.models.operations import FileFormat, TableExport, TableKind
from portal.models.people import User
from portal.queries.operations.export_tables.reading import Scope
from portal.queries.operations.export_tables.tables import TABLES
from portal.services.delivery.leases import Lease
from portal.services.operations import table_exports, table_files
from portal.services.operations.table_files import Piece
from portal.storage import Stored


@job
def export_table(export_id: int) -> None:
    """Write the export if it is due and no other worker has its lease."""
    TableExportHandler(export_id).write_if_due()


class TableExportHandler(FileHandler[Iterator[Piece], Piece]):
    """Writes one export."""

    name = "table export"
    model = TableExport

    def lease(self, row_id: int) -> Lease | None:
        return table_exports.claim(row_id)

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

    def pieces(self, order: Iterator[Piece]) -> Iterator[Piece]:
        return order

    def advance(self, lease: Lease, piece: Piece) -> bool:
        return table_exports.advance(lease, piece.percent, piece.rows)

    def finish(
        self,
        lease: Lease,
        stored: Stored,
        order: Iterator[Piece],  # noqa: ARG002
        last: Piece | None,
    ) -> list[str]:
        return table_exports.finish(lease, stored, last.rows if last else 0)

    def postpone(self, lease: Lease, error: Exception) -> object:
        return table_exports.fail(lease, f"{type(error).__name__}: {error}")
