"""Forms of `/admin/users`."""

from typing import Any

from wtforms import StringField
from wtforms.validators import ValidationError

from portal.admin.people.user_lookup import roles_to_give
from portal.i18n import DEFAULT_LOCALE
from portal.i18n import lazy_gettext as _
from portal.models.organizations.organization import MAX_NUMBER, parse_id
from portal.models.people import Role
from portal.security.people.identifiers import PHONE_LENGTH
from portal.security.smtp_addresses import MAX_ADDRESS
from portal.services.people import profile
from portal.web.forms import ERROR_MESSAGES, ChoiceField, Form, LineField
from portal.web.people.fields import EmailField
from portal.web.templating.labels import FIELD_LABELS, LANGUAGE_NAMES

# `autocomplete`: it is somebody else's name, which the browser must not fill in.
_OTHERS = {"autocomplete": "off"}


class PersonForm(Form):
    """What admins may say of somebody else."""

    first_name = LineField(
        FIELD_LABELS["first_name"], max_length=profile.MAX_NAME, render_kw=_OTHERS
    )
    last_name = LineField(FIELD_LABELS["last_name"], max_length=profile.MAX_NAME, render_kw=_OTHERS)
    locale = ChoiceField(FIELD_LABELS["locale"], pairs=LANGUAGE_NAMES, default=DEFAULT_LOCALE)
    timezone = StringField(FIELD_LABELS["timezone"], default="")


class EditUserForm(PersonForm):
    phone = LineField(
        FIELD_LABELS["phone"],
        max_length=PHONE_LENGTH,
        description=_("With the country code, such as +7 for Russia."),
        render_kw={"type": "tel", **_OTHERS},
    )


class AddressForm(Form):
    email = EmailField(_("New e-mail address"), autocomplete="off")


class MergeForm(Form):
    into = LineField(
        _("The account that stays"),
        max_length=MAX_ADDRESS,
        needed=True,
        description=_("Its number, such as USR000001, or its e-mail address."),
        render_kw={"autocapitalize": "none", "spellcheck": "false", **_OTHERS},
    )


class NewUserForm(PersonForm):
    email = EmailField(autocomplete="off")
    role = ChoiceField(_("Role"), pairs=(), default=Role.CUSTOMER.value)
    organization = LineField(
        _("Organization"),
        max_length=MAX_NUMBER,
        description=_("The number of one that is here, such as ORG000001. For customers."),
        render_kw={"autocapitalize": "characters", "spellcheck": "false", **_OTHERS},
    )

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.role.pairs = roles_to_give()

    def organization_id(self) -> int | None:
        """Of the organization that was entered, which may not exist; None for an own one."""
        return parse_id(self.organization.data.upper()) if self.organization.data else None

    def validate_timezone(self, field: StringField) -> None:
        try:
            field.data = profile.check_timezone(field.data) if field.data else ""
        except ValueError:
            raise ValidationError(str(ERROR_MESSAGES["unknown"])) from None

    def validate_organization(self, field: LineField) -> None:
        if field.data and self.organization_id() is None:
            raise ValidationError(str(ERROR_MESSAGES["no_organization"]))
