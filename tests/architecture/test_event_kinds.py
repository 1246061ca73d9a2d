"""What is true of a kind of events stands in its spec, so that a new kind is one entry."""

import ast
from collections.abc import Iterator

from tests.architecture.source import modules

# Who treats one kind on its own, and why a property of kinds would not say it better.
SINGLED_OUT = {
    "portal.queries.privacy.find_personal_data": "an assignee's name, a former address in the data",
    "portal.queries.privacy.personal_data": "the words beside a rating are the requester's",
    "portal.queries.tickets.participants": "who has left a ticket or was taken out of it",
    "portal.queries.tickets.trash": "who put a ticket there, and when",
    "portal.services.statistics.facts": "when a ticket was last opened again",
    "portal.services.privacy.scrub": "the words beside a rating are the requester's",
    "portal.webhook_payloads": "a rating is told with its words, and not as a change",
}


def is_kind(node: ast.AST | None) -> bool:
    """Whether it is `EventKind.FILED`, `AccountEventKind.INVITED` or the like."""
    return (
        isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id in {"EventKind", "AccountEventKind"}
        and node.attr.isupper()
    )


def listed(tree: ast.AST) -> Iterator[ast.AST]:
    """Tables, collections and cases of kinds."""
    for node in ast.walk(tree):
        match node:
            case ast.Dict(keys=among) | ast.Set(elts=among) | ast.List(elts=among):
                found = any(map(is_kind, among))
            case ast.Tuple(elts=among):
                found = any(map(is_kind, among))
            case ast.MatchValue(value=value):
                found = is_kind(value)
            case _:
                found = False
        if found:
            yield node


def compared(tree: ast.AST) -> list[ast.AST]:
    """Questions whether an event is of one kind."""
    compares = (node for node in ast.walk(tree) if isinstance(node, ast.Compare))
    return [node for node in compares if any(map(is_kind, (node.left, *node.comparators)))]


def test_nothing_lists_kinds_of_events_by_hand() -> None:
    lists = {str(m): [*listed(m.tree)] for m in modules("portal", "jobs")}
    assert not {name: found for name, found in lists.items() if found}


def test_who_singles_out_a_kind_has_a_reason() -> None:
    assert {m.name for m in modules("portal", "jobs") if compared(m.tree)} == SINGLED_OUT.keys()


def test_lists_and_questions_are_found() -> None:
    for text in (
        "{EventKind.FILED: 1}",
        "{EventKind.FILED}",
        "{AccountEventKind.INVITED}",
        "(EventKind.FILED, EventKind.RATED)",
        "[EventKind.FILED]",
        "match kind:\n    case EventKind.FILED | EventKind.RATED:\n        pass",
    ):
        assert [*listed(ast.parse(text))]
    assert compared(ast.parse("kind is EventKind.FILED"))
    assert compared(ast.parse("event.kind != EventKind.FILED"))
