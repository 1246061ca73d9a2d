"""What a page of tickets was asked for by its address, and what it shows for that."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from portal.errors import Invalid, TooBroad
from portal.models.people import Actor
from portal.queries.paging import AnyRow, Page
from portal.queries.tickets.lists import ticket_list, typed_query
from portal.queries.tickets.lists.ticket_filter import TicketFilter, View, mistaken
from portal.queries.tickets.search import Query, of_words
from portal.queries.tickets.search.spellings import Leaf, leaves
from portal.search_language.mistakes import Mistake

# Matches that a list hides are counted up to here.
MANY = 100


@dataclass(frozen=True, slots=True)
class ListSearch:
    """`ignored` are arguments that the page does not know, with their values.

    `filter` is what was asked for, and `ordered` the same with what was typed as filters, for the
    orders that there are.
    """

    filter: TicketFilter
    ordered: TicketFilter
    page: Page[AnyRow]
    ignored: tuple[tuple[str, str], ...] = ()
    mistakes: tuple[Mistake, ...] = ()
    # The sentence of an error, in English.
    refusal: str = ""
    # The words that tickets were to have.
    words: tuple[Leaf, ...] = ()
    # How many tickets with the same words are not in this list, up to MANY.
    hidden: int = 0

    @property
    def mistaken(self) -> str:
        """`wrong` if nothing was looked for, `unfinished` if there is something to say."""
        if self.refusal or not all(mistake.is_unfinished for mistake in self.mistakes):
            return "wrong"
        return "unfinished" if self.mistakes else ""


def search(
    actor: Actor,
    args: Mapping[str, str],
    *,
    names: Collection[str],
    view: View = View.ALL,
    requester: str = "",
    done: bool = False,
    shared: bool = False,
) -> ListSearch:
    """The tickets for `args`, of which the page takes `names`; what else they are is told.

    `requester` narrows the list to that person's, `done` to what is solved or closed, `shared` to
    those of others in which the reader takes part.
    """
    wrong = mistaken(args)
    known = {name: args[name] for name in names if name in args and name not in wrong}
    ignored = [(name, value) for name, value in args.items() if name not in known and value]
    wanted = TicketFilter.from_args(known, view=view).best_first
    wanted = _narrowed(wanted, requester, done=done, shared=shared)
    typed = typed_query.understand(actor, wanted)
    query = of_words(typed.text, actor)
    try:
        wanted, page = _listed(actor, wanted, query, ignored)
    except TooBroad as error:
        return ListSearch(wanted, wanted, Page([], None), tuple(ignored), refusal=error.sentence)
    words = leaves(typed.text) if typed.text else ()
    hidden = _hidden(actor, wanted, query, page) if words else 0
    return ListSearch(
        wanted,
        replace(typed.filter, cursor=wanted.cursor),
        page,
        tuple(ignored),
        typed.mistakes,
        words=words,
        hidden=hidden,
    )


def _narrowed(wanted: TicketFilter, requester: str, *, done: bool, shared: bool) -> TicketFilter:
    if requester:
        wanted = wanted.with_requester(requester)
    if done:
        wanted = wanted.only_done
    return replace(wanted, shared=True) if shared else wanted


def _listed(
    actor: Actor, wanted: TicketFilter, query: Query, ignored: list[tuple[str, str]]
) -> tuple[TicketFilter, Page[AnyRow]]:
    """The page, or the first one if the cursor belongs to another order or to nothing."""
    try:
        return wanted, ticket_list.page(actor, wanted, query=query)
    except Invalid:
        ignored.append(("cursor", wanted.cursor))
        first = wanted.first_page
        return first, ticket_list.page(actor, first, query=query)


def _hidden(actor: Actor, wanted: TicketFilter, query: Query, page: Page[AnyRow]) -> int:
    """How many matches of the same words the other filters keep out, up to MANY."""
    wider = wanted.all_matches
    if wanted.cursor or wider == wanted:
        return 0
    try:
        everywhere = ticket_list.count(actor, wider, limit=MANY, query=query)
        if page.next is None:
            return everywhere - min(len(page.rows), everywhere)
        return everywhere - ticket_list.count(actor, wanted, limit=everywhere, query=query)
    except TooBroad:  # the list itself is none the worse for it
        return 0
