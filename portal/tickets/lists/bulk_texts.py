"""What is said of a change of many tickets."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from portal.i18n import gettext as _
from portal.i18n import ngettext
from portal.models.tickets import BulkAction, BulkChange, BulkReason, BulkState, TicketStatus
from portal.queries.people import users
from portal.queries.tickets import bulk_changes as queries
from portal.queries.tickets.bulk_changes import LeftAlone
from portal.tickets.composer.reply_texts import change_texts
from portal.web.templating.labels import PRIORITY_LABELS, STATUS_LABELS, TYPE_LABELS

# Of numbers in one sentence.
_FEW = 5
_REASONS: Mapping[BulkReason, Callable[[int], str]] = {
    BulkReason.CLOSED: lambda number: ngettext(
        "%(num)d is closed and stays so", "%(num)d are closed and stay so", number
    ),
    BulkReason.CHANGED: lambda number: ngettext(
        "%(num)d was changed meanwhile and stays as it is",
        "%(num)d were changed meanwhile and stay as they are",
        number,
    ),
    BulkReason.TRASHED: lambda number: ngettext(
        "%(num)d is in the trash and stays there",
        "%(num)d are in the trash and stay there",
        number,
    ),
    BulkReason.OUTDATED: lambda number: ngettext(
        "%(num)d stays as it is, since somebody or something it was to get is no more",
        "%(num)d stay as they are, since somebody or something they were to get is no more",
        number,
    ),
    BulkReason.REFUSED: lambda number: ngettext(
        "%(num)d cannot take this and stays as it is",
        "%(num)d cannot take this and stay as they are",
        number,
    ),
    BulkReason.ANSWERED: lambda number: ngettext(
        "%(num)d has an answer that has left, and stays as it is",
        "%(num)d have answers that have left, and stay as they are",
        number,
    ),
    BulkReason.FAILED: lambda number: ngettext(
        "%(num)d failed by an error of ours and stays as it is",
        "%(num)d failed by errors of ours and stay as they are",
        number,
    ),
}


def outcome_text(change: BulkChange) -> str:
    """How many were changed, and which were not."""
    return " ".join([_changed(change), *map(_sentence, queries.left_alone(change))])


def undo_text(change: BulkChange) -> str:
    """How many were set back, and which were not."""
    back = ngettext("%(num)d ticket set back.", "%(num)d tickets set back.", change.undone)
    return " ".join([back, *map(_sentence, queries.left_alone(change, undo=True))])


def undo_of_one_text(change: BulkChange) -> str:
    """What became of the undo of a change of one ticket, and what of it stays."""
    says = bool(change.action == BulkAction.MACRO and change.value["message"])
    if change.undone:
        if says and change.value["internal"]:
            return _("All else is as it was. The note stays: somebody may have read it.")
        return _("It is as it was.")
    [kept] = queries.left_alone(change, undo=True)
    match kept.reason:
        case BulkReason.ANSWERED:
            return _("Its answer has left: all that came with it stays.")
        case BulkReason.OUTDATED:
            return _("It stays as it is: somebody or something it had is no more.")
        case _ if says and not change.value["internal"]:
            return _("The answer will not leave. All else was changed since and stays as it is.")
    return _("It was changed since and stays as it is.")


def state_text(change: BulkChange) -> str:
    """How far it is, in a few words."""
    match BulkState(change.state):
        case BulkState.RUNNING:
            return _("Under way: %(done)d of %(total)d tickets.", **_progress(change))
        case BulkState.UNDOING:
            return _("Being undone: %(done)d of %(total)d tickets.", **_progress(change))
        case BulkState.CANCELLED:
            cancelled = _("Cancelled: the rest stays as it was.")
            return f"{cancelled} {_changed(change)}"
        case BulkState.STOPPED:
            stopped = _("Stopped, since the right to do this was taken meanwhile.")
            return f"{stopped} {_changed(change)}"
        case BulkState.UNDONE:
            return ngettext("%(num)d ticket set back.", "%(num)d tickets set back.", change.undone)
        case BulkState.DONE:
            return _changed(change)


def _progress(change: BulkChange) -> dict[str, int]:
    worked, total = progress(change)
    return {"done": worked, "total": total}


def progress(change: BulkChange) -> tuple[int, int]:
    """How many tickets are dealt with, and of how many."""
    if change.state in {BulkState.UNDOING, BulkState.UNDONE}:
        return change.undone + change.kept, change.changed
    return change.changed + change.same + change.left, change.total


def names_for(deeds: Iterable[tuple[str, Any]]) -> dict[int, str]:
    """Names of all staff, and of those to whom one of these actions assigns, by two queries."""
    staff = dict(users.assignees())
    given = {value for action, value in deeds if action == BulkAction.ASSIGN and value}
    return staff | users.names(given - staff.keys())


def deed_texts(action: BulkAction, value: Any, names: Mapping[int, str]) -> list[str]:
    """What is done, by the value that is kept of it, and `names_for` it."""
    match action:
        case BulkAction.ASSIGN:
            name = names.get(value, "") if value else _("Nobody")
            return [f"{_('Assignee')}: {name}"]
        case BulkAction.STATUS:
            return [f"{_('Status')}: {STATUS_LABELS[value]}"]
        case BulkAction.PRIORITY:
            return [f"{_('Priority')}: {PRIORITY_LABELS[value]}"]
        case BulkAction.TAG:
            return [f"{_('Tags to add')}: {value}"]
        case BulkAction.TRASH:
            return [_("Move to trash")]
        case BulkAction.MACRO:
            name = _("Macro “%(name)s”", name=value["name"])
            return [name, *change_texts(value["changes"], names)]
        case BulkAction.TYPE:
            return [f"{_('Type')}: {TYPE_LABELS.get(value, value) if value else _('none')}"]
        case BulkAction.DEPARTMENT:
            return [f"{_('Department')}: {value or _('none')}"]
        case BulkAction.TAGS:
            return [f"{_('Tags')}: {', '.join(value) or _('none')}"]


def told_text(action: BulkAction, value: Any, customers: int) -> str:
    """How many customers get mail; empty where none does."""
    if not _tells(action, value) or not customers:
        return ""
    return ngettext("%(num)d customer gets mail.", "%(num)d customers get mail.", customers)


def _tells(action: BulkAction, value: Any) -> bool:
    if action is BulkAction.MACRO:
        answers = value["message"] and not value["internal"]
        return bool(answers) or value["changes"].get("status") == TicketStatus.SOLVED
    return action is BulkAction.STATUS and value == TicketStatus.SOLVED


def reason_text(group: LeftAlone) -> str:
    return _REASONS[group.reason](group.total)


def _changed(change: BulkChange) -> str:
    number = change.changed
    if change.action == BulkAction.TRASH:
        return ngettext(
            "%(num)d ticket moved to the trash.", "%(num)d tickets moved to the trash.", number
        )
    text = ngettext("%(num)d ticket changed.", "%(num)d tickets changed.", number)
    if not change.same:
        return text
    same = ngettext("%(num)d was like that.", "%(num)d were like that.", change.same)
    return f"{text} {same}"


def _sentence(group: LeftAlone) -> str:
    numbers = ", ".join(group.numbers[:_FEW])
    return f"{reason_text(group)}: {numbers}{', …' if group.total > _FEW else ''}."
