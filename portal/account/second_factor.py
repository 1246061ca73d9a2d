"""Set up, renew and remove the second factor: authenticator app and recovery codes."""

from typing import NamedTuple

from flask import flash, render_template, url_for
from werkzeug.wrappers import Response

from portal.account import bp
from portal.errors import Invalid
from portal.extensions import db
from portal.i18n import gettext as _
from portal.i18n import lazy_gettext
from portal.models.people import Passkey
from portal.queries.people import second_factors
from portal.security.people import passkeys, recovery_codes, totp
from portal.services.people import second_factor
from portal.web import shown_once
from portal.web.change import change
from portal.web.forms import Form, LineField
from portal.web.fragments import see_other
from portal.web.people.confirm import confirmed
from portal.web.people.sessions import actor, begin_change, own_user
from portal.web.rate_limits import counts, limits
from portal.web.rate_limits.limit_keys import by_actor, by_session

_CODES = "recovery_codes"


class FirstCodeForm(Form):
    """The app's first code, which proves that it has the secret."""

    code = LineField(
        lazy_gettext("Code"),
        max_length=second_factor.MAX_APP_CODE,
        needed=True,
        description=lazy_gettext("The six digits that the app shows now."),
        render_kw={"autocomplete": "one-time-code", "inputmode": "numeric"},
    )


class Factors(NamedTuple):
    """The reader's second factors, for the security page."""

    totp: bool
    passkeys: list[Passkey]
    codes_left: int
    passkeys_work: bool

    @property
    def any(self) -> bool:
        """Whether signing in needs more than the password."""
        return self.totp or bool(self.passkeys)


def factors() -> Factors:
    me = own_user()
    return Factors(
        totp=me.totp_counter is not None,
        passkeys=second_factors.passkeys_of(me.id),
        codes_left=len(second_factors.unused_recovery_codes(me.id)),
        passkeys_work=passkeys.are_available(),
    )


@bp.record_once
def _attach(state) -> None:  # type: ignore[no-untyped-def]
    # The fragment calls this itself, whichever page includes it.
    state.app.jinja_env.globals["own_factors"] = factors


@bp.post("/security/totp")
@confirmed
def begin_totp() -> Response:
    """Create a secret, to be confirmed by a first code."""
    begin_change()
    try:
        second_factor.begin_totp(actor=actor(), user=own_user())
    except Invalid:  # another tab was quicker
        return see_other(url_for("account.security"))
    db.session.commit()
    return see_other(url_for("account.totp"))


@bp.get("/security/totp", endpoint="totp")
@confirmed
def totp_form() -> Response | tuple[str, int]:
    """The unconfirmed secret as QR code and text."""
    return _totp_page(FirstCodeForm(), 200)


@bp.post("/security/totp/confirm")
@confirmed
@limits.limited_by(limits.attempt_limits(limits.FIRST_CODE, by_session))
def confirm_totp() -> Response | tuple[str, int]:
    """Check the first code; from then on signing in asks for one."""
    form = FirstCodeForm()
    if not form.validate():
        return _totp_page(form, 422)
    try:
        second_factor.first_step(own_user(), form.code.data)
        made = new_codes_if_none()
        begin_change()
        second_factor.confirm_totp(actor=actor(), user=own_user(), code=form.code.data)
    except Invalid as problem:
        counts.add(counts.Attempt.FIRST_CODE)
        form.add_error("code", problem.details["code"])
        return _totp_page(form, 422)
    return finish_setup(made, _("The app is set up: signing in asks for its code from now on."))


@bp.post("/security/totp/remove")
@confirmed
def remove_totp() -> Response:
    with change():
        second_factor.remove_totp(actor=actor(), user=own_user())
    flash(_("The app is removed: its codes are not asked for any more."), "success")
    return see_other(url_for("account.security"))


@bp.post("/security/codes")
@confirmed
@limits.limited_by(limits.call_limits(limits.RECOVERY_CODES, by_actor))
def renew_codes() -> Response:
    """Create ten recovery codes in place of the former ones."""
    if not factors().any:
        return see_other(url_for("account.security"))
    made = _new_codes()
    begin_change()
    return finish_setup(
        made, _("These are your new recovery codes; the former ones do not work any more.")
    )


@bp.get("/security/codes")
@confirmed
def codes() -> str | Response:
    """The new recovery codes, shown once, to print or to copy."""
    shown = shown_once.take(_CODES)
    if not shown:
        flash(_("Recovery codes are shown once. You can make new ones at any time."), "info")
        return see_other(url_for("account.security"))
    return render_template("account/security/codes.html", codes=shown)


CodesAndHashes = tuple[list[str], list[str]]


def new_codes_if_none() -> CodesAndHashes | None:
    """(codes, hashes) if the person has no unused codes. Slow: call it before the write unit."""
    return None if second_factors.unused_recovery_codes(actor().id) else _new_codes()


def finish_setup(made: CodesAndHashes | None, sentence: str) -> Response:
    """Store new codes if any, commit, and redirect to the page that shows them."""
    if made is not None:
        second_factor.store_codes(actor=actor(), user=own_user(), hashes=made[1])
        shown_once.keep(_CODES, *made[0])
    db.session.commit()
    flash(sentence, "success")
    return see_other(url_for("account.security" if made is None else "account.codes"))


def _new_codes() -> CodesAndHashes:
    made = recovery_codes.new_codes()
    return made, recovery_codes.hash_codes(made)


def _totp_page(form: FirstCodeForm, status: int) -> Response | tuple[str, int]:
    me = own_user()
    secret = second_factor.secret_to_confirm(me)
    if secret is None:
        return see_other(url_for("account.security"))
    page = render_template(
        "account/security/totp.html",
        form=form,
        picture=totp.qr_code_svg(totp.provisioning_uri(secret, me.email)),
        secret=" ".join(secret[start : start + 4] for start in range(0, len(secret), 4)),
    )
    return page, status
