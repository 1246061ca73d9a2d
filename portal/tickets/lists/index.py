"""`/tickets/`: the tickets of a customer, with what waits for their answer on top."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, NamedTuple

from flask import Response, request, url_for
from markupsafe import Markup

from portal.i18n import gettext as _
from portal.i18n import pgettext
from portal.models.people.person import name_of
from portal.models.products.product import parse_id
from portal.models.tickets.ticket import format_number
from portal.queries.paging import AnyRow
from portal.queries.products import products
from portal.queries.tickets import drafts, participants, waiting_questions
from portal.queries.tickets.lists import ticket_list
from portal.queries.tickets.lists.ticket_filter import ME, TicketFilter, View
from portal.queries.tickets.waiting_questions import MAX_QUESTIONS
from portal.security import permissions
from portal.tickets import bp
from portal.tickets.lists.list_search import MANY, ListSearch, search
from portal.tickets.lists.rows import draft_mark, list_rows, list_text
from portal.tickets.question_line import in_a_line
from portal.web.fragments import page_or_fragment, wants_fragment
from portal.web.people.sessions import actor
from portal.web.products.product_lines import product_name
from portal.web.templating.labels import CUSTOMER_STATUS_LABELS
from portal.web.templating.search_texts import note

_TAKES = {"status", "product", "q", "cursor"}
MINE, COMPANY, SHARED = "mine", "company", "shared"
OPEN, DONE, ALL = "open", "done", "all"


class Shown(NamedTuple):
    """What of the visible tickets is shown: whose, and in which state."""

    whose: str
    state: str


class Tab(NamedTuple):
    """`unsolved` are its tickets, up to MANY; None where they are not counted."""

    label: str
    url: str
    current: bool
    unsolved: int | None = None


class Question(NamedTuple):
    """What a ticket waits for an answer to; `words` is empty where nothing was asked."""

    number: str
    subject: str
    url: str
    asked_at: datetime
    name: str
    words: str


@bp.get("/")
def index() -> Response:
    """One's own tickets, the organization's if the role allows, and those where one takes part.

    For staff those they filed.
    """
    shown, rest = _shown()
    found = _found(shown, rest)
    wanted, page = found.filter, found.page
    title = _("Tickets") if _reads_all() else _("My tickets")
    values: dict[str, Any] = {
        "found": found,
        "mistakes": [note(mistake, wanted.q) for mistake in found.mistakes],
        "mistaken": found.mistaken,
        "shown": len(page.rows),
        "rows": _rows(found),
        "filter": replace(wanted, view=View.ALL, requester="", done=False),
        "whose": shown.whose,
        "state": shown.state,
        "states": tuple(_states(shown, wanted)),
        "about": _product_name(wanted.product),
        "about_anything_url": _url(shown, q=wanted.q),
        "status_label": CUSTOMER_STATUS_LABELS.get(wanted.status),
        "all_url": _url(shown._replace(state=ALL), q=wanted.q),
        "title": title,
        "next_url": _url(shown, wanted, cursor=page.next) if page.next else None,
        "first_url": _url(shown, wanted) if wanted.cursor else None,
        "is_first_ticket": not page.rows and _has_none(shown, wanted),
    }
    if not wants_fragment():
        values["tabs"] = tuple(_tabs(shown))
        if not (wanted.q or wanted.status or wanted.product or wanted.cursor):
            values |= _questions()
    said = list_text(title, values)
    return page_or_fragment("tickets/index.html", "tickets/_list.html", said=said, **values)


def _shown() -> tuple[Shown, dict[str, str]]:
    """What the address asks for, and its other arguments; what is unknown stays among those."""
    rest = request.args.to_dict()
    whose = (MINE,) if actor().is_staff else (MINE, SHARED)
    choices = {"whose": (*whose, COMPANY) if _reads_all() else whose, "state": (OPEN, DONE, ALL)}
    chosen = {name: rest.pop(name) for name, known in choices.items() if rest.get(name) in known}
    # Whoever searches, or has a bookmark of a status, looks among all.
    state = ALL if rest.get("q") or rest.get("status") else OPEN
    return Shown(chosen.get("whose", _usual()), chosen.get("state", state)), rest


def _reads_all() -> bool:
    """Whether there are tickets of the company beside the reader's own."""
    return actor().reads_organization and not actor().is_staff


def _usual() -> str:
    return COMPANY if _reads_all() else MINE


def _found(shown: Shown, args: dict[str, str]) -> ListSearch:
    # Whoever sees nothing of the company looks for words among all that they see.
    is_everywhere = bool(args.get("q")) and not (_reads_all() or actor().is_staff)
    return search(
        actor(),
        args,
        names=_TAKES,
        view=View.UNSOLVED if shown.state == OPEN else View.ALL,
        requester="" if is_everywhere or shown.whose != MINE else ME,
        done=shown.state == DONE,
        shared=shown.whose == SHARED,
    )


def _rows(found: ListSearch) -> Markup:
    """With marks of what the reader has begun to write, which are not cached."""
    html = str(list_rows("tickets/_row.html", found, staff=actor().is_staff))
    for ticket_id in drafts.ticket_ids(actor()):
        link = f'{format_number(ticket_id)}">'
        html = html.replace(link, f"{link}{draft_mark()}", 1)
    return Markup(html)  # noqa: S704 - as before


def _has_none(shown: Shown, wanted: TicketFilter) -> bool:
    """Whether nothing is shown because nothing was ever filed."""
    if wanted.q or wanted.status or wanted.product or wanted.cursor:
        return False
    whose = ME if shown.whose == MINE else ""
    own = TicketFilter(requester=whose, shared=shown.whose == SHARED)
    return not ticket_list.count(actor(), own, limit=1)


def _tabs(shown: Shown) -> Iterator[Tab]:
    """Mine, the organization's, and those where one takes part; none where there are only mine."""
    unsolved = TicketFilter(view=View.UNSOLVED)
    found = [(MINE, _("Mine"), unsolved.with_requester(ME))]
    if _reads_all():
        found.append((COMPANY, _("All of the company"), unsolved))
    if shown.whose == SHARED or participants.shares_any(actor()):
        found.append((SHARED, _("I take part"), replace(unsolved, shared=True)))
    for whose, label, wanted in found if found[1:] else ():
        unsolved_ones = ticket_list.count(actor(), wanted, limit=MANY)
        yield Tab(label, _url(shown._replace(whose=whose)), shown.whose == whose, unsolved_ones)


def _states(shown: Shown, wanted: TicketFilter) -> Iterator[Tab]:
    for state, label in (
        (OPEN, pgettext("tickets", "Open")),
        (DONE, pgettext("tickets", "Solved")),
        (ALL, pgettext("tickets", "All")),
    ):
        url = _url(shown._replace(state=state), q=wanted.q, product=wanted.product)
        yield Tab(label, url, shown.state == state and not wanted.status)


def _questions() -> dict[str, Any]:
    """What waits for an answer of whoever may give one, and whether there is more of it."""
    rows: Sequence[AnyRow] = ()
    if permissions.can_file(actor()):
        rows = waiting_questions.of_actor(actor())
    more = url_for(".index", whose=MINE, status="pending") if rows[MAX_QUESTIONS:] else None
    return {"questions": tuple(map(_question, rows[:MAX_QUESTIONS])), "more_questions_url": more}


def _question(row: AnyRow) -> Question:
    number = format_number(row.id)
    words = in_a_line(row.html) if row.html else ""
    name = name_of(row) if words else ""
    url = url_for(".show", number=number)
    return Question(number, row.subject, url, row.asked_at, name, words)


def _product_name(number: str) -> str:
    """The product that the list is about; by its number, where the reader does not see it."""
    rows = products.by_ids(actor(), [parse_id(number) or 0]) if number else []
    return product_name(rows[0]) if rows else number


def _url(
    shown: Shown,
    wanted: TicketFilter | None = None,
    *,
    q: str = "",
    product: str = "",
    cursor: str | None = None,
) -> str:
    """The list of `shown`, without what is so anyway."""
    q, status = (wanted.q, wanted.status) if wanted else (q, "")
    product = wanted.product if wanted else product
    usual = Shown(_usual(), ALL if q or status else OPEN)
    changed = {
        name: value for name, value in shown._asdict().items() if value != getattr(usual, name)
    }
    return url_for(
        ".index",
        **changed,
        status=status or None,
        product=product or None,
        q=q or None,
        cursor=cursor,
    )
