"""The benchmark's data: tickets by the ten thousand, written in bulk, the same in every run.

Each ticket has three comments, its history, tags, search document and place in the counts, as the
services would have left it; one has thirty comments, one ten thousand. The clock is never asked.
"""

import random
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import accumulate, chain
from typing import Any

from sqlalchemy import Engine

from portal.markdown import RENDERER_VERSION
from portal.models.organizations import Organization
from portal.models.people import Right, User
from portal.models.tickets import (
    Comment,
    EventKind,
    SavedView,
    SearchDocument,
    SearchName,
    Tag,
    Ticket,
    TicketCount,
    TicketEvent,
    TicketTag,
    search_name,
)
from portal.queries.tickets.search import documents
from portal.security.people.passwords import hash_password
from tests.bench import words
from tests.bench.bulk import Insert, loading

STAFF, CUSTOMERS, ORGANIZATIONS, TAGS = 20, 1000, 300, 60
STAFF_EMAIL, CUSTOMER_EMAIL = "staff1@desk.example", "customer1@company.example"
PASSWORD = "not a secret: bench"
COMMENTS, MANY_COMMENTS, HUGE = 3, 30, 10_000
# Different subjects, and different messages.
VARIETY = 4000
_DESK = 1
_START = datetime(2024, 1, 1, tzinfo=UTC)
_DAYS = 700
_BATCH = 5000
_Weights = tuple[list[Any], list[int]]


def _weights(shares: dict[Any, int]) -> _Weights:
    return list(shares), list(accumulate(shares.values()))


# In per cent; a little more than a third is work to do.
_STATUSES = _weights(
    {"new": 7, "open": 13, "pending": 10, "on_hold": 5, "solved": 20, "closed": 45}
)
_PRIORITIES = _weights({1: 15, 2: 55, 3: 22, 4: 8})
_FIRST = words.listed(
    "Ada Boris Clara Dmitry Elena Felix Galina Henry Irina Jonas Katya Leo Maria Nikita"
)
_LAST = words.listed(
    "Adler Belov Cooper Danilov Evans Fomin Green Ivanova Jansen Kuzmin Lind Morozova"
)


def long_ticket(tickets: int) -> int:
    """The id of the ticket with thirty comments."""
    return tickets // 2


def huge_ticket(tickets: int) -> int:
    """The id of the ticket with ten thousand."""
    return tickets // 2 + 1


def _number_of_comments(ticket_id: int, total: int) -> int:
    more = {long_ticket(total): MANY_COMMENTS, huge_ticket(total): HUGE}
    return more.get(ticket_id, COMMENTS)


_VIEW = {
    "id": 1,
    "owner_id": 1,
    "name": "High",
    "query": "view=all&priority=high",
    "shared": False,
    "position": 0,
    "key": 1,
    "created_at": _START,
}


def build(engine: Engine, tickets: int) -> None:
    """Fill the migrated, empty database at `engine`."""
    rng = random.Random(tickets)
    with loading(engine) as insert:
        _people(insert, rng)
        insert(Tag, [{"id": n, "name": f"tag-{n}"} for n in range(1, TAGS + 1)])
        insert(SavedView, [_VIEW])
        customers = _customers(random.Random(1))
        counts: Counter[tuple[str, int, int, bool]] = Counter()
        texts = _Texts(rng)
        for first in range(1, tickets + 1, _BATCH):
            last = min(first + _BATCH, tickets + 1)
            _tickets(insert, rng, range(first, last), tickets, customers, texts, counts)
        insert(TicketCount, _cells(counts))


def _cells(counts: Counter[tuple[str, int, int, bool]]) -> list[dict[str, Any]]:
    return [
        {
            "status": status,
            "priority": priority,
            "assignee_id": assignee,
            "tickets": sum(counts[status, priority, assignee, waits] for waits in (False, True)),
            "waiting": counts[status, priority, assignee, True],
        }
        for status, priority, assignee in {key[:3]: None for key in counts}
    ]


class _Texts:
    def __init__(self, rng: random.Random) -> None:
        self.subjects = words.subjects(rng, VARIETY)
        self.messages = words.messages(rng, VARIETY)


def _customers(rng: random.Random) -> list[tuple[int, int]]:
    """(user id, organization id): the first ones are alone, the others share the rest."""
    return [
        (STAFF + n, _DESK + (n if n <= ORGANIZATIONS else rng.randint(1, ORGANIZATIONS)))
        for n in range(1, CUSTOMERS + 1)
    ]


def _people(insert: Insert, rng: random.Random) -> None:
    names = ["Desk", *(f"Company {n}" for n in range(1, ORGANIZATIONS + 1))]
    organizations = [
        {"id": n, "name": name, "personal": False, "created_at": _START}
        for n, name in enumerate(names, 1)
    ]
    insert(Organization, organizations)
    secret = hash_password(PASSWORD, rounds=4)
    staff = [(n, _DESK, f"staff{n}@desk.example", "staff") for n in range(1, STAFF + 1)]
    others = [
        (user, organization, f"customer{user - STAFF}@company.example", "customer")
        for user, organization in _customers(random.Random(1))
    ]
    users = [
        {
            "id": user,
            "organization_id": organization,
            "email": email,
            "role": role,
            "rights": Right.STATISTICS.value if email == STAFF_EMAIL else "",
            "organization_role": "owner" if role == "customer" else "user",
            "password_hash": secret,
            "first_name": rng.choice(_FIRST),
            "last_name": rng.choice(_LAST),
            "is_active": True,
            "is_verified": True,
            "epoch": 0,
            "locale": "en",
            "timezone": "Europe/Moscow",
            "created_at": _START,
        }
        for user, organization, email, role in staff + others
    ]
    insert(User, users)
    insert(SearchName, [*_names(Organization, organizations), *_names(User, users)])


def _names(model: Any, owners: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    words = search_name.user_words if model is User else search_name.organization_words
    column = "user_id" if model is User else "organization_id"
    for owner in owners:
        row = search_name.rows(words(model(**owner)), **{column: owner["id"]})
        yield from ({"user_id": None, "organization_id": None, **word} for word in row)


def _tickets(
    insert: Insert,
    rng: random.Random,
    ids: range,
    total: int,
    customers: list[tuple[int, int]],
    texts: _Texts,
    counts: Counter[tuple[str, int, int, bool]],
) -> None:
    rows: dict[Any, list[dict[str, Any]]] = {
        model: [] for model in (Ticket, Comment, TicketEvent, TicketTag, SearchDocument)
    }
    for ticket_id in ids:
        filed = _START + timedelta(days=_DAYS * ticket_id / total)
        ticket = _ticket(rng, ticket_id, filed, customers, texts)
        comments = _comments(rng, ticket, total, texts)
        _remember_last(ticket, comments, total)
        found = chain(ticket.pop("terms"), *(comment.pop("terms") for comment in comments))
        waits = ticket["waiting_since"] is not None
        counts[ticket["status"], ticket["priority"], ticket["assignee_id"] or 0, waits] += 1
        rows[Comment] += comments
        rows[TicketEvent] += _events(ticket, comments)
        ticket["updated_at"] = comments[-1]["created_at"]
        ticket["version"] = len(comments)
        rows[SearchDocument].append(_document(ticket, comments, found))
        rows[TicketTag] += [
            {"ticket_id": ticket_id, "tag_id": tag}
            for tag in rng.sample(range(1, TAGS + 1), rng.choice((0, 1, 1, 2)))
        ]
        rows[Ticket].append(ticket)
    for model, new in rows.items():
        insert(model, new)


def _document(
    ticket: dict[str, Any], comments: list[dict[str, Any]], terms: Iterable[str]
) -> dict[str, Any]:
    head = documents.head(
        ticket_id=ticket["id"],
        organization_id=ticket["organization_id"],
        requester_id=ticket["requester_id"],
        participant_ids=(),
    )
    authors = {documents.author_mark(comment["author_id"]): None for comment in comments}
    assignee = ticket["assignee_id"]
    return {
        "ticket_id": ticket["id"],
        "public": " ".join([head, *authors, *dict.fromkeys(terms)]),
        "internal": documents.assignee_mark(assignee) if assignee else "",
    }


def _ticket(
    rng: random.Random,
    ticket_id: int,
    filed: datetime,
    customers: list[tuple[int, int]],
    texts: _Texts,
) -> dict[str, Any]:
    requester, organization = rng.choice(customers)
    subject, terms = rng.choice(texts.subjects)
    if ticket_id % 1000 == 500:
        subject, terms = f"{subject} {words.RARE}", (*terms, *words.terms(words.RARE))
    status = _pick(rng, _STATUSES)
    idle = 0.9 if status == "new" else 0.1
    return {
        "id": ticket_id,
        "organization_id": organization,
        "requester_id": requester,
        "assignee_id": None if rng.random() < idle else rng.randint(1, STAFF),
        "subject": subject,
        "terms": terms,
        "status": status,
        "priority": _pick(rng, _PRIORITIES),
        "type": rng.choice(("incident", "request", "problem", "change", None)),
        "department": rng.choice(("Billing", "Technical support", "Sales", None)),
        "language": rng.choice(("en", "ru")),
        "created_at": filed,
    }


def _comments(
    rng: random.Random, ticket: dict[str, Any], total: int, texts: _Texts
) -> list[dict[str, Any]]:
    number = _number_of_comments(ticket["id"], total)
    answers = ticket["assignee_id"] or rng.randint(1, STAFF)
    moment, made = ticket["created_at"], []
    for at in range(number):
        message = rng.choice(texts.messages)
        made.append(
            {
                "ticket_id": ticket["id"],
                "author_id": answers if at % 2 else ticket["requester_id"],
                "internal": False,
                "message": message.text,
                "html": message.html,
                "excerpt": message.excerpt,
                "terms": message.terms,
                "renderer_version": RENDERER_VERSION,
                "ticket_version": at + 1,
                "created_at": moment,
            }
        )
        # However many there are, they take about as long.
        share = min(1, MANY_COMMENTS / number)
        moment += timedelta(minutes=share * rng.expovariate(1 / 600))
    return made


def _remember_last(ticket: dict[str, Any], comments: list[dict[str, Any]], total: int) -> None:
    """What lists say of the conversation. An odd number of comments ends with the requester's."""
    last = comments[-1]
    done = ticket["status"] in {"solved", "closed"}
    answered = last["author_id"] != ticket["requester_id"]
    ticket["waiting_since"] = None if done or answered else last["created_at"]
    # Comments get their ids in the order in which they are inserted.
    ticket["last_message_id"] = COMMENTS * ticket["id"] + sum(
        _number_of_comments(one, total) - COMMENTS
        for one in (long_ticket(total), huge_ticket(total))
        if ticket["id"] >= one
    )
    ticket["last_message_by_id"] = last["author_id"]
    ticket["last_message_excerpt"] = last["excerpt"]


def _events(ticket: dict[str, Any], comments: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """The history, without its comments' ids: those are the database's to give."""
    filed = {"ticket_id": ticket["id"], "comment_id": None}
    yield filed | {
        "kind": EventKind.FILED,
        "actor_id": ticket["requester_id"],
        "data": {},
        "created_at": ticket["created_at"],
    }
    if ticket["assignee_id"]:
        yield filed | {
            "kind": EventKind.ASSIGNEE,
            "actor_id": ticket["assignee_id"],
            "data": {"from": None, "to": ticket["assignee_id"], "name": "Ada Adler"},
            "created_at": comments[1]["created_at"],
        }
    if ticket["status"] != "new":
        yield filed | {
            "kind": EventKind.STATUS,
            "actor_id": comments[1]["author_id"],
            "data": {"from": "new", "to": ticket["status"]},
            "created_at": comments[-1]["created_at"],
        }


def _pick(rng: random.Random, weights: _Weights) -> Any:
    return rng.choices(weights[0], cum_weights=weights[1])[0]
