"""Who has the searched names and addresses: their marks in search documents.

Names are looked up for each search and stand in no document, so a rename is followed at once. The
newest so many owners of a word count; whoever has two neighbouring words is found in any case.
"""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    bindparam,
    cast,
    exists,
    literal_column,
    null,
    or_,
    select,
    union_all,
)
from sqlalchemy.orm import aliased

from portal.models.people import Actor, Role, User
from portal.models.tickets.search_name import SearchName
from portal.prepared import Prepared
from portal.queries.paging import AnyRow, AnySelect
from portal.queries.tickets.search.documents import (
    assignee_mark,
    author_mark,
    internal,
    organization_mark,
    participant_mark,
    requester_mark,
)
from portal.queries.tickets.search.leaves import Names, is_beginning
from portal.search_language.tree import And, Not, Or, Tree, Word
from portal.security.addresses import spellings
from portal.text_analysis.tokens import tokens

_MAX_OWNERS = 50
_MAX_WORDS = 6
_MAX_ADDRESSES = 2
_ADDRESS = re.compile(r"[\w.+'-]+@[\w-]+(?:\.[\w-]+)+")
_AFTER_ALL = "\U0010ffff"


class _Shape(NamedTuple):
    """How many words and addresses are looked up, and whether the last word may be unfinished."""

    words: int
    addresses: int
    begins: bool
    staff: bool


def marks(tree: Tree, actor: Actor, last: Word | None) -> Names:
    """The marks of those whom words of `tree` name; `last` may be unfinished.

    Customers find colleagues and staff by name, and nobody by address.
    """
    words = _words(tree)
    addresses = _addresses(tree) if actor.is_staff else []
    if not words and not addresses:
        return {}
    unfinished = bool(last and words and is_beginning(words[-1]) and words[-1] in _words(last))
    shape = _Shape(len(words), len(addresses), unfinished, actor.is_staff)
    values = {f"word_{at}": word for at, word in enumerate(words)}
    values |= {f"address_{at}": spellings(text)[-1] for at, text in enumerate(addresses)}
    if unfinished:
        values["end"] = words[-1] + _AFTER_ALL
    known = _owners(shape).all({**values, "organization_id": actor.organization_id})
    return _by_word([*words, *addresses], known, staff=actor.is_staff)


def _by_word(texts: Sequence[str], known: Sequence[AnyRow], *, staff: bool) -> Names:
    found: dict[str, list[str]] = {}
    for at, user_id, organization_id in known:
        owner = (
            [organization_mark(organization_id)]
            if user_id is None
            else _person_marks(user_id, staff=staff)
        )
        found.setdefault(texts[at], []).extend(owner)
    return {text: tuple(dict.fromkeys(of)) for text, of in found.items()}


def _person_marks(user_id: int, *, staff: bool) -> list[str]:
    public = [requester_mark(user_id), author_mark(user_id), participant_mark(user_id)]
    if not staff:
        return public
    return [*public, internal(author_mark(user_id)), assignee_mark(user_id)]


def _leaves(tree: Tree) -> Iterator[Word]:
    match tree:
        case Word():
            yield tree
        case And(parts) | Or(parts):
            for part in parts:
                yield from _leaves(part)
        case Not(part):
            yield from _leaves(part)


def _words(tree: Tree) -> list[str]:
    """Folded words that may be names, the last one last."""
    found = [
        token.whole or token.parts[0]
        for leaf in _leaves(tree)
        if "@" not in leaf.text
        for token in tokens(leaf.text)
    ]
    alphabetic = [word for word in found if not word.isdigit()]
    return list(dict.fromkeys(reversed(alphabetic)))[:_MAX_WORDS][::-1]


def _addresses(tree: Tree) -> list[str]:
    found = (leaf.text.lower() for leaf in _leaves(tree) if _ADDRESS.fullmatch(leaf.text))
    return list(dict.fromkeys(found))[:_MAX_ADDRESSES]


@lru_cache(maxsize=256)
def _owners(shape: _Shape) -> Prepared[AnyRow]:
    places = range(shape.words)
    arms = [_address(shape.words + at, at) for at in range(shape.addresses)]
    for owner in (SearchName.user_id, SearchName.organization_id):
        of = _Arms(owner, shape.staff)
        arms += [of.word(at) for at in places]
        for first, second in pairwise(places):
            arms += [of.pair(at, first, second) for at in (first, second)]
        if shape.begins:
            arms.append(of.beginning(places[-1]))
    return Prepared(union_all(*arms) if len(arms) > 1 else arms[0])


class _Arms(NamedTuple):
    """Statements for the owners of names, `owner` being the column of users or organizations."""

    owner: Any
    staff: bool

    def word(self, at: int) -> AnySelect:
        """The newest who have a word."""
        return self._newest(at, SearchName.word == bindparam(f"word_{at}"))

    def pair(self, at: int, first: int, second: int) -> AnySelect:
        """Who has both of two neighbouring words, however many have one of them."""
        other = aliased(SearchName)
        both = (
            SearchName.word == bindparam(f"word_{first}"),
            other.word == bindparam(f"word_{second}"),
            getattr(other, self.owner.key) == self.owner,
        )
        return self._newest(at, *both)

    def beginning(self, at: int) -> AnySelect:
        """Who has a word that begins with an unfinished one."""
        after = (SearchName.word > bindparam(f"word_{at}"), SearchName.word < bindparam("end"))
        return self._listed(self._selected(at, *after).order_by(SearchName.word, self.owner))

    def _newest(self, at: int, *which: Any) -> AnySelect:
        return self._listed(self._selected(at, *which).order_by(self.owner.desc()))

    def _selected(self, at: int, *which: Any) -> AnySelect:
        query = select(_place(at), SearchName.user_id, SearchName.organization_id)
        return query.where(*which, self.owner.is_not(None), *self._seen())

    def _seen(self) -> Iterator[ColumnElement[bool]]:
        """Customers see their organization, and staff."""
        own = bindparam("organization_id", type_=BigInteger)
        if self.staff:
            return
        if self.owner is SearchName.organization_id:
            yield self.owner == own
        else:
            seen = or_(User.organization_id == own, User.role != Role.CUSTOMER)
            yield exists().where(User.id == self.owner, seen)

    def _listed(self, query: AnySelect) -> AnySelect:
        return select(query.limit(_MAX_OWNERS).subquery())


def _address(at: int, number: int) -> AnySelect:
    nowhere = cast(null(), BigInteger).label("organization_id")
    person = User.email == bindparam(f"address_{number}")
    return select(_place(at), User.id.label("user_id"), nowhere).where(person)


def _place(at: int) -> Any:
    return literal_column(str(at), BigInteger).label("at")
