"""`/tickets/<number>/replies`: choose a saved reply for a ticket, or apply a macro to it.

Without scripts the way leads from the composer, whose text becomes a draft, to a page and back.
Scripts show the same list in a dialog, and put the text where the cursor stands.
"""

from typing import Any, NamedTuple

from flask import Response, flash, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from portal.errors import Stale
from portal.extensions import db, setting
from portal.i18n import gettext as _
from portal.i18n import ngettext
from portal.models.people import Actor
from portal.models.tickets import BulkAction, SavedReply, Ticket
from portal.queries.people import users
from portal.queries.tickets import drafts as draft_queries
from portal.queries.tickets import saved_replies as queries
from portal.queries.tickets import scheduled as scheduled_queries
from portal.queries.tickets import tickets as ticket_queries
from portal.services.tickets import bulk, comments, drafts, macros, saved_replies
from portal.services.tickets.bulk import ChangeOfOne
from portal.services.tickets.drafts import DraftText
from portal.tickets import bp
from portal.tickets.composer.reply_texts import change_texts
from portal.tickets.composer.saved_replies import require_staff
from portal.tickets.forms import DraftForm, draft_version
from portal.tickets.properties import offer_undo
from portal.tickets.thread import after_change, version_seen
from portal.web.change import change
from portal.web.fragments import page_or_fragment, say, see_other
from portal.web.middleware.request_limits import takes_files
from portal.web.people.sessions import actor


class ReplyChoice(NamedTuple):
    """A saved reply as it would be for the ticket."""

    id: int
    name: str
    text: str
    internal: bool
    shared: bool
    uses: int
    changes: list[str]


@bp.get("/<number>/replies")
def choose_reply(number: str) -> Response:
    """Those whose name has `q`, with their texts for this ticket."""
    require_staff()
    ticket = ticket_queries.find(actor(), number)
    q = request.args.get("q", "")[: saved_replies.MAX_NAME].strip()
    choices = _choices(actor(), ticket, q)
    return page_or_fragment(
        "tickets/replies/choose.html",
        "tickets/replies/_choices.html",
        said=ngettext("%(num)d saved reply.", "%(num)d saved replies.", len(choices)),
        ticket=ticket,
        url=url_for(".choose_reply", number=ticket.number),
        q=q,
        choices=choices,
        version=version_seen(ticket),
        scheduled_seen=max(
            (row.id for row in scheduled_queries.of_ticket(actor(), ticket.id)), default=0
        ),
    )


@bp.post("/<number>/replies")
@takes_files
def open_replies(number: str) -> AnyResponse:
    """Keep what stands in the composer as a draft, and show the list."""
    require_staff()
    form = DraftForm()
    form.require_valid()
    with change():
        ticket = ticket_queries.find(actor(), number)
        seen = draft_version(form)
        drafts.save(actor=actor(), ticket=ticket, text=form.text(), seen_version=seen)
    say(_("Your draft is saved."))
    return see_other(url_for(".choose_reply", number=ticket.number))


@bp.post("/<number>/replies/<id:reply_id>")
def insert_reply(number: str, reply_id: int) -> AnyResponse:
    """Put its text below what stands in the draft; with `insert=text` only answer the text."""
    require_staff()
    with change():
        ticket = ticket_queries.find(actor(), number)
        reply = queries.find(actor(), reply_id)
        text = saved_replies.use(actor=actor(), reply=reply, ticket=ticket)
        if request.form.get("insert") != "text":
            _add_to_draft(ticket, text, internal=reply.internal)
    if request.form.get("insert") == "text":
        return Response(text, mimetype="text/plain")
    say(_("The text is in the composer, not sent yet."))
    return see_other(f"{url_for('.show', number=ticket.number)}#message")


@bp.post("/<number>/macros/<id:macro_id>")
def apply_macro(number: str, macro_id: int) -> AnyResponse | str:
    """Make its changes and send its text, all or nothing."""
    require_staff()
    try:
        with change():
            ticket = ticket_queries.find(actor(), number, lock=True)
            macro = queries.find(actor(), macro_id)
            done, name = _apply(macro, ticket), macro.name
    except Stale:
        db.session.rollback()
        flash(_("Somebody else has answered meanwhile, so nothing was done."), "warning")
        return after_change(ticket_queries.find(actor(), number))
    said = _("“%(name)s” is applied.", name=name)
    if done.answer_id:
        said = _("“%(name)s” is applied; its answer is about to leave.", name=name)
    if done.token:
        offer_undo(ticket, said, done.token)
    else:
        say(said)
    return after_change(ticket)


def _apply(macro: SavedReply, ticket: Ticket) -> ChangeOfOne:
    return bulk.apply_to_one(
        actor=actor(),
        ticket=ticket,
        action=BulkAction.MACRO,
        value=macro,
        verb=lambda ticket: macros.apply(
            actor=actor(),
            macro=macro,
            ticket=ticket,
            delay=setting("UNDO_SEND"),
            seen_version=_number(request.form.get("version")),
            seen_scheduled=_number(request.form.get("scheduled")) or 0,
        ),
    )


def _choices(who: Actor, ticket: Ticket, q: str) -> list[ReplyChoice]:
    staff = dict(users.assignees())
    return [
        ReplyChoice(
            id=row.id,
            name=row.name,
            text=saved_replies.fill(row.message, actor=who, ticket=ticket),
            internal=row.internal,
            shared=row.shared,
            uses=row.uses,
            changes=change_texts(row.changes, staff),
        )
        for row in queries.visible(who, q=q)
    ]


def _add_to_draft(ticket: Ticket, text: str, *, internal: bool) -> None:
    draft = draft_queries.find(actor(), ticket.id)
    begun = draft.message if draft and not draft.discarded else ""
    # What was begun decides who reads it: nothing of a note is sent by a slip.
    values: dict[str, Any] = {"internal": draft.internal if draft and begun else internal}
    joined = f"{begun}\n\n{text}" if begun else text
    drafts.save(
        actor=actor(),
        ticket=ticket,
        text=DraftText(joined[: comments.MAX_MESSAGE], **values),
        seen_version=draft.version if draft else 0,
    )


def _number(text: str | None) -> int | None:
    text = text or ""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else None
