"""A page asks the database the same number of questions, however much it shows."""

import re
from collections.abc import Callable

import pytest
from flask import Flask

from portal.extensions import db
from portal.models.inbound import InboundMessage, InboundState, InboundWay, Reason
from portal.models.tickets import Ticket
from portal.queries.statistics import report
from portal.queries.tickets import timeline
from portal.queries.tickets.search import frequency
from portal.services.inbound import blocked_senders, mailbox_settings, messages
from portal.services.inbound.mailbox_settings import MailboxValues
from portal.services.statistics import counting
from portal.services.tickets import comments, saved_views
from portal.services.tickets import tickets as ticket_services
from portal.storage import Stored
from portal.web.templating import fragment_cache
from tests import factories
from tests.cast import Cast, make_cast
from tests.page import Visitor
from tests.statements import statements

MANY = 30
QUEUE_AT_MOST = 6
# Whether or not a number has changed (one asks whether there is a backup), and what counting costs.
STATISTICS_AT_MOST, STATISTICS_ANEW = 8, 3
# A list of values, as long as there are any.
_LISTED = re.compile(r" IN \((?:\?|%\(\w+\)s(?:::\w+)?)(?:, (?:\?|%\(\w+\)s(?:::\w+)?))*\)")
PAGES = [
    ("sam", "/tickets/queue"),
    ("sam", "/tickets/queue?view=all&sort=-priority"),
    ("sam", "/tickets/queue?view=all&q=matter"),
    ("sam", "/tickets/queue?q=-status:closed+from:ann+matter+OR+tag:network"),
    ("sam", "/tickets/queue?requester=USR000001&organization=ORG000001"),
    ("sam", "/tickets/queue?tag=network"),
    ("sam", "/tickets/queue/views"),
    ("sam", "/go?q=matter&ticket=REQ000001"),
    ("sam", "/tickets/"),
    ("sam", "/tickets/trash"),
    ("sam", "/tickets/new"),
    ("sam", "/tickets/REQ000001"),
    ("sam", "/tickets/REQ000001/similar"),
    ("sam", "/people/USR000001"),
    ("sam", "/people/USR000001/log"),
    ("sam", "/organizations/ORG000001"),
    ("sam", "/organizations/ORG000001/log"),
    ("ann", "/tickets/"),
    ("ann", "/tickets/?q=matter"),
    ("ann", "/tickets/?whose=mine&state=all"),
    ("bob", "/tickets/"),
    ("ann", "/tickets/REQ000001"),
    ("ada", "/admin/"),
    ("ada", "/admin/?department=none"),
    ("ada", "/admin/statistics/people.csv"),
    ("ada", "/admin/statistics/hours"),
    ("ada", "/admin/users"),
    ("ada", "/admin/staff"),
    ("ada", "/admin/jobs"),
    ("ada", "/admin/mail"),
    ("ada", "/admin/mail?view=held&sender=sam@example.com"),
    ("ada", "/admin/mail/mailboxes"),
    ("ada", "/admin/mail/blocked"),
    ("sam", "/account/mail"),
    ("ann", "/account/organization/products"),
]


def fill(app: Flask, cast: Cast, tickets: int) -> None:
    """So many tickets of Ann's, each with a tag, and as many in the trash; so many answers on the
    first, which waits for one more."""
    with factories.writing(app):
        for number in range(tickets):
            ticket = ticket_services.file(
                actor=cast.ann, subject=f"Matter {number}", message="Please help."
            )
            ticket_services.set_tags(actor=cast.sam, ticket=ticket, names=["network"])
            gone = ticket_services.file(actor=cast.ann, subject="Spam", message="Buy now.")
            ticket_services.delete(actor=cast.sam, ticket=gone)
        first = db.session.get_one(Ticket, 1)
        for number in range(tickets):
            owner = number % 3 + 1
            query = f"requester=USR{owner:06d}&organization=ORG{owner:06d}"
            saved_views.create(actor=cast.sam, name=f"View {number}", query=query)
            comments.post(actor=cast.sam, ticket=first, message="Looking into it.")
        comments.post(actor=cast.ann, ticket=first, message="It is cold.")
        counting.count_some()
        _fill_mail(cast, tickets)


def _fill_mail(cast: Cast, number: int) -> None:
    """So many mailboxes and blocked senders, and mails in Sam's name that wait."""
    for at in range(number):
        mailbox = mailbox_settings.create(
            actor=cast.ada, values=MailboxValues(address=f"box{at}.of.{number}@example.net")
        )
        blocked_senders.block(actor=cast.ada, pattern=f"list{at}.of{number}.example")
        kept = messages.keep(
            stored=Stored(f"{at} of {number}", 1, "x"),
            fingerprint="x",
            way=InboundWay.API,
            recipients=[],
            mailbox=mailbox,
        )
        held = db.session.get_one(InboundMessage, kept.id)
        held.state, held.reason = InboundState.HELD, Reason.UNPROVEN_STAFF
        held.sender, held.user_id = cast.sam.email, cast.sam.id


def forget_statistics() -> None:
    """What was counted and rendered for somebody before would ask nothing."""
    fragment_cache._large_part.cache_clear()
    report.tally.cache_clear()


@pytest.fixture(scope="module")
def asked(shared_app: Flask) -> dict[tuple[str, str], list[list[str]]]:
    """Of each page: what it asks when there is one of all, and when there are many."""
    cast = make_cast(shared_app)
    readers = {name: Visitor(shared_app).sign_in(getattr(cast, name)) for name, _path in PAGES}
    found: dict[tuple[str, str], list[list[str]]] = {page: [] for page in PAGES}
    for number in (1, MANY):
        fill(shared_app, cast, tickets=number)
        for name, path in PAGES:
            # What was rendered for somebody before would ask nothing.
            fragment_cache._row.cache_clear()
            fragment_cache._part.cache_clear()
            forget_statistics()
            with pytest.MonkeyPatch.context() as patch, statements(shared_app) as seen:
                # A word that most tickets have is asked for in another way, as often.
                patch.setattr(frequency, "_FREQUENT", MANY)
                # What is folded is counted: there is something to fold in both.
                patch.setattr(timeline, "RECENT", number)
                readers[name].get(path)
            found[name, path].append([_LISTED.sub(" IN (...)", statement) for statement in seen])
    return found


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_thirty_rows_ask_as_much_as_one(
    asked: dict[tuple[str, str], list[list[str]]], page: tuple[str, str]
):
    few, many = asked[page]
    assert few and few == many


@pytest.mark.parametrize("person", ["ann", "sam"])
def test_a_rating_costs_its_ticket_no_question(
    app: Flask, cast: Cast, visit: Callable[[], Visitor], person: str
):
    filed = factories.file_ticket(app, cast.ann)
    reader = visit().sign_in(getattr(cast, person))
    with statements(app) as before:
        reader.get(f"/tickets/{filed.number}")
    factories.rate_ticket(app, cast.ann, filed, comment="It is warm again.")
    with statements(app) as after:
        assert "warm again" in reader.get(f"/tickets/{filed.number}").words
    assert before == after


@pytest.mark.parametrize(
    "query", ["", "view=mine", "tag=network&view=all", "q=status:open,new+is:mine"]
)
def test_the_queue_asks_at_most_six_questions(
    app: Flask, cast: Cast, visit: Callable[[], Visitor], query: str
):
    fill(app, cast, tickets=2)
    sam = visit().sign_in(cast.sam)
    with statements(app) as seen:
        sam.get(f"/tickets/queue?{query}")
    assert 0 < len(seen) <= QUEUE_AT_MOST


@pytest.mark.parametrize("query", ["", "range=365d", "department=none&channel=api"])
def test_the_statistics_ask_less_while_no_number_changes(
    app: Flask, cast: Cast, visit: Callable[[], Visitor], query: str
):
    fill(app, cast, tickets=2)
    ada = visit().sign_in(cast.ada)
    forget_statistics()
    with statements(app) as seen:
        ada.get(f"/admin/?{query}")
    assert 0 < len(seen) <= STATISTICS_AT_MOST + STATISTICS_ANEW
    with statements(app) as seen:
        ada.get(f"/admin/?{query}")
    assert 0 < len(seen) <= STATISTICS_AT_MOST


@pytest.mark.parametrize(
    ("query", "more"),
    [
        ("view=all&q=matter", {"names", "best", "sample", "texts"}),
        ("q=matter", {"names", "best", "sample", "texts", "hidden"}),
        (
            "view=all&q=matter+help",
            {"names", "best", "sample", "frequencies", "documents", "texts"},
        ),
    ],
)
def test_a_search_asks_one_question_more_for_each_thing_that_it_shows(
    app: Flask, cast: Cast, visit: Callable[[], Visitor], query: str, more: set[str]
):
    fill(app, cast, tickets=2)
    sam = visit().sign_in(cast.sam)
    with statements(app) as seen:
        sam.get(f"/tickets/queue?{query}")
    assert 0 < len(seen) <= QUEUE_AT_MOST + len(more)
