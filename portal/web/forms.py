"""Base class, fields and error messages of all forms."""

from collections.abc import Callable, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from flask import request
from flask_wtf import FlaskForm
from werkzeug.datastructures import CombinedMultiDict, MultiDict
from wtforms import (
    FileField,
    MultipleFileField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice
from wtforms.validators import StopValidation, ValidationError

from portal.errors import Invalid
from portal.i18n import current_timezone
from portal.i18n import lazy_gettext as _
from portal.security import text

ERROR_MESSAGES = {
    "nul": _("This text contains characters that cannot be stored."),
    "surrogate": _("This text contains characters that cannot be stored."),
    "control": _("This text contains characters that cannot be stored."),
    "too_long": _("This is too long."),
    "required": _("Please fill this in."),
    "unknown": _("Please choose one of the list."),
    "not_staff": _("This person is not on the staff."),
    "no_statistics": _("This person may not see the statistics."),
    "away_date": _("Choose a day from tomorrow on, within a year."),
    "plan_too_small": _("More is in use than this plan has room for."),
    "of_the_desk": _("People of the desk are in this organization."),
    "too_many": _("These are too many."),
    "too_many_keys": _("You have as many keys as one can have. Revoke one that is not needed."),
    "wrong_password": _("This is not your password."),
    "wrong_code": _("This code is not right, or was used before."),
    "refused": _("The passkey was not accepted. Try again, or take another way."),
    "phone": _("This is not a telephone number. Begin with the country code."),
    "inn": _("This is not an INN: its check digit does not fit."),
    "username": _("Use 3 to 40 of the letters a–z, digits, dot, hyphen and underscore."),
    "reserved": _("This name cannot be had."),
    "member": _("This person is a member already."),
    "unnamed": _("Give the organization a name first: it is a personal one."),
    "public_domain": _("Anybody can have an address there, so it is no organization's domain."),
    "not_of_domain": _(
        "Use postmaster@, hostmaster@, webmaster@, admin@ or administrator@ of the domain: who "
        "reads mail there speaks for it. For any other address, write to us."
    ),
    "too_many_domains": _("There are as many domains as one organization can have."),
    "domain_here": _("New accounts of this domain join already."),
    "too_many_invitations": _("Too many invitations are open. Take one back, or wait."),
    "invitations_of_a_day": _(
        "These are enough invitations for one day. Who has been here for longer may send more."
    ),
    "several": _("Choose who is meant, or enter the address of somebody new."),
    "nobody": _("Nobody here is called that. Enter their address, and they are added."),
    "held": _("Somebody has just left this address, and may take it back for some days."),
    "too_many_replies": _("There are as many of them as one can have. Delete one first."),
    "moment": _("This is not a date with a time."),
    "no_date": _("This is not a date. Write it as 2026-11-30."),
    "no_department": _("No ticket has this department."),
    "not_an_organization": _("No organization has this name or number."),
    "several_organizations": _("Several organizations begin so. Write more, or the number."),
    "before_from": _("The range ends before it begins."),
    "too_long_range": _("A range has at most ten years."),
    "day": _("This is not a date."),
    "ends_before": _("This is before the period begins."),
    "mistaken": _("This search is not finished, or names something that there is not."),
    "not_ahead": _("Choose a time from now on, within a year."),
    "gone": _("A file is not there any more. Look at the list and send it again."),
    "json": _("This begins like a JSON file and is none: copy all of it."),
    "unknown_variable": _("This names something that this mail does not have: see the list."),
    "taken_here": _("There is one of this name."),
    "renaming": _(
        "Its last name is still being written to its tickets. Try again in a few minutes."
    ),
    "taken": _("Somebody else has this name."),
    "no_organization": _("There is no organization with that number."),
    "customers_only": _("People of the desk are in no organization of customers."),
    "in_use": _("Its owner uses this account: the new address has to be confirmed."),
    "merge_unknown": _("There is no other account of that number or address."),
    "merge_staff": _("People of the desk cannot be merged away: make them a customer first."),
    "merge_leaving": _("One of the two waits for its deletion: call that off first."),
    "merge_many": _("This account has too many tickets: keep it, and merge the other one into it."),
    "address": _("This is not an e-mail address."),
    "local_part": _(
        "Before the @ use up to 64 of the letters a–z, digits, dots and signs: mail to other "
        "letters does not arrive everywhere. After the @ any letters will do."
    ),
    "foreign_domain": _("Accounts are for addresses of certain companies. Ask for an invitation."),
    "undeliverable": _("No mail reaches this address."),
    "no_person": _(
        "This looks like the address of a program or a list, which nobody answers from."
    ),
    "is_requester": _("The ticket is theirs already."),
    "is_staff": _("People of the desk see the ticket anyway. Name them in an internal note."),
    "is_disabled": _("The account of this address is disabled."),
    "cannot_take_part": _("Somebody with this address cannot take part in the ticket."),
    "many_participants": _("As many people take part as can. Take somebody out first."),
    "email_taken": _("There is an account with this address."),
    "same_address": _("This is the address that you have."),
    "no_key": _("Use one letter from a to z, or one of / ? [ ] ; ' \\ `"),
    "key_doubled": _("This key does two things: choose another for one of them."),
    "key_taken": _("Another view has this key."),
    "mailbox_taken": _("There is a mailbox with this address."),
    "too_many_mailboxes": _("These are as many mailboxes as there can be. Delete one first."),
    "plus_address": _("Leave out what stands between the plus and the @."),
    "address_of_account": _("Somebody's account has this address."),
    "sender_pattern": _("Use an address, or a domain such as example.com."),
    "blocked_already": _("This sender is blocked already."),
    "public_mail_domain": _("Anybody can have an address there: block single addresses."),
    "own_address": _("The desk's own mail comes from there."),
    "of_colleagues": _("A colleague has an address there, whose mail would wait."),
    "host": _("This is not the name of a server, such as imap.example.com."),
    "port": _("A port is a number from 1 to 65535."),
    "tenant": _("A tenant is the number of a directory, or a domain."),
    "password_again": _("Enter the password again: the stored one was for the former server."),
    "too_many_views": _("These are as many views as there can be. Delete one first."),
    "too_many_roles": _("These are as many roles as there can be. Delete one first."),
    "not_held": _("You can give and take only rights that you have yourself."),
    "url": _("Use an address that begins with https:// and has no password in it."),
    "unreachable": _("No server of the public Internet can be reached there."),
    "switched_off": _("The webhook is switched off."),
    "too_many_webhooks": _("There are as many webhooks as one can have. Delete one first."),
    "not_chosen": _("Say first at which marketplace the organization sells."),
    "key_missing": _("Store the key to the marketplace first, among the credentials."),
    "cron_fields": _("Use five fields: minute, hour, day, month, weekday, such as 0 6 * * *."),
    "cron_value": _("One of the fields has a value that there is not."),
    "cron_too_often": _("At most once an hour: the first field is one number from 0 to 59."),
    "cron_never": _("There is no such day."),
    "short_password": _("Use at least 8 characters."),
    "long_password": _("Use at most 200 characters."),
    "weak_password": _(
        "This is easy to guess. Take a few unrelated words, and nothing that others know of you."
    ),
}

_FILE_FIELDS = (FileField, MultipleFileField)


class Form(FlaskForm):
    """A form with our error messages. CSRF was checked before: see `middleware.request_limits`."""

    class Meta(FlaskForm.Meta):
        # The check for the whole application has read the token: `middleware.request_limits`.
        csrf = False

        def wrap_formdata(self, form: "Form", formdata: Any) -> Any:
            """The sent data, with files for file fields only: all other fields expect text."""
            sent = super().wrap_formdata(form, formdata)
            if sent is None or not request.files:
                return sent
            takers = {field.name for field in form if isinstance(field, _FILE_FIELDS)}
            files = [pair for pair in request.files.items(multi=True) if pair[0] in takers]
            return CombinedMultiDict([MultiDict(files), request.form])

    def add_error(self, field: str, code: object) -> None:
        """Add the message for `code` (as services give it in Invalid) to `field`."""
        sentence = ERROR_MESSAGES.get(str(code), ERROR_MESSAGES["unknown"])
        self[field].errors = [*self[field].errors, sentence]

    def add_errors(self, invalid: Invalid) -> None:
        """Add the messages of an Invalid to the fields that it names."""
        for field, code in invalid.details.items():
            self.add_error(field, code)


def clean_text(max_length: int, *, multiline: bool = False) -> Callable[[Any, Any], None]:
    """A validator that replaces the sent text by the cleaned one.

    A text that cannot be cleaned stops the validation of its field.
    """

    def validate(_form: Form, field: Any) -> None:
        try:
            field.data = text.clean(
                field.data or "", max_length=max_length, multiline=multiline
            ).strip()
        except ValueError as problem:
            raise StopValidation(
                str(ERROR_MESSAGES.get(str(problem), ERROR_MESSAGES["control"]))
            ) from None

    return validate


class LineField(StringField):
    """One line of cleaned text."""

    def __init__(self, label: Any, *, max_length: int, needed: bool = False, **kwargs: Any) -> None:
        validators = [clean_text(max_length), *([_require_value] if needed else [])]
        render = {"maxlength": max_length, **kwargs.pop("render_kw", {})}
        if needed:
            render["required"] = True
        super().__init__(label, validators, render_kw=render, **kwargs)


class ChoiceField(SelectField):
    """A select of `pairs` (value, label)."""

    def __init__(self, label: Any, *, pairs: Sequence[tuple[str, Any]], **kwargs: Any) -> None:
        choices = [SelectChoice(value, text) for value, text in pairs]
        super().__init__(label, choices=choices, **kwargs)
        self.pairs = pairs

    def pre_validate(self, _form: Any) -> None:
        if self.data not in {value for value, _label in self.pairs}:
            raise ValidationError(str(ERROR_MESSAGES["unknown"]))


class CheckboxesField(SelectMultipleField):
    """Any of `choices`, a checkbox for each."""

    def pre_validate(self, _form: Any) -> None:
        if set(self.data or ()) - {value for value, _label in self.choices}:
            raise ValidationError(str(ERROR_MESSAGES["unknown"]))


class TextField(TextAreaField):
    """Several lines of cleaned text; may be empty."""

    def __init__(self, label: Any, *, max_length: int, **kwargs: Any) -> None:
        render = {"maxlength": max_length, **kwargs.pop("render_kw", {})}
        super().__init__(
            label, [clean_text(max_length, multiline=True)], render_kw=render, **kwargs
        )


class MessageField(TextAreaField):
    """Several lines of cleaned text; required."""

    def __init__(self, label: Any, *, max_length: int, **kwargs: Any) -> None:
        validators = [clean_text(max_length, multiline=True), _require_value]
        render = {"required": True, **kwargs.pop("render_kw", {})}
        super().__init__(label, validators, render_kw=render, **kwargs)


class MomentField(StringField):
    """A moment in the reader's zone, as `datetime-local` sends it; may be empty."""

    # What was sent, as an aware datetime.
    moment: datetime | None = None

    def pre_validate(self, _form: Any) -> None:
        if not self.data:
            return
        try:
            naive = datetime.strptime(self.data, "%Y-%m-%dT%H:%M")  # noqa: DTZ007 - see below
        except ValueError:
            raise ValidationError(str(ERROR_MESSAGES["moment"])) from None
        self.moment = naive.replace(tzinfo=current_timezone())


class DayField(StringField):
    """A day, as `date` sends it; may be empty."""

    # What was sent.
    day: date | None = None

    def __init__(self, label: Any, **kwargs: Any) -> None:
        super().__init__(label, render_kw={"type": "date"}, **kwargs)

    def pre_validate(self, _form: Any) -> None:
        if not self.data:
            return
        try:
            self.day = date.fromisoformat(self.data)
        except ValueError:
            raise ValidationError(str(ERROR_MESSAGES["day"])) from None

    def begin(self) -> datetime | None:
        """When the day begins in the reader's zone."""
        return self._midnight(0)

    def end(self) -> datetime | None:
        """When it is over there."""
        return self._midnight(1)

    def _midnight(self, days: int) -> datetime | None:
        if self.day is None or self.day == date.max:
            return None
        later = self.day + timedelta(days)
        return datetime.combine(later, time(), current_timezone())


class SecretField(TextAreaField):
    """Several lines that are stored encrypted: they are never rendered again."""


def _require_value(_form: Form, field: Any) -> None:
    if not field.data:
        raise ValidationError(str(ERROR_MESSAGES["required"]))
