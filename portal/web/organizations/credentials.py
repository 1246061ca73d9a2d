"""Fields for addresses and passwords, alike on every form that asks for them."""

from typing import Any, Protocol

from wtforms import PasswordField, StringField
from wtforms.validators import ValidationError

from portal.errors import Invalid
from portal.i18n import lazy_gettext as _
from portal.security.addresses import normal_address
from portal.security.people.passwords import MAX_LENGTH, MIN_LENGTH
from portal.security.smtp_addresses import MAX_ADDRESS
from portal.services.people import passwords
from portal.web.forms import PROBLEMS, cleaned


class Personal(Protocol):
    """A form that knows what others may know of the person who fills it in."""

    def about(self) -> tuple[str, ...]: ...


class Address(StringField):
    """An e-mail address, in the form in which it is stored."""

    def __init__(self, label: Any = None, *, autocomplete: str = "email", **kwargs: Any) -> None:
        render = {
            "type": "email",
            "autocomplete": autocomplete,
            "required": True,
            "maxlength": MAX_ADDRESS,
        }
        super().__init__(
            label or _("E-mail address"),
            [cleaned(MAX_ADDRESS), _normal],
            render_kw=render,
            **kwargs,
        )


class OldPassword(PasswordField):
    """The password that the account has; whether it is right is for the route to say."""

    def __init__(self, label: Any = None, **kwargs: Any) -> None:
        render = {
            "autocomplete": "current-password",
            "required": True,
            "maxlength": MAX_LENGTH,
        }
        super().__init__(label or _("Password"), [_filled], render_kw=render, **kwargs)


class NewPassword(PasswordField):
    """A password to be: long enough, and hard to guess for who knows what `form.about()` says."""

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

    def pre_validate(self, form: Personal) -> None:
        """Ask the service, which asks the same of every other way to set a password."""
        try:
            passwords.require_good(self.data or "", about=form.about())
        except Invalid as invalid:
            raise ValidationError(str(PROBLEMS[str(invalid.details["password"])])) from None


def _normal(_form: Any, field: Any) -> None:
    try:
        field.data = normal_address(field.data or "")
    except ValueError as problem:
        raise ValidationError(str(PROBLEMS[str(problem)])) from None


def _filled(_form: Any, field: Any) -> None:
    if not field.data:
        raise ValidationError(str(PROBLEMS["required"]))
