"""`/auth/verify/<token>`: the mailed link that finishes a registration.

Mail scanners fetch every link. So a GET changes nothing: the form does.
"""

from flask import current_app, flash, render_template, url_for
from werkzeug.wrappers import Response

from portal.auth import bp
from portal.auth.forms import FinishForm
from portal.auth.sign_in_steps import SignIn
from portal.extensions import begin_write
from portal.i18n import gettext as _
from portal.security.people import passwords
from portal.services.people import registration
from portal.services.people.registration import HeldTicket
from portal.services.tickets import first_tickets
from portal.web.rate_limits import limits


@bp.get("/verify/<token>")
def verify(token: str) -> str:
    """The form of a valid link."""
    return _page(FinishForm(registration.find(token), formdata=None), token)


@bp.post("/verify/<token>")
@limits.limited_by(limits.link_limits())
def finish_registration(token: str) -> Response | tuple[str, int]:
    """Open the account with the chosen password, and sign in."""
    form = FinishForm(registration.find(token))  # before anything slow is done
    if not form.validate():
        return _page(form, token), 422
    first_tickets.prerender(form.registration)
    hashed = passwords.hash_password(form.password.data, rounds=current_app.config["BCRYPT_ROUNDS"])
    begin_write()
    user, ticket = first_tickets.finish(text=token, password_hash=hashed)
    wanted = url_for("tickets.show", number=ticket.number) if ticket else url_for("home")
    response = SignIn(user, remembered=False, wanted=wanted).complete()
    flash(_("Your account is open. Welcome!"), "success")
    if ticket:
        flash(_("We have it. Your ticket %(number)s is filed.", number=ticket.number), "success")
    return response


def _page(form: FinishForm, token: str) -> str:
    held = HeldTicket.of(form.registration)
    files = held.files if held else ()
    return render_template("auth/verify.html", form=form, token=token, files=files)
