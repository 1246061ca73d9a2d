"""Rows of the queue: two lines for each ticket, dense or roomy, and whether one has read it."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from flask import abort, request, url_for
from markupsafe import Markup
from werkzeug.wrappers import Response

from portal import clock, i18n
from portal.i18n import gettext as _
from portal.models.organizations.organization import format_id as format_organization
from portal.models.people.user import format_id
from portal.queries.paging import AnyRow
from portal.queries.tickets import reads
from portal.security import permissions
from portal.tickets import bp
from portal.tickets.lists.list_search import ListSearch
from portal.tickets.lists.rows import (
    FoundRow,
    ListRow,
    draft_mark,
    found_row,
    found_rows,
    list_row,
)
from portal.web.fragments import say, see_other
from portal.web.people.return_page import safe_next
from portal.web.people.sessions import actor
from portal.web.templating.fragment_cache import cached_list

_COOKIE = "rows"
_DENSE = "dense"
_YEAR = 365 * 24 * 3600
# Where the second line of a row begins.
_WORDS = '<td class="w">'


class QueueRow(NamedTuple):
    """What a row shows. Its age is relative to now, so it belongs to the key of the cache."""

    row: AnyRow | FoundRow
    age: str


class QueueLine(NamedTuple):
    """A ticket of the queue; `since` is how long it waits, or when it last changed."""

    ticket: ListRow
    requester_number: str
    organization_number: str
    since: datetime
    waits: bool
    age: str
    # Empty when it is the requester.
    writer: str
    words: str


def queue_rows(found: ListSearch) -> Markup:
    """All rows. What one reader has read, or begun to write, is put into what is kept for all."""
    rows = found.page.rows
    marks = reads.marks(actor(), [row.id for row in rows])
    shown: Sequence[AnyRow | FoundRow] = rows
    if found.words:
        shown = found_rows(rows, found.words, staff=True)
    now = clock.now()
    keys = [QueueRow(one, i18n.ago(_since(row), now)) for one, row in zip(shown, rows, strict=True)]
    html: Sequence[str] = cached_list("tickets/queue/_row.html", keys, _line)
    mark = {True: _unread_mark(), False: '"><td class="u">'}
    if marks.drafts:
        draft = f"{_WORDS}{draft_mark()}"
        html = [
            str(cells).replace(_WORDS, draft, 1) if row.id in marks.drafts else cells
            for row, cells in zip(rows, html, strict=True)
        ]
    parts = [
        f'<tr id="t{row.id}{mark[row.id in marks.unread]}</td>{cells}</tr>'
        for row, cells in zip(rows, html, strict=True)
    ]
    return Markup("".join(parts))  # noqa: S704 - numbers, and what Jinja has escaped


def _unread_mark() -> str:
    return f'" class="unread"><td class="u"><span class="sr">{_("Unread")}</span>'


def _since(row: AnyRow) -> datetime:
    moment: datetime = row.waiting_since or row.updated_at
    return moment


def _line(key: QueueRow) -> QueueLine:
    found = key.row if isinstance(key.row, FoundRow) else None
    row: AnyRow = found.row if found else key.row
    ticket = found_row(found) if found else list_row(row)
    writes = row.last_message_by_id not in {None, row.requester_id}
    return QueueLine(
        ticket,
        format_id(row.requester_id),
        format_organization(row.organization_id),
        _since(row),
        row.waiting_since is not None,
        key.age,
        (row.writer_first_name or row.writer_email or "") if writes else "",
        row.last_message_excerpt or "",
    )


def is_dense() -> bool:
    """Whether the reader has chosen rows of one line, in this browser."""
    return request.cookies.get(_COOKIE) == _DENSE


@bp.post("/queue/rows")
def set_rows() -> Response:
    """Choose dense or roomy rows. Anything else is roomy."""
    if not permissions.can_triage(actor()):
        abort(404)
    response = see_other(safe_next(request.form.get("next") or url_for("tickets.queue")))
    dense = request.form.get("rows") == _DENSE
    say(_("Each ticket has one line now.") if dense else _("Each ticket has two lines now."))
    chosen = _DENSE if dense else "roomy"
    response.set_cookie(
        _COOKIE, chosen, max_age=_YEAR, httponly=True, samesite="Lax", secure=request.is_secure
    )
    return response
