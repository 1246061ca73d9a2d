"""The page of the link: name and addresses of the desk, and the account of its administrator."""

from flask import current_app, flash, render_template, request, url_for
from werkzeug.wrappers import Response

from portal import i18n
from portal.errors import ConfigError, EmailTaken, Invalid
from portal.extensions import begin_write, db, setting
from portal.i18n import gettext as _
from portal.i18n import lazy_gettext
from portal.mail.trial import compose_trial, send
from portal.security.people import passwords
from portal.services.delivery.outbox import new_message_id
from portal.services.operations import setup as services
from portal.services.people.profile import MAX_NAME
from portal.settings.registry import SETTINGS
from portal.setup import bp
from portal.web.forms import Form, LineField
from portal.web.fragments import see_other
from portal.web.people import sessions
from portal.web.people.fields import EmailField, NewPasswordField
from portal.web.rate_limits import limits
from portal.web.templating.labels import FIELD_LABELS

# Names of fields, and of the settings that they set.
_SETTINGS = {
    "product_name": "PRODUCT_NAME",
    "mail_from": "MAIL_FROM",
    "support_email": "SUPPORT_EMAIL",
}


def _line(name: str) -> LineField:
    spec = SETTINGS[_SETTINGS[name]]
    return LineField(
        spec.label,
        max_length=spec.max_length,
        needed=True,
        description=spec.help or "",
        render_kw={"autocomplete": "off"},
    )


class SetupForm(Form):
    product_name = _line("product_name")
    mail_from = _line("mail_from")
    support_email = _line("support_email")
    first_name = LineField(
        FIELD_LABELS["first_name"], max_length=MAX_NAME, render_kw={"autocomplete": "given-name"}
    )
    last_name = LineField(
        FIELD_LABELS["last_name"], max_length=MAX_NAME, render_kw={"autocomplete": "family-name"}
    )
    email = EmailField(lazy_gettext("Your e-mail address"))
    password = NewPasswordField()

    def about(self) -> tuple[str, ...]:
        """What the password must not be made of."""
        values = (self.email, self.first_name, self.last_name, self.product_name)
        return tuple(field.data for field in values if field.data)

    def texts(self) -> dict[str, str]:
        return {setting: self[name].data for name, setting in _SETTINGS.items()}

    def add_errors(self, invalid: Invalid) -> None:
        """Those of settings have their own sentences."""
        for name, code in invalid.details.items():
            spec = SETTINGS.get(_SETTINGS.get(name, ""))
            if spec is None:
                self.add_error(name, code)
            else:
                self[name].errors = [str(spec.refusal)]


@bp.get("/<token>")
def first_start(token: str) -> str:
    services.require_open(token)
    form = SetupForm(
        formdata=None,
        product_name=setting("PRODUCT").name,
        mail_from=setting("MAIL_FROM"),
        support_email=setting("SUPPORT_EMAIL"),
    )
    return _page(form, token)


@bp.post("/<token>")
@limits.limited_by(limits.link_limits())
def set_up(token: str) -> Response | str | tuple[str, int]:
    """Make the account, sign it in, and go on with what is left to do; or try the mail first."""
    services.require_open(token)
    form = SetupForm()
    if "trial" in request.form:
        return _try_mail(form, token)
    if not form.validate() or not _finish(form, token):
        return _page(form, token), 422
    flash(_("The desk is yours. What is left to do is listed here."), "success")
    return see_other(url_for("admin.index"))


def _finish(form: SetupForm, token: str) -> bool:
    """Whether it is done. Errors stand in the form."""
    hashed = passwords.hash_password(form.password.data, rounds=current_app.config["BCRYPT_ROUNDS"])
    begin_write()
    try:
        user = services.finish(
            token=token,
            email=form.email.data,
            password_hash=hashed,
            locale=i18n.current_locale(),
            texts=form.texts(),
            first_name=form.first_name.data,
            last_name=form.last_name.data,
        )
    except Invalid as invalid:
        db.session.rollback()
        form.add_errors(invalid)
        return False
    except EmailTaken:
        db.session.rollback()
        form.add_error("email", "email_taken")
        return False
    sessions.start(user, remembered=False)
    db.session.commit()
    return True


def _try_mail(form: SetupForm, token: str) -> str | tuple[str, int]:
    """Send a mail from and to what was typed, and go on with the form as it is."""
    form.validate()
    try:
        mail_from = SETTINGS["MAIL_FROM"].read_text(form.mail_from.data or "")
    except ConfigError:
        form.add_errors(Invalid(mail_from="refused"))
    if form.mail_from.errors or form.email.errors:
        return _page(form, token), 422
    for field in form:
        field.errors = []
    message = compose_trial(
        message_id=new_message_id(setting("BASE_URL")),
        mail_from=mail_from,
        recipient=form.email.data,
        name=form.product_name.data,
    )
    trial = send(current_app.extensions["lodge.mail"], message)
    go_on = _("Nothing is set up yet: choose your password again and go on.")
    flash(f"{trial.sentence} {go_on}", "success" if trial.left else "error")
    return _page(form, token)


def _page(form: SetupForm, token: str) -> str:
    return render_template("setup/first_start.html", form=form, token=token)
