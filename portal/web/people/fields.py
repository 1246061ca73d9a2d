"""Form fields for e-mail addresses and passwords."""

from typing import Any, Protocol

from wtforms import PasswordField, StringField
from wtforms.validators import ValidationError

from portal.errors import Invalid
from portal.i18n import lazy_gettext as _
from portal.security.addresses import normal_address
from portal.security.people.passwords import MAX_LENGTH, MIN_LENGTH
from portal.security.smtp_addresses import MAX_ADDRESS
from portal.services.people import passwords
from portal.web.forms import ERROR_MESSAGES, clean_text


class PersonalForm(Protocol):
    """A form with `about()`: words that a password must not consist of, such as the name."""

    def about(self) -> tuple[str, ...]: ...


class EmailField(StringField):
    """An e-mail address, normalized to the form in which it is stored."""

    def __init__(self, label: Any = None, *, autocomplete: str = "email", **kwargs: Any) -> None:
        render = {
            "type": "email",
            "autocomplete": autocomplete,
            "required": True,
            "maxlength": MAX_ADDRESS,
        }
        super().__init__(
            label or _("E-mail address"),
            [clean_text(MAX_ADDRESS), _normalize],
            render_kw=render,
            **kwargs,
        )


class CurrentPasswordField(PasswordField):
    """The account's present password; the view checks whether it is right."""

    def __init__(self, label: Any = None, **kwargs: Any) -> None:
        render = {
            "autocomplete": "current-password",
            "required": True,
            "maxlength": MAX_LENGTH,
        }
        super().__init__(label or _("Password"), [_require_value], render_kw=render, **kwargs)


class NewPasswordField(PasswordField):
    """A new password: long enough, and hard to guess for who knows `form.about()`."""

    def __init__(self, label: Any = None, **kwargs: Any) -> None:
        render = {
            "autocomplete": "new-password",
            "required": True,
            "minlength": MIN_LENGTH,
            "maxlength": MAX_LENGTH,
        }
        super().__init__(
            label or _("Password"),
            description=_("At least 8 characters; a few unrelated words are easy to remember."),
            render_kw=render,
            **kwargs,
        )

    def pre_validate(self, form: PersonalForm) -> None:
        try:
            passwords.require_strong(self.data or "", about=form.about())
        except Invalid as invalid:
            raise ValidationError(str(ERROR_MESSAGES[str(invalid.details["password"])])) from None


def _normalize(_form: Any, field: Any) -> None:
    try:
        field.data = normal_address(field.data or "")
    except ValueError as problem:
        raise ValidationError(str(ERROR_MESSAGES[str(problem)])) from None


def _require_value(_form: Any, field: Any) -> None:
    if not field.data:
        raise ValidationError(str(ERROR_MESSAGES["required"]))
