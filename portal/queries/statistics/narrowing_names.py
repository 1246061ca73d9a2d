"""Names of what statistics are narrowed to, for whoever reads of it."""

from collections.abc import Iterable, Mapping
from urllib.parse import parse_qsl

from portal.models.organizations.organization import parse_id as parse_organization
from portal.queries.organizations import organizations
from portal.queries.people import users
from portal.queries.tickets.lists.ticket_filter import NOBODY
from portal.search_language.fields import NONE

# Words of a query by field, and the same with names; an empty text for none.
Words = Mapping[str, str]


def described(queries: Iterable[str]) -> list[Words]:
    """Of each query (`Narrowing.query`). What is gone keeps its number."""
    asked = [dict(parse_qsl(query)) for query in queries]
    people = {word: users.parse_id(word) for word in _words(asked, "assignee")}
    firms = {word: parse_organization(word) for word in _words(asked, "organization")}
    called = users.names({of for of in people.values() if of})
    firms_called = organizations.names({of for of in firms.values() if of})
    names = {
        "assignee": {word: called.get(of or 0, word) for word, of in people.items()},
        "organization": {word: firms_called.get(of or 0, word) for word, of in firms.items()},
    }
    lacking = {"assignee": NOBODY, "department": NONE}
    return [
        {
            field: "" if lacking.get(field) == word else names.get(field, {}).get(word, word)
            for field, word in words.items()
        }
        for words in asked
    ]


def _words(asked: Iterable[Words], field: str) -> set[str]:
    return {words[field] for words in asked if field in words}
