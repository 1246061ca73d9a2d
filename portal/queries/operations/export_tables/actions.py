"""The table of actions: the log of what people did, line by line with its seal."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import select

from portal.extensions import execute_on_logs
from portal.i18n import lazy_gettext as _
from portal.models.operations import Action
from portal.models.people.user import format_id
from portal.models.tickets.ticket import format_number
from portal.queries.operations.export_tables.columns import Column, Reading, by_name, or_nobody
from portal.queries.operations.export_tables.reading import Batch, Scope, by_id, highest, read
from portal.queries.paging import AnyRow, AnySelect

_ACTOR_NAME, _USER_NAME = Action.actor_id.label("actor_name"), Action.user_id.label("user_name")
OF_ACTIONS = by_name(
    Column("id", _("Number"), (Action.id,)),
    Column("at", _("When"), (Action.at,)),
    Column("kind", _("Action"), (Action.kind,)),
    Column("actor_id", _("Number of who did it"), (Action.actor_id,), or_nobody(format_id)),
    Column("actor_name", _("Who did it"), (_ACTOR_NAME,), is_person=True),
    Column("ticket", _("Ticket"), (Action.ticket_id,), or_nobody(format_number)),
    Column("user_id", _("Number of the account"), (Action.user_id,), or_nobody(format_id)),
    Column("user_name", _("Account"), (_USER_NAME,), is_person=True),
    Column("hash", _("Seal"), (Action.hash,), usual=False),
)


def actions(scope: Scope, reading: Reading) -> Iterator[Batch]:
    """Lines about what was done in the period."""
    query = select(Action.id, *reading.columns).where(*scope.period(Action.at))
    if scope.since is not None:
        # `day` is that of sealing, never before the event's, and indexed.
        query = query.where(Action.day >= scope.since.date())
    return read(by_id(query, Action.id), reading, highest(Action.id, _execute), _execute)


def _execute(statement: AnySelect, values: Mapping[str, Any]) -> Sequence[AnyRow]:
    """The logs may have a database of their own."""
    return execute_on_logs(statement.params(**values)).all()
