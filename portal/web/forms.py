"""What every form shares: cleaned text, our own sentences, errors by field."""

from collections.abc import Callable, Sequence
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
from portal.i18n import lazy_gettext as _
from portal.security import text

PROBLEMS = {
    "nul": _("This text contains characters that cannot be stored."),
    "surrogate": _("This text contains characters that cannot be stored."),
    "control": _("This text contains characters that cannot be stored."),
    "too_long": _("This is too long."),
    "required": _("Please fill this in."),
    "unknown": _("Please choose one of the list."),
    "not_staff": _("This person is not on the staff."),
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
    "too_many_invitations": _("Too many invitations are open. Take one back, or wait."),
    "invitations_of_a_day": _(
        "These are enough invitations for one day. Who has been here for longer may send more."
    ),
    "json": _("This begins like a JSON file and is none: copy all of it."),
    "taken": _("Somebody else has this name."),
    "address": _("This is not an e-mail address."),
    "local_part": _(
        "Before the @ use up to 64 of the letters a–z, digits, dots and signs: mail to other "
        "letters does not arrive everywhere. After the @ any letters will do."
    ),
    "email_taken": _("There is an account with this address."),
    "same_address": _("This is the address that you have."),
    "url": _("Use an address that begins with https:// and has no password in it."),
    "unreachable": _("No server of the public Internet can be reached there."),
    "switched_off": _("The webhook is switched off."),
    "too_many_webhooks": _("There are as many webhooks as one can have. Delete one first."),
    "short_password": _("Use at least 8 characters."),
    "long_password": _("Use at most 200 characters."),
    "weak_password": _(
        "This is easy to guess. Take a few unrelated words, and nothing that others know of you."
    ),
}

_FILE_FIELDS = (FileField, MultipleFileField)


class Form(FlaskForm):
    """A form whose errors are ours; CSRF has been checked before any form is made."""

    class Meta(FlaskForm.Meta):
        csrf = (
            False  # the app-wide check has read the token; see portal.web.middleware.request_limits
        )

        def wrap_formdata(self, form: "Form", formdata: Any) -> Any:
            """What was sent, with files for the fields that take files alone: others hold text."""
            sent = super().wrap_formdata(form, formdata)
            if sent is None or not request.files:
                return sent
            takers = {field.name for field in form if isinstance(field, _FILE_FIELDS)}
            files = [pair for pair in request.files.items(multi=True) if pair[0] in takers]
            return CombinedMultiDict([MultiDict(files), request.form])

    def problem(self, field: str, code: object) -> None:
        """Put the sentence for `code` (as services give in Invalid) to `field`."""
        sentence = PROBLEMS.get(str(code), PROBLEMS["unknown"])
        self[field].errors = [*self[field].errors, sentence]

    def blame(self, invalid: Invalid) -> None:
        """Put what a service refused to the fields that it names."""
        for field, code in invalid.details.items():
            self.problem(field, code)


def cleaned(max_length: int, *, multiline: bool = False) -> Callable[[Any, Any], None]:
    """A validator that puts the cleaned text in place of what was sent.

    No validator after it sees a text that cannot be cleaned.
    """

    def validate(_form: Form, field: Any) -> None:
        try:
            field.data = text.clean(
                field.data or "", max_length=max_length, multiline=multiline
            ).strip()
        except ValueError as problem:
            raise StopValidation(str(PROBLEMS.get(str(problem), PROBLEMS["control"]))) from None

    return validate


class Line(StringField):
    """One line of cleaned text."""

    def __init__(self, label: Any, *, max_length: int, needed: bool = False, **kwargs: Any) -> None:
        validators = [cleaned(max_length), *([_not_empty] if needed else [])]
        render = {"maxlength": max_length, **kwargs.pop("render_kw", {})}
        if needed:
            render["required"] = True
        super().__init__(label, validators, render_kw=render, **kwargs)


class Choice(SelectField):
    """One of `pairs` (value, label), in a sentence of ours when it is none of them."""

    def __init__(self, label: Any, *, pairs: Sequence[tuple[str, Any]], **kwargs: Any) -> None:
        choices = [SelectChoice(value, text) for value, text in pairs]
        super().__init__(label, choices=choices, **kwargs)
        self.pairs = pairs

    def pre_validate(self, _form: Any) -> None:
        """Refuse what is not on the list."""
        if self.data not in {value for value, _label in self.pairs}:
            raise ValidationError(str(PROBLEMS["unknown"]))


class Boxes(SelectMultipleField):
    """Any of its choices, each a box to tick, in a sentence of ours when one is not on the list."""

    def pre_validate(self, _form: Any) -> None:
        """Refuse what is not on the list."""
        if set(self.data or ()) - {value for value, _label in self.choices}:
            raise ValidationError(str(PROBLEMS["unknown"]))


class Text(TextAreaField):
    """Many lines of cleaned text, or none."""

    def __init__(self, label: Any, *, max_length: int, **kwargs: Any) -> None:
        render = {"maxlength": max_length, **kwargs.pop("render_kw", {})}
        super().__init__(label, [cleaned(max_length, multiline=True)], render_kw=render, **kwargs)


class Message(TextAreaField):
    """Many lines of cleaned text."""

    def __init__(self, label: Any, *, max_length: int, **kwargs: Any) -> None:
        validators = [cleaned(max_length, multiline=True), _not_empty]
        render = {"required": True, **kwargs.pop("render_kw", {})}
        super().__init__(label, validators, render_kw=render, **kwargs)


def _not_empty(_form: Form, field: Any) -> None:
    if not field.data:
        raise ValidationError(str(PROBLEMS["required"]))
