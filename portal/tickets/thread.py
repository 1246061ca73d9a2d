"""`/tickets/<number>`: the conversation, the properties, and the reply form."""

from functools import cache, partial
from typing import Any

from flask import Response, make_response, render_template, request, url_for
from markupsafe import Markup
from werkzeug.wrappers import Response as AnyResponse

from portal.errors import NotFound
from portal.i18n import gettext as _
from portal.models.people.person import name_of
from portal.models.tickets import Ticket
from portal.queries.paging import AnyRow, parse_id_cursor
from portal.queries.tickets import drafts, timeline
from portal.queries.tickets import tickets as ticket_queries
from portal.security import permissions
from portal.services.assistance.drafting import is_offered
from portal.tickets import bp, trail
from portal.tickets.composer.quotes import quoted_in
from portal.tickets.composer.reply_language import language_read, remark
from portal.tickets.composer.scheduled_entries import unsent
from portal.tickets.conversation import Part, conversation
from portal.tickets.customer_card import card
from portal.tickets.forms import CommentForm, ParticipantForm, comment_form_of
from portal.tickets.mail_lines import recipients
from portal.tickets.mailed import mail_url
from portal.tickets.participant_lines import ParticipantList, participant_list
from portal.tickets.presenters import suggestions_url, ticket_page
from portal.tickets.product_cards import product_cards
from portal.tickets.trail import Trail
from portal.web.files import uploads
from portal.web.fragments import (
    go_to,
    page_or_fragment,
    render_fragment,
    see_other,
    wants_fragment,
)
from portal.web.people.return_page import page_of_request
from portal.web.people.sessions import actor
from portal.web.templating.fragment_cache import cached_include
from portal.web.templating.mail_remarks import remark_texts


@bp.get("/<number>")
def show(number: str) -> Response:
    """The page; for HTMX the panel beside the queue, or an open page's updates."""
    ticket, row = ticket_queries.find_with_details(actor(), number)
    target = request.headers.get("HX-Target")
    if wants_fragment() and target == "div#fold":
        return _earlier(ticket, row)
    if wants_fragment() and target != "ol#timeline":
        return panel(ticket, row, trail.of_request(ticket))
    part = Part.open_page() if wants_fragment() else Part.of_request()
    quoted = None if wants_fragment() else parse_id_cursor(request.args.get("quote"))
    return page_or_fragment(
        "tickets/show.html",
        "tickets/updated.hx.html",
        **context(ticket, head=row, part=part, quoted=quoted),
    )


def _earlier(ticket: Ticket, head: AnyRow) -> Response:
    """What was folded, above what is there."""
    people = participant_list(actor(), ticket, head)
    found = conversation(actor(), ticket, head, Part.of_request(), people)
    said = _("Earlier messages are shown.")
    values = {"ticket": ticket, "timeline": found.timeline, "conversation": found}
    return make_response(render_fragment("tickets/_earlier.html", said=said, **values))


def panel(ticket: Ticket, head: AnyRow, way: Trail) -> Response:
    """The ticket beside the queue, for HTMX, with the address of both."""
    page = context(ticket, head=head, way=way)
    answer = make_response(render_fragment("tickets/queue/_panel.html", titled=True, **page))
    answer.headers["HX-Retarget"], answer.headers["HX-Reswap"] = "#panel", "outerHTML"
    # Going from one ticket to the next is one step back.
    is_beside = "open=" in (page_of_request() or "")
    answer.headers[f"HX-{'Replace' if is_beside else 'Push'}-Url"] = way.open_url(ticket.number)
    return answer


@bp.get("/<number>/messages/<id:comment_id>")
def message(number: str, comment_id: int) -> str:
    """A message as it was written: each space, line and mark of it."""
    ticket = ticket_queries.find(actor(), number)
    row = timeline.message(actor(), ticket.id, comment_id)
    if row is None:
        raise NotFound
    url = url_for("tickets.show", number=ticket.number)
    return render_template(
        "tickets/message.html",
        ticket=ticket,
        message=row.message,
        author_name=name_of(row),
        created_at=row.created_at,
        by_mail=row.mailed is not None,
        rest=row.rest,
        remarks=remark_texts(row.remarks),
        mail_url=mail_url(row.mail_id) if permissions.can_administer(actor()) else "",
        shown_url=f"{url}#comment-{comment_id}",
    )


def context(ticket: Ticket, form: CommentForm | None = None, **changes: Any) -> dict[str, Any]:
    """Values for the page's template and each of its fragments."""
    head = changes.pop("head", None) or ticket_queries.details(actor(), ticket)
    part = changes.get("part") or Part()
    people = participant_list(actor(), ticket, head)
    found = conversation(actor(), ticket, head, part, people)
    page = ticket_page(actor(), ticket, head) | {
        "suggestions_url": suggestions_url(actor(), ticket),
        "conversation": found,
        "timeline": found.timeline,
        "earlier": part.before is not None,
    }
    draft = drafts.find(actor(), ticket.id) if head.has_draft else None
    held = unsent(actor(), ticket, head)
    quoted = changes.get("quoted")
    composer = {
        "ticket": page["ticket"],
        "may": page["may"],
        "form": form or _kept(draft, ticket, quoted) or _empty_form(),
        "version": form.version.data if form else version_seen(ticket),
        "newer": changes.get("newer", ()),
        "limits": uploads.limits(),
        "told": recipients(actor(), ticket, internal=False, head=head),
        "told_note": recipients(actor(), ticket, internal=True),
        "draft": draft,
        "kept_files": held.kept,
        "scheduled_seen": held.newest,
        "preview": changes.get("preview", ""),
        "reads": language_read(actor(), ticket, head.requester_locale),
        "remark": remark(actor(), ticket, draft, head.requester_locale),
        "model_offered": is_offered(actor(), ticket.organization_id),
        "helped": changes.get("helped"),
    }
    # Only the empty form is cached: one with values is rendered once.
    has_values = form or draft or quoted or composer["helped"]
    render = render_template if has_values else cached_include
    html = render("tickets/_reply_form.html", **composer)
    rest = {
        "reply": Markup(html),  # noqa: S704 - it is HTML
        "scheduled": held.entries,
        "rating_form": changes.get("rating_form"),
        **_participants(people, changes.get("participant_form")),
        "products": cached_include(
            "tickets/products/_cards.html", products=product_cards(actor(), ticket, head)
        ),
    }
    return page | composer | rest | _beside(ticket, head, changes.get("way"))


def _kept(draft: drafts.DraftRow | None, ticket: Ticket, quoted: Any) -> CommentForm | None:
    """What was typed before, and what is to be quoted below it."""
    kept = comment_form_of(draft) if draft and not draft.discarded else None
    return quoted_in(kept, ticket, quoted) if quoted else kept


def _participants(people: ParticipantList, form: ParticipantForm | None) -> dict[str, Any]:
    """Their part of the page, and what it is rendered from."""
    values: dict[str, Any] = {"people": people, "participant_form": form}
    render = render_template if form else cached_include
    html = render("tickets/_participants.html", **values)
    return {**values, "participants": Markup(html)}  # noqa: S704 - it is HTML


def _beside(ticket: Ticket, head: AnyRow, way: Trail | None) -> dict[str, Any]:
    """What only the page and the panel show; place and card cost a statement each."""
    way = way or trail.of_request(ticket)
    return {
        "way": way,
        "place_text": partial(trail.place_text, way, ticket),
        "customer_card": partial(card, ticket, head),
    }


def version_seen(ticket: Ticket) -> str:
    """The ticket's version as the reader sees it, which the reply form sends back."""
    return str(ticket.version_for(staff=actor().is_staff))


@cache
def _empty_form() -> CommentForm:
    """An empty form to render. Its labels are translated when they are rendered."""
    return CommentForm(formdata=None)


def after_change(ticket: Ticket, template: str = "tickets/changed.hx.html") -> AnyResponse | str:
    """The response to a change: fragments for HTMX, else a redirect to the page.

    The queue, where the change took the ticket out of the reader's sight.
    """
    if not ticket_queries.is_visible(actor(), ticket):
        return go_to(trail.of_request(ticket).list_url)
    if wants_fragment():
        return render_fragment(template, **context(ticket, part=Part.open_page()))
    way = trail.of_request(ticket)
    return see_other(way.ticket_url(ticket.number, at=way.at))
