"""Visible tickets whose subjects are like one that somebody is typing, the best first."""

import re

from portal.errors import TooBroad
from portal.models.people import Actor
from portal.queries.paging import AnyRow
from portal.queries.tickets import search
from portal.queries.tickets.lists import ticket_list, typed_query
from portal.queries.tickets.lists.ticket_filter import MAX_QUERY, Sort, TicketFilter

MAX_EARLIER = 4
# So many of the best matches are compared.
_COMPARED = 20
_MAX_WORDS = 6
_LONG_WORD = re.compile(r"[^\W\d_]\w{3,30}")


def to_subject(actor: Actor, subject: str) -> list[AnyRow]:
    """Rows as `ticket_list.page` has them. Half of the longest words have to be in the subject."""
    typed = " OR ".join(_words(subject))[:MAX_QUERY]
    if not typed:
        return []
    wanted = TicketFilter(q=typed, sort=Sort.RELEVANCE)
    try:
        rows = ticket_list.page(actor, wanted, size=_COMPARED).rows
    except TooBroad:
        return []
    tree = typed_query.understand(actor, wanted).text
    if tree is None:
        return []
    searched = search.searched(search.leaves(tree))
    fitting = [(sum(map(bool, searched.line(row.subject).fits)), row) for row in rows]
    enough = [pair for pair in fitting if pair[0] * 2 >= len(searched.leaves)]
    return [row for _fits, row in sorted(enough, key=lambda pair: -pair[0])[:MAX_EARLIER]]


def _words(subject: str) -> list[str]:
    """The longest words, in the order in which they were typed: the last may be unfinished."""
    words = list(dict.fromkeys(_LONG_WORD.findall(subject)))
    longest = set(sorted(words, key=len, reverse=True)[:_MAX_WORDS])
    return [word for word in words if word in longest]
