"""What the page of departments has to say of the types of tickets."""

from typing import Any, NamedTuple

from wtforms import BooleanField

from portal.i18n import lazy_gettext as _
from portal.models.tickets.ticket_type import MAX_TYPE_NAME
from portal.queries.tickets import ticket_types as queries
from portal.web.forms import Form, LineField
from portal.web.templating.labels import FIRST_TYPE_LABELS


class NewTypeForm(Form):
    name = LineField(_("Name of the type"), id="new-type", max_length=MAX_TYPE_NAME, needed=True)


class TypeForm(Form):
    """One of the list."""

    name = LineField(_("Name of the type"), max_length=MAX_TYPE_NAME)
    active = BooleanField(_("It is offered"))

    def numbered(self, key: str) -> "TypeForm":
        """All forms stand on one page: their fields have ids of their own there."""
        for field in self:
            field.id = field.label.field_id = f"type-{key}-{field.name}"
        return self


class TypeEntry(NamedTuple):
    """A type as the page lists it. `usual` is what it is called without a name of its own."""

    key: str
    label: str
    usual: str
    active: bool
    form: TypeForm
    open: bool
    first: bool
    last: bool


def context(
    new: NewTypeForm | None = None, sent: dict[str, TypeForm] | None = None
) -> dict[str, Any]:
    """Values for the page; with what was sent and refused."""
    rows = queries.rows()
    return {
        "new_type": new or NewTypeForm(formdata=None),
        "types": [
            TypeEntry(
                key=row.key,
                label=str(row.name or FIRST_TYPE_LABELS[row.key]),
                usual=str(FIRST_TYPE_LABELS.get(row.key, "")),
                active=row.active,
                form=(sent or {}).get(row.key) or _form_of(row),
                open=row.key in (sent or {}),
                first=at == 0,
                last=at == len(rows) - 1,
            )
            for at, row in enumerate(rows)
        ],
    }


def _form_of(row: queries.TypeRow) -> TypeForm:
    data = {"name": row.name, "active": row.active}
    return TypeForm(formdata=None, data=data).numbered(row.key)
