"""Places of searched words in the messages of found tickets."""

from flask import Flask

from portal.queries.tickets.search import excerpts, leaves, searched
from portal.search_language.parser import parse
from tests import factories
from tests.cast import Cast

# The first id that a column of four bytes could not hold.
_LARGE = 2**31


def test_tickets_with_ids_of_more_than_four_bytes_have_excerpts(app: Flask, cast: Cast) -> None:
    ticket = factories.file_ticket(app, cast.ann, "Noise", "From the printer.")
    tree = parse("printer", {}).tree
    assert tree
    with app.app_context():
        found = excerpts([_LARGE, ticket.id], searched(leaves(tree)), staff=True)
    assert list(found) == [ticket.id]
    assert ("printer", True) in found[ticket.id].segments
