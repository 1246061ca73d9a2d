"""`/auth/login/code`: the second factor at sign-in (app, recovery code or passkey)."""

from flask import flash, render_template, request, url_for
from werkzeug.wrappers import Response

from portal.auth import bp
from portal.auth.sign_in_steps import (
    SignIn,
    by_pending_account,
    by_pending_browser,
    forget_pending,
    pending_page,
    pending_sign_in,
)
from portal.errors import Invalid
from portal.extensions import begin_write, db
from portal.i18n import gettext as _
from portal.i18n import lazy_gettext
from portal.models.people import User
from portal.queries.people import second_factors
from portal.security.people.passkeys import are_available
from portal.services.people import accounts, passkeys, pending_sign_ins, second_factor
from portal.web.forms import ERROR_MESSAGES, Form, LineField
from portal.web.fragments import see_other
from portal.web.people.passkeys import Answered, read_answer
from portal.web.rate_limits import counts, limits


class CodeForm(Form):
    """A code of either kind; its form tells which."""

    code = LineField(
        lazy_gettext("Code"),
        max_length=second_factor.MAX_CODE,
        needed=True,
        description=lazy_gettext("Six digits of your authenticator app, or a recovery code."),
        render_kw={"autocomplete": "one-time-code", "autocapitalize": "off", "spellcheck": "false"},
    )


@bp.get("/login/code")
def code() -> str | Response:
    """The form, after the right password."""
    found = pending_sign_in()
    return _expired() if found is None else _page(CodeForm(), found[1])


def _by_passkey() -> bool:
    return "credential" in request.form


@bp.post("/login/code")
@limits.limited_by(limits.code_limits(by_pending_account, by_pending_browser, _by_passkey))
def give_code() -> Response | tuple[str, int]:
    """Sign in with the second factor. Each code and each passkey answer counts once."""
    form = CodeForm()
    if (found := pending_sign_in()) is None:
        return _expired()
    user = found[1]
    by_passkey = _by_passkey()
    if not by_passkey and not form.validate():
        return _page(form, user), 422
    try:
        answered = read_answer() if by_passkey else None
        # Hashing is slow, so it is done before the write lock.
        hashed = None if by_passkey else second_factor.find_recovery_hash(user, form.code.data)
        begin_write()
        if (found := pending_sign_in()) is None:
            return _expired()
        left = _prove(found[1], answered, form.code.data, hashed)
    except Invalid as problem:
        return _refused(form, user.id, problem)
    token, user = found
    if not pending_sign_ins.end(token):
        return _expired()
    response = SignIn(user, remembered=token.data["remembered"], wanted=pending_page()).complete()
    if left is not None:
        flash(_("That recovery code is used up. Codes left: %(count)s.", count=left), "warning")
    return response


def _prove(user: User, answered: Answered | None, typed: str, hashed: str | None) -> int | None:
    """Check the second factor. Returns the recovery codes left if one was given. Raises Invalid."""
    if answered is not None:
        passkeys.verify(*answered, alone=False, user=user)
    else:
        second_factor.verify(user=user, code=typed, recovery_hash=hashed)
    return None if hashed is None else len(second_factors.unused_recovery_codes(user.id))


def _refused(form: CodeForm, user_id: int, problem: Invalid) -> tuple[str, int]:
    """Count the attempt, record it in the account log, and show the form again."""
    counts.add(counts.Attempt.CODE)
    begin_write()
    user = db.session.get_one(User, user_id)
    accounts.record_failed_sign_in(user, step="code")
    db.session.commit()
    for field, reason in problem.details.items():
        if field == "code":
            form.add_error(field, reason)
        else:
            flash(str(ERROR_MESSAGES[str(reason)]), "error")
    return _page(form, user), 422


def _expired() -> Response:
    forget_pending()
    flash(_("That took too long, or was done already. Please sign in again."), "error")
    return see_other(url_for("auth.login"))


def _page(form: CodeForm, user: User) -> str:
    has_passkeys = are_available() and second_factors.has_passkeys(user.id)
    return render_template("auth/code.html", form=form, passkeys=has_passkeys)
