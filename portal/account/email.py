"""`/account/email`: change the address of the account."""

from flask import flash, render_template, url_for
from werkzeug.wrappers import Response

from portal.account import bp
from portal.account.security import prove_by_password
from portal.i18n import gettext as _
from portal.i18n import lazy_gettext
from portal.models.people import TokenPurpose
from portal.security.people import tokens
from portal.services.people import email_change, returned_mails
from portal.web.change import change
from portal.web.forms import Form
from portal.web.fragments import see_other
from portal.web.people.fields import CurrentPasswordField, EmailField
from portal.web.people.sessions import actor, own_user
from portal.web.rate_limits import counts, limits, mail_rates
from portal.web.rate_limits.limit_keys import by_actor, by_session


class EmailForm(Form):
    email = EmailField(lazy_gettext("New e-mail address"))
    password = CurrentPasswordField()


@bp.record_once
def _attach(state) -> None:  # type: ignore[no-untyped-def]
    # The fragments are on two pages each, so they call these themselves.
    state.app.jinja_env.globals["pending_email"] = lambda: email_change.pending(own_user())
    state.app.jinja_env.globals["failing_email"] = _failing_email


def _failing_email() -> str:
    """One's own address while no mails about tickets go there; else empty."""
    user = own_user()
    return user.email if user.mail_stopped_at else ""


@bp.get("/email")
def email() -> str:
    return render_template("account/email.html", form=EmailForm(), user=own_user())


@bp.post("/email")
@limits.limited_by(
    [*limits.proof_limits(by_session), *limits.attempt_limits(limits.EMAIL_CHANGE, by_actor)]
)
def change_email() -> Response | tuple[str, int]:
    """Mail a link to the new address; the answer is the same when somebody else has it."""
    form = EmailForm()
    if not form.validate() or prove_by_password(form.password) is None:
        return render_template("account/email.html", form=form, user=own_user()), 422
    counts.add(counts.Attempt.EMAIL_CHANGE)
    wait = mail_rates.email_change_delay(form.email.data)
    with change(form):
        email_change.ask(actor=actor(), user=own_user(), email=form.email.data, wait=wait)
    if form.errors:
        return render_template("account/email.html", form=form, user=own_user()), 422
    flash(
        _(
            "A link is on its way to %(email)s. Your account moves there when you use it, within "
            "one hour.",
            email=form.email.data,
        ),
        "success",
    )
    return see_other(url_for(".profile"))


@bp.post("/email/cancel")
def cancel_email() -> Response:
    """Cancel the pending change."""
    with change():
        undone = email_change.undo(user=own_user())
    if undone:
        flash(_("Your account stays at %(email)s.", email=actor().email), "success")
    return see_other(url_for(".profile"))


@bp.post("/email/works")
def confirm_email_works() -> Response:
    """Get mails about tickets again, after several came back."""
    with change():
        returned_mails.confirm(actor=actor(), user=own_user())
    flash(_("Mails about tickets go to %(email)s again.", email=actor().email), "success")
    return see_other(url_for(".notifications"))


@bp.get("/new-email/<token>")
def new_email(token: str) -> str:
    """The page of a valid link. Its button works when the account that moves is signed in."""
    found = tokens.find(TokenPurpose.CHANGE_EMAIL, token)
    own = found.user_id == actor().id
    return render_template(
        "account/new_email.html", email=found.data["email"], own=own, token=token
    )


@bp.post("/new-email/<token>")
@limits.limited_by(limits.link_limits())
def move_email(token: str) -> Response:
    """Set the address that the link was mailed to."""
    with change():
        user = email_change.confirm(actor=actor(), text=token)
    flash(_("Your account has the address %(email)s now.", email=user.email), "success")
    return see_other(url_for(".profile"))
