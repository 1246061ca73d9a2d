"""What of a ticket leaves for the language model: redacted, cut to size, and without notes."""

import re
from collections.abc import Iterable, Sequence
from typing import Any

from portal.extensions import db
from portal.models.organizations import Organization
from portal.models.people import Actor, Role, User
from portal.models.people.person import name_of
from portal.models.tickets import Ticket
from portal.queries.assistance import material as queries
from portal.queries.assistance.material import SolvedTicket
from portal.queries.paging import AnyRow
from portal.queries.tickets import participants
from portal.queries.tickets import saved_replies as reply_queries
from portal.queries.tickets.saved_replies import SavedReplyRow
from portal.redaction import Redactor
from portal.services.tickets import saved_replies
from portal.text_analysis.languages import possible_languages

# Letters: of one message, of the whole conversation, and of a text from elsewhere.
_MAX_MESSAGE, _MAX_CONVERSATION, _MAX_OTHER = 4_000, 16_000, 1_500
_MAX_REPLIES = 3
_MIN_SHARED = 2
_WORD = re.compile(r"[^\W\d_]{4,}")
# Where telephones without a country code may be.
_REGION = "RU"


class Conversation:
    """The public messages of a ticket that `actor` sees, with who is redacted in them."""

    def __init__(self, actor: Actor, ticket: Ticket) -> None:
        self._actor, self._ticket = actor, ticket
        self._rows = _fitting(queries.messages(ticket))
        self._requester = db.session.get_one(User, ticket.requester_id)
        self._names: list[str] = []
        self._places: list[str] = []

    def redactor(self) -> Redactor:
        place = db.session.get_one(Organization, self._ticket.organization_id)
        self._names = list(self._people())
        self._places = [] if place.personal else [place.name]
        return Redactor(self._names, _REGION, places=self._places)

    def language(self) -> str:
        """That of the customer's newest words where they tell it, else the one they have chosen."""
        texts = [row.message for row in self._rows if row.role == Role.CUSTOMER]
        found = possible_languages(texts[-1]) if texts else ()
        return found[0] if len(found) == 1 else self._requester.locale

    def ticket(self, redactor: Redactor) -> dict[str, Any]:
        """Subject and messages."""
        return {
            "subject": redactor.redact(self._ticket.subject),
            "conversation": [
                {
                    "from": "customer" if row.role == Role.CUSTOMER else "staff",
                    "name": redactor.redact(name_of(row)),
                    "text": redactor.redact(row.message, _MAX_MESSAGE),
                }
                for row in self._rows
            ],
        }

    def examples(self, redactor: Redactor) -> dict[str, Any]:
        """Of solved tickets, from which nothing comes back; and saved replies."""
        replies = [
            saved_replies.fill(reply.message, actor=self._actor, ticket=self._ticket)
            for reply in self._replies()
        ]
        return {
            "solved_tickets": [
                self._example(solved) for solved in queries.solved_alike(self._actor, self._ticket)
            ],
            "saved_replies": [redactor.redact(text, _MAX_OTHER) for text in replies],
        }

    def _example(self, solved: SolvedTicket) -> dict[str, str]:
        """Without the names on either ticket."""
        people, places = queries.names(solved.id)
        redactor = Redactor([*self._names, *people], _REGION, places=[*self._places, *places])
        return {
            "subject": redactor.remove(solved.subject),
            "answer": redactor.remove(solved.answer, _MAX_OTHER),
        }

    def _people(self) -> Iterable[str]:
        yield from (name_of(row) for row in self._rows)
        yield from (one.name for one in participants.of_ticket(self._ticket.id))
        ids = {self._ticket.requester_id, self._ticket.assignee_id, self._actor.id} - {None}
        for user_id in ids:
            user = db.session.get_one(User, user_id)
            yield user.name
            yield user.email

    def _replies(self) -> list[SavedReplyRow]:
        """Those that share the most words with the conversation."""
        texts = [self._ticket.subject, *(row.message[:_MAX_MESSAGE] for row in self._rows)]
        words = _words(texts)
        rows = [
            row for row in reply_queries.visible(self._actor) if row.message and not row.internal
        ]
        shared = {row.id: len(words & _words([row.name, row.message])) for row in rows}
        alike = [row for row in rows if shared[row.id] >= _MIN_SHARED]
        return sorted(alike, key=lambda row: (-shared[row.id], row.id))[:_MAX_REPLIES]


def _words(texts: Iterable[str]) -> set[str]:
    """The beginnings of words: what bends them is mostly behind."""
    return {word[:6] for text in texts for word in _WORD.findall(text.casefold())}


def _fitting(rows: Sequence[AnyRow]) -> list[AnyRow]:
    """The first, and as many of the newest as fit together."""
    room = _MAX_CONVERSATION
    kept: list[AnyRow] = []
    for row in [*rows[:1], *rows[:0:-1]]:
        room -= min(len(row.message), _MAX_MESSAGE)
        if room < 0 and kept:
            break
        kept.append(row)
    return [*kept[:1], *kept[:0:-1]]
