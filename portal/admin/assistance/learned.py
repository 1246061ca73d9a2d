"""`/admin/assistance`: what was learned, how good it is, and learning it anew."""

from typing import NamedTuple

from flask import flash, render_template, url_for
from werkzeug.wrappers import Response

from portal.admin import bp
from portal.errors import NotFound
from portal.extensions import setting
from portal.i18n import gettext as _
from portal.learning.precision import Rate
from portal.models.assistance import Target
from portal.models.tickets import Priority
from portal.queries.assistance import model, waiting, wanted
from portal.queries.assistance.model import Model
from portal.security import permissions
from portal.services.assistance import learning
from portal.web.change import change
from portal.web.fragments import see_other
from portal.web.people.guards import permitted
from portal.web.templating.labels import PRIORITY_LABELS, TARGET_LABELS, TYPE_LABELS

# Of a target, the most frequent first: a desk may have hundreds of tags.
_LABELS_SHOWN = 30


class LabelRow(NamedTuple):
    """How suggestions of a label were: of all, of those that would be shown, and of its acts."""

    label: str
    tickets: int
    whole: Rate
    shown: Rate
    acts: Rate


class TargetTable(NamedTuple):
    label: str
    acts: bool
    rows: list[LabelRow]
    more: int


@bp.get("/assistance")
@permitted(permissions.can_change_settings)
def assistance() -> str:
    found = model.find()
    tables = [_table(found, target) for target in _targets()] if found else []
    return render_template(
        "admin/assistance/learned.html",
        learns=wanted.learns(),
        is_on=wanted.is_shown(),
        state=waiting.state(),
        tables=[table for table in tables if table.rows],
        shown_from=setting("ASSISTANCE_SHOWN_FROM"),
        acts_from=setting("ASSISTANCE_ACTS_FROM"),
    )


@bp.post("/assistance/learn")
@permitted(permissions.can_change_settings)
def learn_anew() -> Response:
    """Forget all that was learned; the sweeps learn it again."""
    if not wanted.learns():
        raise NotFound
    with change():
        learning.begin_anew()
    flash(_("All is forgotten, and learned again in the next minutes."), "success")
    return see_other(url_for(".assistance"))


def _targets() -> list[Target]:
    asked = {*wanted.suggested_targets(), *wanted.acted_targets()}
    return [target for target in Target if target in asked]


def _table(found: Model, target: Target) -> TargetTable:
    learned, measured = found.learned[target], found.measured.get(target)
    rows = []
    for label in learned.sums:
        acts = found.acts[label]
        if measured is None or label not in measured.labels:
            whole = shown = Rate(0, 0)
        else:
            whole = measured.of_label(label, 0)
            shown = measured.of_label(label, setting("ASSISTANCE_SHOWN_FROM"))
        name = _name(target, found.names[label])
        rows.append(LabelRow(name, found.tickets_of[label], whole, shown, acts))
    rows.sort(key=lambda row: (-row.tickets, row.label))
    more = max(0, len(rows) - _LABELS_SHOWN)
    acts_itself = target in wanted.acted_targets()
    return TargetTable(str(TARGET_LABELS[target]), acts_itself, rows[:_LABELS_SHOWN], more)


def _name(target: Target, name: str) -> str:
    if target is Target.TYPE:
        return str(TYPE_LABELS.get(name, name))
    if target is Target.PRIORITY:
        return str(PRIORITY_LABELS[int(Priority.from_word(name))])
    return name
