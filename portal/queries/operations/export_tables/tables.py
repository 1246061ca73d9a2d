"""Every table that can be exported, by its kind."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

from portal.models.operations import TableKind
from portal.queries.operations.export_tables import (
    actions,
    comments,
    people,
    products,
    ticket_columns,
)
from portal.queries.operations.export_tables.columns import Column, Reading
from portal.queries.operations.export_tables.reading import Batch, Scope


class ExportTable(NamedTuple):
    """Its columns by name, and what reads its rows."""

    columns: Mapping[str, Column]
    read: Callable[[Scope, Reading], Iterator[Batch]]

    @property
    def usual(self) -> tuple[str, ...]:
        """Names of the columns that are chosen unless others are."""
        return tuple(column.name for column in self.columns.values() if column.usual)

    def batches(self, scope: Scope, names: Sequence[str]) -> Iterator[Batch]:
        """The cells of columns `names`, row by row."""
        return self.read(scope, Reading([self.columns[name] for name in names]))


TABLES: Mapping[TableKind, ExportTable] = {
    TableKind.TICKETS: ExportTable(ticket_columns.OF_TICKETS, ticket_columns.tickets),
    TableKind.COMMENTS: ExportTable(comments.OF_COMMENTS, comments.comments),
    TableKind.PEOPLE: ExportTable(people.OF_PEOPLE, people.people),
    TableKind.ORGANIZATIONS: ExportTable(people.OF_ORGANIZATIONS, people.organizations),
    TableKind.RATINGS: ExportTable(ticket_columns.OF_RATINGS, ticket_columns.ratings),
    TableKind.ACTIONS: ExportTable(actions.OF_ACTIONS, actions.actions),
    TableKind.PRODUCTS: ExportTable(products.OF_PRODUCTS, products.products),
}
