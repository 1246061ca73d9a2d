"""Forms of the administration."""

from collections.abc import Iterable
from typing import Any

from portal.i18n import lazy_gettext as _
from portal.models.people import NamedRole, Right
from portal.services.people.rights import MAX_NAME as MAX_ROLE_NAME
from portal.web.forms import CheckboxesField, ChoiceField, Form, LineField
from portal.web.templating.labels import RIGHT_LABELS


class _RightsField(CheckboxesField):
    """A checkbox for each right."""

    def __init__(self, label: Any, **kwargs: Any) -> None:
        super().__init__(label, default=(), **kwargs)
        self.choices = [(right.value, text) for right, text in RIGHT_LABELS.items()]


class NamedRoleForm(Form):
    name = LineField(_("Name"), max_length=MAX_ROLE_NAME, needed=True)
    rights = _RightsField(_("Rights"))

    def values(self) -> dict[str, Any]:
        """Arguments of `services.people.rights`."""
        return {"name": self.name.data, "rights": [Right(word) for word in self.rights.data or ()]}


class RightsForm(Form):
    """The rights of one person."""

    named_role = ChoiceField(_("Named role"), pairs=(), default="")
    rights = _RightsField(_("Rights of their own"))

    def __init__(self, roles: Iterable[NamedRole], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.named_role.pairs = (("", _("None")), *((str(role.id), role.name) for role in roles))

    @property
    def wanted(self) -> list[Right]:
        """The ticked rights."""
        return [Right(word) for word in self.rights.data or ()]
