"""`/tickets/<number>/messages/<id>/mail`: a message as the mail by which it came, in a frame.

What a stranger has written is a document of its own, `…/mail.html`: sanitized each time, since a
newer sanitizer protects from older mails, and under a policy that runs and loads nothing.
"""

import hashlib
from base64 import b64encode

from flask import Response, render_template, request, url_for
from markupsafe import Markup

from portal import mail_html
from portal.errors import or_not_found
from portal.models.people.person import name_of
from portal.queries.tickets import files, mailed
from portal.queries.tickets import tickets as ticket_queries
from portal.tickets import bp
from portal.tickets.mailed import frame_of
from portal.web.files import mail_pictures
from portal.web.middleware import headers
from portal.web.people.sessions import actor
from portal.web.templating.mail_remarks import remark_texts

_STYLE = (
    ":root{color-scheme:light dark;font:15px/1.5 system-ui,sans-serif}"
    ":root[data-theme=light]{color-scheme:light}:root[data-theme=dark]{color-scheme:dark}"
    "body{margin:12px;overflow-wrap:anywhere;background:light-dark(#fff,#1b1c1a);"
    "color:light-dark(#21241f,#e7e8e2)}"
    "a{color:light-dark(#1d6b4f,#6cc9a1)}img{max-width:100%;height:auto}"
    "h1{font-size:1.375rem;line-height:1.25}h2{font-size:1.125rem}h3{font-size:1rem}"
    "table{border-collapse:collapse;max-width:100%}td,th{padding:2px 6px}"
    'table[border]:not([border="0"]) :is(td,th){border:1px solid light-dark(#e5e2d9,#2f322d)}'
    "blockquote{margin:8px 0;padding-inline-start:12px;"
    "border-inline-start:3px solid light-dark(#e5e2d9,#2f322d);color:light-dark(#61645b,#a3a69c)}"
    "pre{white-space:pre-wrap}p{margin:0 0 10px}"
)
_STYLE_SOURCE = f"'sha256-{b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()}'"


@bp.get("/<number>/messages/<id:comment_id>/mail")
def as_sent(number: str, comment_id: int) -> str:
    """The page around the frame; with `?pictures=1` those of other servers are in it."""
    ticket = ticket_queries.find(actor(), number)
    row = or_not_found(mailed.as_sent(actor(), ticket.id, comment_id))
    url = url_for("tickets.show", number=ticket.number)
    return render_template(
        "tickets/as_sent.html",
        ticket=ticket,
        author_name=name_of(row),
        created_at=row.created_at,
        frame=frame_of(ticket.number, comment_id, row.remarks, pictures=_wants_pictures()),
        remarks=remark_texts(row.remarks),
        shown_url=f"{url}#comment-{comment_id}",
        text_url=url_for(".message", number=ticket.number, comment_id=comment_id),
    )


@bp.get("/<number>/messages/<id:comment_id>/mail.html")
def mail_frame(number: str, comment_id: int) -> Response:
    """The mail alone, for the frame."""
    ticket = ticket_queries.find(actor(), number)
    row = or_not_found(mailed.as_sent(actor(), ticket.id, comment_id))
    names = mail_html.pictures_named(row.html)
    pictures = mail_pictures.as_data(files.of_mail(comment_id), names) if names else {}
    remote = _wants_pictures()
    page = render_template(
        "tickets/mail_frame.html",
        style=Markup(_STYLE),  # noqa: S704 - our own words
        author_name=name_of(row),
        html=Markup(mail_html.show(row.html, pictures, remote=remote)),  # noqa: S704 - sanitized
    )
    response = Response(page, mimetype="text/html")
    headers.frame(response, style=_STYLE_SOURCE, pictures="data: https:" if remote else "data:")
    return response


def _wants_pictures() -> bool:
    return request.args.get("pictures") == "1"
