"""Search documents: a ticket's terms as text, each once, with marks for its people.

A mark begins with an underscore, which no word contains. Terms of internal notes carry a prefix,
so they are different words to the index, and no query of a customer asks for them.
"""

from collections.abc import Iterable, Mapping

from portal.text_analysis.terms import number_term

MAX_DOCUMENT = 200_000
_INTERNAL = "_i"


def add_terms(document: str, terms: Iterable[str]) -> str:
    """`document` with those of `terms` that it lacks, up to MAX_DOCUMENT characters."""
    known = dict.fromkeys(document.split())
    length = len(document)
    for term in terms:
        if term not in known:
            length += len(term) + 1
            if length > MAX_DOCUMENT:
                break
            known[term] = None
    return " ".join(known)


def replace_marks(document: str, *, old: Iterable[str], new: Iterable[str]) -> str:
    """`document` with the marks `new` in place of `old`."""
    gone = set(old)
    return " ".join([*new, *(term for term in document.split() if term not in gone)])


def rename_marks(document: str, names: Mapping[str, str]) -> str:
    """`document` with other marks in place of those that it has of `names`."""
    return " ".join(dict.fromkeys(names.get(term, term) for term in document.split()))


def internal(term: str) -> str:
    """`term` as it stands in internal notes."""
    return _INTERNAL + term


def owner_marks(*, organization_id: int, requester_id: int) -> list[str]:
    """The marks of a ticket's organization and requester."""
    return [organization_mark(organization_id), requester_mark(requester_id)]


def organization_mark(organization_id: int) -> str:
    return f"_o{organization_id}"


def requester_mark(user_id: int) -> str:
    return f"_r{user_id}"


def participant_mark(user_id: int) -> str:
    """The mark of a customer who takes part in somebody else's ticket."""
    return f"_t{user_id}"


def author_mark(user_id: int) -> str:
    """The mark of whoever wrote in the ticket; `internal` for notes."""
    return f"_p{user_id}"


def assignee_mark(user_id: int) -> str:
    """The mark of the assignee, in the internal document: customers are not told."""
    return f"_a{user_id}"


def head(
    *, ticket_id: int, organization_id: int, requester_id: int, participant_ids: Iterable[int]
) -> str:
    """What each public document begins with: the marks of whose it is, and the number."""
    marks = owner_marks(organization_id=organization_id, requester_id=requester_id)
    marks += map(participant_mark, participant_ids)
    return " ".join([*marks, str(ticket_id), number_term(ticket_id)])
