"""A person is read and named in one place, so that what a name is made of can change there."""

import ast
from collections.abc import Iterator

from tests.architecture.source import Module, modules

PERSON = "portal.models.people.person"
# Who makes a name of three columns besides, and why.
NAMING = {
    "portal.models.people.actor": "the rule itself",
    "portal.models.people.user": "its own name",
    "portal.queries.people.users": "plain tuples, for each page of the staff",
    "portal.tickets.lists.rows": "plain tuples, for each row of the queue",
}
# Who selects more of a person than a name is made of.
SELECTING = {
    "portal.security.people.actors": "all that an Actor has, in its order",
}
_PARTS = {"first_name", "last_name", "email"}


def naming(module: Module) -> set[str]:
    return {call for call in module.called if call.endswith("person_name")}


def selections(module: Module) -> Iterator[ast.AST]:
    """Lists of columns in which the three stand."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Call | ast.Tuple):
            among = node.args if isinstance(node, ast.Call) else node.elts
            columns = {n.attr for n in among if isinstance(n, ast.Attribute) and is_class(n.value)}
            if columns >= _PARTS:
                yield node


def is_class(node: ast.AST) -> bool:
    """Whether it is a table or an alias: `User`, `_ACTOR`."""
    return isinstance(node, ast.Name) and node.id.lstrip("_")[:1].isupper()


def test_names_are_made_in_one_place() -> None:
    makers = {module.name for module in modules("portal", "jobs") if naming(module)}
    assert makers == {PERSON} | NAMING.keys()


def test_the_columns_of_a_name_are_listed_in_one_place() -> None:
    listing = {m.name for m in modules("portal", "jobs") if [*selections(m)]}
    assert listing == SELECTING.keys()
