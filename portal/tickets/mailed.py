"""What a conversation shows of messages that came by mail."""

from typing import Any, NamedTuple

from flask import url_for

from portal.mail_parsing.parsed import Remark
from portal.models.people import Actor, MailsAs
from portal.models.tickets import MailedKind, Ticket
from portal.queries.tickets import timeline
from portal.queries.tickets.timeline import TimelineRow
from portal.web.templating.mail_remarks import remark_texts


class MailFrame(NamedTuple):
    """A mail as it was sent, at `url`; with pictures of other servers, if it has any, at another.

    `name` is the name of the frame, into which links lead.
    """

    name: str
    url: str
    pictures_url: str = ""


def mailed(actor: Actor, ticket: Ticket, row: TimelineRow) -> dict[str, Any]:
    """What an entry says of the mail by which it came."""
    if row.mailed is None:
        return {}
    rest, remarks = row.rest or "", row.remarks or ""
    has_html = Remark.HTML in remarks.split()
    is_framed = has_html and actor.mails_as == MailsAs.SENT
    sent = url_for("tickets.as_sent", number=ticket.number, comment_id=row.id) if has_html else ""
    return {
        "in_copy": tuple((row.in_copy or "").split()) if actor.is_staff else (),
        "remarks": remark_texts(remarks),
        "sent_url": sent,
        "frame": frame_of(ticket.number, row.id, remarks) if is_framed else None,
        "by_mail": True,
        "automatic": row.mailed == MailedKind.AUTOMATIC,
        "rest": rest[: timeline.MAX_REST],
        "is_rest_cut": len(rest) > timeline.MAX_REST,
        "mail_url": mail_url(row.mail_id),
    }


def frame_of(number: str, comment_id: int, remarks: str, *, pictures: bool = False) -> MailFrame:
    """The frame of a mail; `pictures`: it begins with those of other servers."""
    url = url_for("tickets.mail_frame", number=number, comment_id=comment_id)
    has_remote = Remark.REMOTE_PICTURES in remarks.split()
    with_pictures = f"{url}?pictures=1" if has_remote else ""
    if pictures and has_remote:
        return MailFrame(f"mail-{comment_id}", with_pictures)
    return MailFrame(f"mail-{comment_id}", url, with_pictures)


def mail_url(mail_id: int | None) -> str:
    """The page of a mail's journey, if there is one."""
    return url_for("admin.inbound_mail", message_id=mail_id) if mail_id else ""
