"""Forms of `/auth`."""

from typing import Any

from wtforms import BooleanField, PasswordField, StringField
from wtforms.validators import ValidationError

from portal.i18n import lazy_gettext as _
from portal.security import passwords
from portal.security.addresses import normal_address
from portal.web.forms import PROBLEMS, Form, Line, cleaned


def _address(_form: Form, field: Any) -> None:
    try:
        field.data = normal_address(field.data or "")
    except ValueError:
        raise ValidationError(str(_("This is not an e-mail address."))) from None


def _password(_form: Form, field: Any) -> None:
    password = field.data or ""
    if len(password) < passwords.MIN_LENGTH:
        raise ValidationError(str(_("Use at least 8 characters.")))
    if len(password) > passwords.MAX_LENGTH:
        raise ValidationError(str(_("Use at most 200 characters.")))


def _filled(_form: Form, field: Any) -> None:
    if not field.data:
        raise ValidationError(str(PROBLEMS["required"]))


class SignInForm(Form):
    """Says of an address no more than that it was filled in: who exists is nobody's business."""

    email = StringField(
        _("E-mail address"),
        [cleaned(254), _filled],
        render_kw={"type": "email", "autocomplete": "username", "required": True, "maxlength": 254},
    )
    password = PasswordField(
        _("Password"),
        [_filled],
        render_kw={"autocomplete": "current-password", "required": True, "maxlength": 200},
    )
    remember = BooleanField(_("Keep me signed in on this device"))


class SignUpForm(Form):
    """An account, and an organization when a company is named."""

    email = StringField(
        _("E-mail address"),
        [cleaned(254), _address],
        render_kw={"type": "email", "autocomplete": "email", "required": True, "maxlength": 254},
    )
    first_name = Line(_("First name"), max_length=100, render_kw={"autocomplete": "given-name"})
    last_name = Line(_("Last name"), max_length=100, render_kw={"autocomplete": "family-name"})
    password = PasswordField(
        _("Password"),
        [_password],
        description=_("At least 8 characters; a few unrelated words are easy to remember."),
        render_kw={
            "autocomplete": "new-password",
            "required": True,
            "minlength": 8,
            "maxlength": 200,
        },
    )
    company_name = Line(
        _("Company"),
        max_length=200,
        description=_("Colleagues can be invited to it later."),
        render_kw={"autocomplete": "organization"},
    )
