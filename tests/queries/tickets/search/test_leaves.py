"""What words ask of the index."""

from hypothesis import given
from hypothesis import strategies as st

from portal.queries.tickets.search.expressions import All, Any, AnyTerm, Expression, Without
from portal.queries.tickets.search.leaves import Leaves

WORDS = st.text("abizé1-.@_", min_size=1, max_size=12)


def any_terms(expression: Expression | None) -> list[AnyTerm]:
    match expression:
        case AnyTerm():
            return [expression]
        case All(parts) | Any(parts):
            return [term for part in parts for term in any_terms(part)]
        case Without(wanted, unwanted):
            return any_terms(wanted) + any_terms(unwanted)
    return []


@given(WORDS, st.booleans())
def test_no_term_is_asked_for_that_begins_as_the_unfinished_word_does(
    text: str, staff: bool
) -> None:
    for found in any_terms(Leaves(staff, {}).word(text, begins=True)):
        assert not [term for term in found.terms if term.startswith(found.beginnings)]


@given(WORDS, st.booleans())
def test_an_unfinished_word_finds_what_the_finished_one_does(text: str, staff: bool) -> None:
    leaves = Leaves(staff, {})
    finished = any_terms(leaves.word(text, begins=False))
    unfinished = any_terms(leaves.word(text, begins=True))
    wanted = {term for found in unfinished for term in found.terms}
    begun = tuple(term for found in unfinished for term in found.beginnings)
    for term in (term for found in finished for term in found.terms):
        assert term in wanted or term.startswith(begun)
