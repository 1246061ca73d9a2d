"""What a macro changes, in words."""

from collections.abc import Mapping
from typing import Any

from portal.i18n import gettext as _
from portal.models.tickets import Priority
from portal.queries.people import users
from portal.services.tickets.macros import ME, NOBODY
from portal.web.templating.labels import PRIORITY_LABELS, STATUS_LABELS, TYPE_LABELS


def change_texts(changes: Mapping[str, Any], staff: Mapping[int, str]) -> list[str]:
    """One for each change. `staff` are the names of those to whom tickets can be given."""
    found = []
    if status := changes.get("status"):
        found.append(f"{_('Status')}: {STATUS_LABELS[status]}")
    if priority := changes.get("priority"):
        found.append(f"{_('Priority')}: {PRIORITY_LABELS[int(Priority.from_word(priority))]}")
    if type_ := changes.get("type"):
        found.append(f"{_('Type')}: {TYPE_LABELS.get(type_, type_)}")
    if department := changes.get("department"):
        found.append(f"{_('Department')}: {department}")
    if assignee := changes.get("assignee"):
        found.append(f"{_('Assignee')}: {_assignee(assignee, staff)}")
    if tags := changes.get("tags"):
        found.append(f"{_('Tags to add')}: {', '.join(tags)}")
    return found


def _assignee(word: str, staff: Mapping[int, str]) -> str:
    if word in {ME, NOBODY}:
        return _("you") if word == ME else _("Nobody")
    return staff.get(users.parse_id(word) or 0) or _("not on the staff any more")
