"""Tickets on the same matter: those that share rare words with a text, by one statement.

A word says the more the fewer tickets have it. What many have says nothing, and is not read to its
end. Names count as they stand in texts: whoever is called like the requester is no matter.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import lru_cache
from math import log2

from sqlalchemy import func, literal_column, select, union_all

from portal.models.people import Actor
from portal.models.tickets import Ticket
from portal.prepared import Prepared
from portal.queries.paging import AnyRow, AnySelect
from portal.queries.tickets.search.conditions import INDEX, matches_word
from portal.queries.tickets.search.expressions import AnyTerm, Expression, all_of
from portal.queries.tickets.search.leaves import Leaves
from portal.queries.tickets.search.matching import own_marks
from portal.text_analysis.tokens import Token, neighbours, tokens

_MAX_WORDS = 20
_MIN_LENGTH = 3
# A word that so many tickets have says nothing.
_MANY = 200
# A word of the subject says so much more than one of the message.
_SUBJECT = 2
_NEWEST = -1


def similar_ids(subject: str, message: str, actor: Actor, *, besides: int = 0) -> list[int]:
    """Ids of tickets that `actor` sees by words of these texts, the most alike first."""
    words = dict.fromkeys(_words(subject), _SUBJECT)
    words |= {word: 1 for word in _words(message) if word not in words}
    asked = _asked(list(words)[:_MAX_WORDS], actor)
    if not asked:
        return []
    places = {f"word_{at}": expression for at, expression in enumerate(asked.values())}
    rows = _statement(len(asked)).all(places)
    weights = [words[word] for word in asked]
    points = _points(rows, weights)
    points.pop(besides, None)
    return sorted(points, key=lambda ticket_id: (points[ticket_id], ticket_id), reverse=True)


def _points(rows: Sequence[AnyRow], weights: Sequence[int]) -> dict[int, float]:
    """Points by ticket, of those that share as much as a word that nobody else has, and two."""
    having: dict[int, list[int]] = defaultdict(list)
    for place, ticket_id in rows:
        having[place].append(ticket_id or 0)
    newest = max(having.pop(_NEWEST, [0])[0], 2)
    points: dict[int, float] = defaultdict(float)
    shared: dict[int, int] = defaultdict(int)
    for place, ids in having.items():
        if len(ids) < _MANY:
            weight = weights[place] * log2(max(newest / len(ids), 1))
            for ticket_id in ids:
                points[ticket_id] += weight
                shared[ticket_id] += 1
    enough = log2(newest)
    return {of: sum_ for of, sum_ in points.items() if shared[of] > 1 and sum_ >= enough}


def _words(text: str) -> Iterator[str]:
    for token in tokens(text):
        yield from _of_token(token)


def _of_token(token: Token) -> Sequence[str]:
    """A word; of a script without spaces each pair of its characters."""
    if token.unspaced:
        return neighbours(token.parts[0])
    word = token.raw_whole or token.raw[0]
    return (word,) if len(word) >= _MIN_LENGTH else ()


def _asked(words: Sequence[str], actor: Actor) -> dict[str, Expression]:
    """What each word asks of the index, narrowed to what `actor` sees."""
    leaves, marks = Leaves(staff=actor.is_staff, names={}), own_marks(actor)
    found = {word: leaves.word(word, begins=False) for word in words}
    return {
        word: all_of([AnyTerm(marks), expression]) if marks else expression
        for word, expression in found.items()
        if expression is not None
    }


@lru_cache(maxsize=_MAX_WORDS)
def _statement(words: int) -> Prepared[AnyRow]:
    newest: AnySelect = select(literal_column(str(_NEWEST)), func.max(Ticket.id))
    return Prepared(union_all(newest, *map(_having, range(words))))


def _having(place: int) -> AnySelect:
    some = select(INDEX.c.rowid).where(matches_word(place, _MANY)).limit(_MANY).subquery()
    return select(literal_column(str(place)), some.c.rowid)
