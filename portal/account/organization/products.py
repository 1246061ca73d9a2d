"""`/account/organization/products`: what the organization sells, and the same as a file."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from urllib.parse import urlencode

from flask import Response, flash, request, stream_with_context, url_for
from werkzeug.wrappers import Response as AnyResponse

from portal.account import bp
from portal.extensions import db
from portal.i18n import gettext as _
from portal.i18n import lazy_gettext
from portal.models.operations import FileFormat, TableKind
from portal.models.organizations import Marketplace
from portal.models.organizations.marketplace import MARKETPLACE_LABELS
from portal.queries.operations.export_tables.reading import Scope
from portal.queries.operations.export_tables.tables import TABLES
from portal.queries.paging import parse_id_cursor
from portal.queries.products import products as queries
from portal.queries.products.products import PAGE, Availability, ProductFilter
from portal.services.operations import table_files
from portal.services.operations.table_files import Piece
from portal.web.fragments import page_or_fragment, see_other
from portal.web.people.sessions import actor
from portal.web.products.product_lines import product_line
from portal.web.rate_limits.limit_keys import by_actor
from portal.web.rate_limits.limits import TABLE_EXPORT, call_limits, limited_by

AVAILABILITY_LABELS: Mapping[str, object] = {
    Availability.LISTED: lazy_gettext("In the shop"),
    Availability.IN_STOCK: lazy_gettext("In stock"),
    Availability.OUT_OF_STOCK: lazy_gettext("Out of stock"),
    Availability.GONE: lazy_gettext("Gone from the shop"),
    Availability.ALL: lazy_gettext("All of them"),
}
_TYPES = {
    FileFormat.CSV: "text/csv; charset=utf-8",
    FileFormat.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
# A workbook is written while its reader waits; of CSV the first lines leave at once.
MAX_SHEET_ROWS = 20_000


@bp.get("/organization/products")
def products() -> Response:
    """The list, for all members."""
    args = request.args.to_dict()
    cursor = args.pop("cursor", None)
    wanted = _own(args)
    page = queries.page(actor(), wanted, cursor=parse_id_cursor(cursor), size=PAGE)
    chosen = _chosen(wanted)
    return page_or_fragment(
        "account/products/index.html",
        "account/products/_list.html",
        said=_("Lines shown: %(count)s", count=len(page.rows)),
        rows=[product_line(row) for row in page.rows],
        filter=wanted,
        no_brand_url=_url(_chosen(replace(wanted, brand=""))),
        has_any=bool(page.rows) or queries.has_any(actor().organization_id),
        marketplaces=[(one.value, MARKETPLACE_LABELS[one]) for one in Marketplace],
        availabilities=list(AVAILABILITY_LABELS.items()),
        files={format_.upper(): _url(chosen, format_) for format_ in FileFormat},
        first_url=_url(chosen) if cursor else None,
        next_url=_url(chosen | {"cursor": page.next}) if page.next else None,
    )


@bp.get("/organization/products.csv")
@limited_by(call_limits(TABLE_EXPORT, by_actor))
def products_csv() -> AnyResponse:
    return _file(FileFormat.CSV)


@bp.get("/organization/products.xlsx")
@limited_by(call_limits(TABLE_EXPORT, by_actor))
def products_xlsx() -> AnyResponse:
    return _file(FileFormat.XLSX)


def _file(format_: FileFormat) -> AnyResponse:
    wanted = _own(request.args.to_dict())
    if format_ is FileFormat.XLSX and queries.are_more_than(actor(), wanted, MAX_SHEET_ROWS):
        flash(_("These are too many for a workbook: narrow the list, or take CSV."), "warning")
        return see_other(_url(_chosen(wanted)))
    table = TABLES[TableKind.PRODUCTS]
    query = urlencode({**wanted.args, "availability": wanted.availability})
    batches = table.batches(Scope(actor(), query), table.usual)
    pieces = table_files.pieces(format_, table.usual, batches)
    response = Response(stream_with_context(_sent(pieces)), mimetype=_TYPES[format_])
    response.headers["Content-Disposition"] = f'attachment; filename="products.{format_}"'
    return response


def _sent(pieces: Iterator[Piece]) -> Iterator[bytes]:
    """Their bytes. However slow the reader is, no transaction is open meanwhile."""
    for piece in pieces:
        if piece.data:
            db.session.rollback()
            yield piece.data


def _own(args: Mapping[str, str]) -> ProductFilter:
    """What is asked for among those of the reader's organization, also for staff."""
    return replace(ProductFilter.from_args(args), organization_id=actor().organization_id)


def _chosen(wanted: ProductFilter) -> dict[str, str]:
    """The filters in force, as the address has them."""
    return replace(wanted, organization_id=None).args


def _url(chosen: Mapping[str, str], format_: str = "") -> str:
    """The list, or a file of it."""
    endpoint = f"account.products_{format_}" if format_ else "account.products"
    return f"{url_for(endpoint)}?{urlencode(chosen)}" if chosen else url_for(endpoint)
