"""Forms of `/auth`."""

from typing import Any

from wtforms import BooleanField, MultipleFileField, StringField
from wtforms.validators import ValidationError

from portal import i18n
from portal.i18n import lazy_gettext as _
from portal.models.people import PendingRegistration, User
from portal.queries.organizations.invitations import InvitationDetails
from portal.security.smtp_addresses import MAX_ADDRESS
from portal.services.organizations import organizations
from portal.services.people import passwords, registration
from portal.services.people.profile import MAX_NAME
from portal.services.people.registration import Applicant, personal_words
from portal.services.tickets import first_tickets
from portal.services.tickets.tickets import MAX_SUBJECT
from portal.web.forms import ERROR_MESSAGES, Form, LineField, MessageField, clean_text
from portal.web.people.fields import CurrentPasswordField, EmailField, NewPasswordField
from portal.web.templating.labels import FIELD_LABELS


def _filled(_form: Form, field: Any) -> None:
    if not field.data:
        raise ValidationError(str(ERROR_MESSAGES["required"]))


class SignInForm(Form):
    """It only requires an address, and says nothing about whether it exists."""

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


def _of_our_domains(_form: Form, field: Any) -> None:
    """A validator of the form by WTForms' naming: only of an address that is one."""
    if not field.errors and registration.is_foreign(field.data):
        raise ValidationError(str(ERROR_MESSAGES["foreign_domain"]))


class SignUpForm(Form):
    """An account, and an organization if a company is named."""

    email = EmailField()
    validate_email = _of_our_domains
    first_name = LineField(
        FIELD_LABELS["first_name"], max_length=MAX_NAME, render_kw={"autocomplete": "given-name"}
    )
    last_name = LineField(
        FIELD_LABELS["last_name"], max_length=MAX_NAME, render_kw={"autocomplete": "family-name"}
    )
    company_name = LineField(
        _("Company"),
        max_length=organizations.MAX_NAME,
        description=_("Colleagues can be invited to it later."),
        render_kw={"autocomplete": "organization"},
    )

    def applicant(self) -> Applicant:
        return {
            "email": self.email.data,
            "first_name": self.first_name.data,
            "last_name": self.last_name.data,
            "company_name": self.company_name.data,
            "locale": i18n.current_locale(),
        }


class AskForm(Form):
    """A ticket, and the account of whoever writes it."""

    email = EmailField()
    validate_email = _of_our_domains
    first_name = LineField(
        FIELD_LABELS["first_name"], max_length=MAX_NAME, render_kw={"autocomplete": "given-name"}
    )
    last_name = LineField(
        FIELD_LABELS["last_name"], max_length=MAX_NAME, render_kw={"autocomplete": "family-name"}
    )
    subject = LineField(_("Subject"), max_length=MAX_SUBJECT, needed=True)
    message = MessageField(
        _("Message"),
        max_length=first_tickets.MAX_MESSAGE,
        description=_("What happened, and what did you expect?"),
        render_kw={"rows": 8, "maxlength": first_tickets.MAX_MESSAGE},
    )
    attachments = MultipleFileField(_("Attachments"))

    def applicant(self) -> Applicant:
        return {
            "email": self.email.data,
            "first_name": self.first_name.data,
            "last_name": self.last_name.data,
            "locale": i18n.current_locale(),
        }


class AskAtOnceForm(AskForm):
    """The same where accounts are opened at once: with a password."""

    password = NewPasswordField()

    def about(self) -> tuple[str, ...]:
        """The other values of the form."""
        values = (self.email, self.first_name, self.last_name)
        return tuple(field.data for field in values if field.data)


class OpenAccountForm(SignUpForm):
    """The form where accounts are opened at once: with a password."""

    password = NewPasswordField()

    def about(self) -> tuple[str, ...]:
        """The other values of the form."""
        values = (self.email, self.first_name, self.last_name, self.company_name)
        return tuple(field.data for field in values if field.data)


class FinishForm(Form):
    """The password that finishes a registration."""

    password = NewPasswordField()

    def __init__(self, registration: PendingRegistration, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.registration = registration

    def about(self) -> tuple[str, ...]:
        """What was typed at registration."""
        return personal_words(self.registration)


class ForgotForm(Form):
    email = EmailField(autocomplete="username")


class ResetForm(Form):
    """A new password for the owner of a link."""

    password = NewPasswordField(_("New password"))

    def __init__(self, user: User) -> None:
        super().__init__()
        self.user = user

    def about(self) -> tuple[str, ...]:
        """Words that the account contains about its owner."""
        return passwords.personal_words(self.user)


class JoinForm(Form):
    """A new account for an invited address, which the link has confirmed."""

    first_name = LineField(
        FIELD_LABELS["first_name"], max_length=MAX_NAME, render_kw={"autocomplete": "given-name"}
    )
    last_name = LineField(
        FIELD_LABELS["last_name"], max_length=MAX_NAME, render_kw={"autocomplete": "family-name"}
    )
    password = NewPasswordField()

    def __init__(self, offer: InvitationDetails, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.offer = offer

    def about(self) -> tuple[str, ...]:
        """The name that was typed, and the texts of the invitation."""
        values = (self.first_name.data, self.last_name.data)
        return tuple(
            filter(None, (*values, self.offer.invitation.email, self.offer.organization.name))
        )
