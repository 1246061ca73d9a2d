"""Forms of `/auth`."""

from typing import Any

from wtforms import BooleanField, StringField
from wtforms.validators import ValidationError

from portal import i18n
from portal.i18n import lazy_gettext as _
from portal.models.people import PendingRegistration, User
from portal.queries.organizations.invitations import Offer
from portal.security.smtp_addresses import MAX_ADDRESS
from portal.services.organizations import organizations
from portal.services.people import passwords
from portal.services.people.profile import MAX_NAME
from portal.services.people.registration import Applicant, personal_words
from portal.web.forms import ERROR_MESSAGES, Form, LineField, clean_text
from portal.web.people.fields import CurrentPasswordField, EmailField, NewPasswordField


def _filled(_form: Form, field: Any) -> None:
    if not field.data:
        raise ValidationError(str(ERROR_MESSAGES["required"]))


class SignInForm(Form):
    """Says of an address no more than that it was filled in: who exists is nobody's business."""

    email = StringField(
        _("E-mail address"),
        [clean_text(MAX_ADDRESS), _filled],
        render_kw={
            "type": "email",
            "autocomplete": "username",
            "required": True,
            "maxlength": MAX_ADDRESS,
        },
    )
    password = CurrentPasswordField()
    remember = BooleanField(_("Keep me signed in on this device"))


class SignUpForm(Form):
    """Who wants an account; and an organization, when a company is named."""

    email = EmailField()
    first_name = LineField(
        _("First name"), max_length=MAX_NAME, render_kw={"autocomplete": "given-name"}
    )
    last_name = LineField(
        _("Last name"), max_length=MAX_NAME, render_kw={"autocomplete": "family-name"}
    )
    company_name = LineField(
        _("Company"),
        max_length=organizations.MAX_NAME,
        description=_("Colleagues can be invited to it later."),
        render_kw={"autocomplete": "organization"},
    )

    def applicant(self) -> Applicant:
        """What was typed."""
        return {
            "email": self.email.data,
            "first_name": self.first_name.data,
            "last_name": self.last_name.data,
            "company_name": self.company_name.data,
            "locale": i18n.current_locale(),
        }


class OpenAccountForm(SignUpForm):
    """The same with a password: the account is opened at once."""

    password = NewPasswordField()

    def about(self) -> tuple[str, ...]:
        """What was typed above and below the password."""
        told = (self.email, self.first_name, self.last_name, self.company_name)
        return tuple(field.data for field in told if field.data)


class FinishForm(Form):
    """A password for the account that a registration becomes."""

    password = NewPasswordField()

    def __init__(self, registration: PendingRegistration, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.registration = registration

    def about(self) -> tuple[str, ...]:
        """What was typed when the account was asked for."""
        return personal_words(self.registration)


class ForgotForm(Form):
    """Where to send the link, if there is somebody to send one to."""

    email = EmailField(autocomplete="username")


class ResetForm(Form):
    """A new password for the owner of a link."""

    password = NewPasswordField(_("New password"))

    def __init__(self, user: User) -> None:
        super().__init__()
        self.user = user

    def about(self) -> tuple[str, ...]:
        """What the account says of its owner."""
        return passwords.personal_words(self.user)


class JoinForm(Form):
    """An account for the invited address, which the link has confirmed."""

    first_name = LineField(
        _("First name"), max_length=MAX_NAME, render_kw={"autocomplete": "given-name"}
    )
    last_name = LineField(
        _("Last name"), max_length=MAX_NAME, render_kw={"autocomplete": "family-name"}
    )
    password = NewPasswordField()

    def __init__(self, offer: Offer, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.offer = offer

    def about(self) -> tuple[str, ...]:
        """What was typed above the password, and what the invitation says."""
        told = (self.first_name.data, self.last_name.data)
        return tuple(
            filter(None, (*told, self.offer.invitation.email, self.offer.organization.name))
        )
