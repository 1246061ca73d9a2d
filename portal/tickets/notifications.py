"""`/tickets/notifications`: what staff are told of on pages. Customers get a 404."""

from typing import Any, NamedTuple

from flask import Response, abort, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from portal.i18n import gettext as _
from portal.i18n import lazy_gettext, ngettext
from portal.models.people.person import name_of
from portal.models.tickets import NotificationKind
from portal.models.tickets.ticket import format_number
from portal.queries.paging import AnyRow, parse_id_cursor
from portal.queries.tickets import notifications as queries
from portal.security import permissions
from portal.services.tickets import notifications
from portal.tickets import bp
from portal.web.change import change
from portal.web.fragments import (
    page_or_fragment,
    render_fragment,
    say,
    see_other,
    wants_fragment,
)
from portal.web.people.sessions import actor

# After the name of who did it.
_TEXTS = {
    NotificationKind.ASSIGNED: lazy_gettext("gave this ticket to you"),
    NotificationKind.MENTIONED: lazy_gettext("named you in a note"),
    NotificationKind.REPLIED: lazy_gettext("answered on your ticket"),
    NotificationKind.RETURNED: lazy_gettext("kept your answer from leaving"),
    NotificationKind.MAIL_HELD: lazy_gettext(
        "wrote a mail in your name, which waits for your word"
    ),
    NotificationKind.MAIL_RETURNED: lazy_gettext("sent the mail about your answer back"),
}
# About the desk: what is the matter, and where to see it.
_OF_DESK = {
    NotificationKind.MAIL_STOPPED: lazy_gettext("Mail does not come in any more"),
    NotificationKind.MAIL_COMES_AGAIN: lazy_gettext("Mail comes in again"),
}
_OVERTAKEN = lazy_gettext("wrote first, so your answer was not sent")


class NotificationLine(NamedTuple):
    """A notification as its page shows it; one about the desk has no number and nobody's name."""

    id: int
    number: str
    subject: str
    url: str
    author_name: str
    text: object
    created_at: Any
    unread: bool


@bp.get("/notifications")
def notification_list() -> Response:
    """One's own, newest first; with `unread=1` only those that are not read."""
    _require_staff()
    values = _context(actor().unread_notifications)
    said = ngettext("%(num)d notification", "%(num)d notifications", len(values["lines"]))
    return page_or_fragment(
        "tickets/notifications/index.html",
        "tickets/notifications/_list.html",
        said=f"{said}.",
        **values,
    )


@bp.get("/notifications/bell")
def notification_bell() -> str:
    """The bell for an open page, which asks when it hears that something changed."""
    _require_staff()
    return render_template("tickets/notifications/_bell.html", unread=actor().unread_notifications)


@bp.post("/notifications/read/<id:last_id>")
def read_notifications(last_id: int) -> AnyResponse | str:
    """Mark all as read up to that one, the newest that the page showed."""
    _require_staff()
    with change():
        notifications.mark_all_read(actor=actor(), last_id=last_id)
    say(_("All is marked as read."))
    return _after_reading()


@bp.post("/notifications/<id:notification_id>/read")
def read_notification(notification_id: int) -> AnyResponse | str:
    _require_staff()
    with change():
        notifications.mark_read(actor=actor(), notification_id=notification_id)
    say(_("Marked as read."))
    return _after_reading()


def _require_staff() -> None:
    if not permissions.can_be_notified(actor()):
        abort(404)


def _after_reading() -> AnyResponse | str:
    if wants_fragment():
        unread = queries.count_unread(actor())
        return render_fragment("tickets/notifications/read.hx.html", **_context(unread))
    return see_other(url_for(".notification_list", **_kept_args()))


def _kept_args() -> dict[str, Any]:
    """The arguments of the list, from its address or its forms."""
    return {name: value for name in ("unread", "cursor") if (value := request.values.get(name, ""))}


def _context(unread: int) -> dict[str, Any]:
    args = _kept_args()
    cursor, only = args.get("cursor", ""), "unread" in args
    page = queries.page(actor(), before=parse_id_cursor(cursor or None), unread=only)
    shown: dict[str, Any] = {"unread": 1} if only else {}
    url = url_for(".notification_list", **shown)
    return {
        "lines": [_line(row) for row in page.rows],
        "unread": unread,
        "only_unread": only,
        "cursor": cursor,
        "first_url": url if cursor else None,
        "next_url": url_for(".notification_list", **shown, cursor=page.next) if page.next else None,
    }


def _line(row: AnyRow) -> NotificationLine:
    if (of_desk := _OF_DESK.get(row.kind)) is not None:
        return NotificationLine(
            id=row.id,
            number="",
            subject=str(of_desk),
            url=url_for("admin.mail_doctor"),
            author_name="",
            text="",
            created_at=row.created_at,
            unread=row.read_at is None,
        )
    number = format_number(row.ticket_id) if row.ticket_id else ""
    return NotificationLine(
        id=row.id,
        number=number,
        subject=row.subject or _("No subject"),
        url=_url(number, row.comment_id),
        author_name=_author_name(row),
        text=_text(NotificationKind(row.kind), row.comment_id),
        created_at=row.created_at,
        unread=row.read_at is None,
    )


def _url(number: str, comment_id: int | None) -> str:
    if not number:
        return url_for("account.own_mails")
    anchor = f"comment-{comment_id}" if comment_id else None
    return url_for("tickets.show", number=number, _anchor=anchor)


def _author_name(row: AnyRow) -> str:
    if row.kind == NotificationKind.MAIL_RETURNED:
        return _("A mail server")
    if row.actor_id is None and row.kind == NotificationKind.ASSIGNED:
        return _("Assistance")
    return name_of(row, "actor_") if row.actor_id else ""


def _text(kind: NotificationKind, comment_id: int | None) -> object:
    return _OVERTAKEN if kind is NotificationKind.RETURNED and comment_id else _TEXTS[kind]
